"""What Asterisk holds against what we believe: at the start, after each gap in the events, and now and then.

Nothing is replayed after a gap, so who hung up meanwhile is still alive in our books, and what a dead predecessor left is in nobody's.

    channel of a call of ours is gone         ─► ChannelGone; the record closes
    caller left or came back unheard          ─► LeftStasis, CallReturned, OperatorAnswered
    call that we inherited with its sheet     ─► Adopted: it goes on
    caller in our application, in no books    ─► a predecessor's: it goes on if its sheet is found elsewhere; else to the operators' queue,
                                                 his record closed
                                                 nobody's yet: he arrives now
    operator in it, in no books               ─► a predecessor told him of a caller: Asterisk asks him
    a supervisor picked up or left unheard    ─► TakenOver, PhoneGone
    m- s- n- channels, b- l- w- bridges of    ─► removed
    ours, in no call and nobody's

A REST answer and the event stream are not in step: what was seen once may be an event on its way. So everything but a channel's end is
acted on only when a second look, a moment later, finds the same and the call did not step in between. What was set right has consequences
(a call that closes now may have been unable to remove its bridge), so the next look follows soon and not after the usual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as replace_look

import structlog
from msgspec.structs import replace

from controller.ari import translate
from controller.ari.errors import AriError, AriNotFound
from controller.ari.perform import ended_by_restart
from controller.ari.port import Asterisk
from controller.ari.resources import Bridge, Channel
from controller.call import events as seen
from controller.call import ids
from controller.call.draft import QUEUE_CONTEXT
from controller.call.state import Call, State
from controller.dialplan import ALONE_CONTEXT, is_probe
from controller.journal.records import CallRevised
from controller.record import Journal, now_ms
from controller.session import Session
from controller.sheets.sheet import Sheet
from controller.switchboard import Switchboard

SECOND_LOOK_S = 0.4
PERIOD_S = 30.0
SOON_S = 2.0

log = structlog.get_logger(__name__)


async def _nowhere(call_id: str) -> Sheet | None:
    """There is no other host."""
    return None


@dataclass(frozen=True, slots=True)
class Look:
    """One look at Asterisk; *calls* are ours as they were before we asked."""

    calls: dict[Session, Call]
    channels: dict[str, Channel]
    bridges: dict[str, Bridge]


class Recovery:
    """*front*: the name under which callers may have entered before they were moved to us. *predecessors*: the records that the journal
    found open at the start, by whomever they were written. *sheet_of*: what a controller on another host left of a call, within seconds."""

    def __init__(
        self,
        asterisk: Asterisk,
        switchboard: Switchboard,
        journal: Journal,
        *,
        app: str,
        front: str = "",
        predecessors: Iterable[CallRevised] = (),
        sheet_of: Callable[[str], Awaitable[Sheet | None]] = _nowhere,
    ) -> None:
        self._asterisk = asterisk
        self._switchboard = switchboard
        self._journal = journal
        self._app = app
        self._front = front or app
        self._predecessors = {record.call_id: record for record in predecessors}
        self._theirs = set(self._predecessors)  # bridges of these calls are ours to remove
        self._asterisk_started = ""
        self._followed: set[str] = set()  # inherited calls whose events we have asked for
        self._sheet_of = sheet_of
        self._one_at_a_time = asyncio.Lock()
        self._unsettled = asyncio.Event()  # the last look found something

    async def run(self, period_s: float = PERIOD_S, soon_s: float = SOON_S) -> None:
        """Reconcile now and then, and soon after a look that found something, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(period_s):
                    await self._unsettled.wait()
                    await asyncio.sleep(soon_s)
            try:
                await self.reconcile()
            except AriError as error:
                log.warning("reconcile_failed", why=str(error))

    async def reconcile(self) -> None:
        """Raises AriError. Call it after each opening of the event socket."""
        async with self._one_at_a_time:
            started = (await self._asterisk.asterisk_info()).status.startup_time
            first = await self._look()
            await self._adopt(first, started)
            by = self._who_ended_calls(started)
            gone = [session for session, call in first.calls.items() if call.channel_id not in first.channels]
            for session in gone:
                session.post(seen.ChannelGone(seen=False, by=by))
            found = self._finds_something(first)
            if gone or found:
                self._unsettled.set()
            else:
                self._unsettled.clear()
            if found:
                await asyncio.sleep(SECOND_LOOK_S)
                await self._act(first, await self._look(), started)
            self._close_predecessors(first)
            log.info("reconciled", calls=len(first.calls), gone=len(gone))

    # A dead predecessor's calls that go on with us

    async def _adopt(self, look: Look, asterisk_started: str) -> None:
        """Tell each how it stands, and have Asterisk tell us of its channels and bridge from now on."""
        inherited = [(session, call) for session, call in look.calls.items() if session.inherited]
        for session, call in inherited:
            if session.to_be_adopted:
                session.adopt(self._how_it_stands(session, call, look, asterisk_started))
        new = [call for _, call in inherited if call.call_id not in self._followed]
        names = {name for call in new for name in (call.channel_id, call.phone) if name in look.channels}
        bridges = {bridge for call in new if (bridge := ids.bridge_id(call.call_id)) in look.bridges}
        if new:
            await self._asterisk.subscribe(*(f"channel:{name}" for name in names), *(f"bridge:{bridge}" for bridge in bridges))
            self._followed.update(call.call_id for call in new)  # only now: a request that failed is sent again

    def _how_it_stands(self, session: Session, call: Call, look: Look, asterisk_started: str) -> seen.AnyEvent:
        channel = look.channels.get(call.channel_id)
        if channel is None:
            return seen.ChannelGone(seen=False, by=ended_by_restart(call, asterisk_started))
        bridge = look.bridges.get(ids.bridge_id(call.call_id))
        return seen.Adopted(
            here=self._in_our_application(channel),
            bridge=bridge is not None and channel.id in bridge.channels,
            leg_kept=session.line_kept,
            in_vain=session.in_vain,
        )

    def _who_ended_calls(self, started: str) -> seen.By | None:
        """Asterisk, if it was started anew since the last look that came to an end."""
        before, self._asterisk_started = self._asterisk_started, started
        return "asterisk" if before not in {"", started} else None

    async def _look(self) -> Look:
        calls = {session: session.call for session in self._switchboard.sessions if session.call.state not in {State.NEW, State.ENDED}}
        channels, bridges = await asyncio.gather(self._asterisk.channels(), self._asterisk.bridges())
        return Look(calls, {channel.id: channel for channel in channels}, {bridge.id: bridge for bridge in bridges})

    # What does not fit

    def _finds_something(self, look: Look) -> bool:
        return bool(self._missed(look) or self._unknown_callers(look) or self._stray_channels(look) or self._stray_bridges(look))

    def _missed(self, look: Look) -> dict[Session, seen.AnyEvent]:
        found: dict[Session, seen.AnyEvent] = {}
        for session, call in look.calls.items():
            channel = look.channels.get(call.channel_id)
            if channel is not None and (event := self._missed_by(call, channel, look)):
                found[session] = event
        return found

    def _missed_by(self, call: Call, channel: Channel, look: Look) -> seen.AnyEvent | None:
        """The event that *call* must have missed, if where its channel is does not fit its state."""
        here = self._in_our_application(channel)
        if call.state in {State.CONNECTING, State.TALKING, State.ANNOUNCING, State.SUPERVISED, State.LEAVING} and not here:
            return seen.LeftStasis()
        if call.state in {State.QUEUED, State.MOVED} and here:
            return translate.returned(channel.dialplan.app_data.split(",")[1:])
        elsewhere = (bridge for bridge in look.bridges.values() if not ids.call_of_bridge(bridge.id))
        if call.state is State.QUEUED and any(channel.id in bridge.channels for bridge in elsewhere):
            return seen.OperatorAnswered()
        return self._missed_of_phone(call, look)

    def _missed_of_phone(self, call: Call, look: Look) -> seen.AnyEvent | None:
        if call.phone is None:
            return None
        phone = look.channels.get(call.phone)
        if call.phone_up:
            return seen.PhoneGone(phone_id=call.phone, why="not found") if phone is None else None
        picked_up = phone is not None and self._in_our_application(phone)  # one that only rings is in no application yet
        return seen.TakenOver(phone_id=call.phone) if picked_up else None

    def _unknown_callers(self, look: Look) -> list[Channel]:
        return [
            channel
            for channel in look.channels.values()
            if self._in_our_application(channel)
            and not ids.is_channel_of_ours(channel.id)
            and not self._switchboard.knows_channel(channel.id)
        ]

    def _stray_channels(self, look: Look) -> set[str]:
        """Legs, supervisors' telephones and snoops that nobody wants any more."""
        ours = (channel.id for channel in look.channels.values() if self._is_of_our_application(channel))
        return {name for name in ours if ids.is_channel_of_ours(name) and not self._switchboard.owns(name)}

    def _stray_bridges(self, look: Look) -> set[str]:
        """Bridges of ended calls, and of those that have given theirs up, with no caller in them. Another controller's are known by
        neither name nor book and stay.
        """
        stray = set()
        for bridge in look.bridges.values():
            if ids.is_side_bridge(bridge.id) and bridge.name == self._app and not self._switchboard.knows_bridge(bridge.id):
                stray.add(bridge.id)
            call_id = ids.call_of_bridge(bridge.id)
            callers = [channel for channel in bridge.channels if ids.leg_of_channel(channel) is None]
            ours = bridge.name == self._app or call_id in self._theirs or call_id in self._switchboard.finished
            session = self._switchboard.session(call_id or "")
            wanted = session is not None and (session.call.bridge or session.to_be_adopted)
            if call_id and ours and not callers and not wanted:
                stray.add(bridge.id)
        return stray

    # What is done about it

    async def _act(self, first: Look, second: Look, started: str) -> None:
        again = self._missed(second)
        for session, event in self._missed(first).items():
            if again.get(session) == event and session.call == first.calls[session]:
                log.warning("event_was_missed", call_id=session.call.call_id, event_type=type(event).__name__)
                session.post(event)
        known_first = {channel.id for channel in self._unknown_callers(first)}
        for channel in self._unknown_callers(second):
            if channel.id in known_first and channel.id not in self._switchboard.left:
                await self._take(channel, second, started)
        for channel_id in self._stray_channels(first) & self._stray_channels(second):
            await self._remove("channel", channel_id)
        for bridge in self._stray_bridges(await self._look()):  # anew: who was in one of them may just have been sent to the queue
            await self._remove("bridge", bridge)

    async def _take(self, channel: Channel, look: Look, asterisk_started: str) -> None:
        """A caller in our application, in no books of ours."""
        args = channel.dialplan.app_data.split(",")[1:]
        if is_probe(args):
            await self._remove("probe", channel.id)
            return
        if args[:1] == ["summary"]:  # an operator whom a predecessor was telling of a caller
            await self._let_asterisk_ask(channel.id)
            return
        if not channel.channelvars.get("CALL_ID"):
            self._switchboard.arrive(channel, args)  # he came while nobody listened
            return
        if (sheet := await self._sheet_of(channel.channelvars["CALL_ID"])) is not None and sheet.call.channel_id == channel.id:
            await self._switchboard.adopt([sheet])
            session = self._switchboard.session(sheet.call.call_id)
            if session is not None:
                await self._adopt(replace_look(look, calls={session: session.call}), asterisk_started)
            return
        log.warning("orphan_to_operators", channel=channel.id, call_id=channel.channelvars["CALL_ID"])
        try:
            await self._asterisk.continue_in_dialplan(channel.id, context=QUEUE_CONTEXT, extension="s", priority=1)
        except AriNotFound:
            return

    async def _let_asterisk_ask(self, operator: str) -> None:
        log.warning("operator_to_dialplan", channel=operator)
        try:
            await self._asterisk.continue_in_dialplan(operator, context=ALONE_CONTEXT, extension="s", priority=1)
        except AriNotFound:
            return

    async def _remove(self, what: str, name: str) -> None:
        log.warning("leftover_removed", what=what, name=name)
        try:
            await (self._asterisk.destroy_bridge(name) if what == "bridge" else self._asterisk.hang_up(name))
        except AriNotFound:
            return

    def _close_predecessors(self, look: Look) -> None:
        """Each open record that no session of ours writes; truthful as far as the channel's whereabouts tell."""
        for record in self._predecessors.values():
            if self._switchboard.session(record.call_id) is not None or record.call_id in self._switchboard.finished:
                continue  # it goes on with us, or has come to its end with us
            channel = look.channels.get(record.channel_id)
            with_others = channel is not None and not self._in_our_application(channel)
            closed = replace(
                record,
                revision=record.revision + 1,
                state="ended",
                ended_at_ms=now_ms(),
                ended_by="controller",
                outcome="transferred" if with_others else "orphaned",
            )
            log.warning("predecessors_record_closed", call_id=record.call_id, outcome=closed.outcome)
            self._journal.append(closed)
        self._predecessors = {}

    def _in_our_application(self, channel: Channel) -> bool:
        return channel.dialplan.app_name == "Stasis" and self._is_of_our_application(channel)

    def _is_of_our_application(self, channel: Channel) -> bool:
        """Where a channel entered it tells for ever, also after a move; whose the call is, it tells too."""
        app = channel.dialplan.app_data.split(",")[0]
        return app == self._app or (app == self._front and channel.channelvars.get("CALL_APP") == self._app)
