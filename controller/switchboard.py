"""All live calls: which message is whose, who is taken and who is not, and the orderly end.

event socket ─► handle ─┬─ caller's channel ─► his session
                        ├─ m-<leg>, s-<phone> ► the session that made it; nobody's is hung up
                        ├─ b-<call> ─────────► that call's session
                        ├─ somebody's purpose ► whose it is: operators who are told of a caller, supervisors who listen in
                        └─ StasisStart of a stranger ─► a new session
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

import structlog

from controller.ari import messages as ari
from controller.ari import translate
from controller.ari.errors import AriError, AriNotFound
from controller.ari.resources import Channel
from controller.call import events as seen
from controller.call import ids
from controller.call.events import Limits
from controller.call.state import Call, State
from controller.dialplan import NEXT, PASSED_ON, is_probe, is_probes_channel
from controller.session import Session
from controller.sheets.sheet import Sheet
from controller.surroundings import Surroundings

REMEMBERED = 2_048
"""How many of the dead and of the strangers are kept in mind."""
TRANSFER_S = 15.0
CLOSING_S = 10.0
WITH_US = frozenset({State.NEW, State.CONNECTING, State.TALKING, State.ANNOUNCING, State.SUPERVISED, State.LEAVING})
LINE_SUFFICES = frozenset({State.TALKING, State.ANNOUNCING})
"""In these states a caller whose line outlived the process hears us at once; where he is otherwise, Asterisk must tell first."""

log = structlog.get_logger(__name__)


class Purpose(Protocol):
    """What channels enter our application for besides a call: ``Stasis(app,<purpose>,...)``. It owns them, their legs and bridges."""

    def enter(self, channel: Channel, args: list[str]) -> None:
        """A channel of this purpose; returns at once."""

    def hear(self, message: ari.Event, name: str) -> bool:
        """*message* is about the channel or bridge *name*; False: none of its own."""

    def knows(self, name: str) -> bool:
        """Whether a channel or bridge is its own."""

    def follow(self, call: Call) -> None:
        """A call made a step."""


class Switchboard:
    """Use it as a context manager: it owns the calls' tasks. Leaving it drains at once: those who talk go to the operators."""

    def __init__(
        self,
        around: Surroundings,
        *,
        app: str,
        calls_max: int,
        limits: Limits | None = None,
        purposes: Mapping[str, Purpose] = MappingProxyType({}),
    ) -> None:
        self._around = around
        self._app = app
        self._calls_max = calls_max
        self._limits = limits or Limits()
        self._purposes = purposes
        self._sessions: dict[str, Session] = {}  # by call id
        self._by_channel: dict[str, Session] = {}
        self._by_leg: dict[str, Session] = {}
        self._by_phone: dict[str, Session] = {}
        self._running: dict[asyncio.Task[None], Session] = {}
        self._tasks = asyncio.TaskGroup()
        self._changed = asyncio.Event()
        self._strangers = _Remembered()
        self.left = _Remembered()  # channels that left our application, in case somebody still believes them there
        self.finished = _Remembered()  # ids of calls that were ours
        self.draining = False  # we are coming to our end
        self.drained = False  # a person wants no new calls here; those that run go on
        self.desk_open = True  # operators are at work
        self._closing = False  # no time is left: who comes now is sent to the queue and written down at once

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            await self.drain(0.0, transfer_s=0.0 if error else TRANSFER_S)
        finally:
            await self._tasks.__aexit__(kind, error, trace)

    # Who is there

    @property
    def sessions(self) -> tuple[Session, ...]:
        return tuple(self._sessions.values())

    @property
    def busy(self) -> int:
        """Calls that are with us, not with operators or on their way out."""
        return sum(session.call.state in WITH_US for session in self._sessions.values())

    @property
    def takes(self) -> int:
        """So many calls at once; 0: no new ones now."""
        return 0 if self.draining or self.drained else self._calls_max

    def set_drained(self, *, drained: bool) -> None:
        self.drained = drained
        self._changed.set()

    async def change(self) -> None:
        """Until a call made a step, or what we take changed."""
        self._changed.clear()
        await self._changed.wait()

    def session(self, call_id: str) -> Session | None:
        return self._sessions.get(call_id)

    def knows_channel(self, channel_id: str) -> bool:
        return channel_id in self._by_channel or self._is_purposes(channel_id)

    def knows_leg(self, leg_id: str) -> bool:
        session = self._by_leg.get(leg_id)
        return (session is not None and session.call.leg == leg_id) or self._is_purposes(ids.leg_channel_id(leg_id))

    def knows_bridge(self, bridge_id: str) -> bool:
        return ids.call_of_bridge(bridge_id) in self._sessions or self._is_purposes(bridge_id)

    def owns(self, channel_id: str) -> bool:
        """Whether a leg, a supervisor's telephone or a snoop is still wanted by anybody."""
        leg, session = ids.leg_of_channel(channel_id), self._by_phone.get(channel_id)
        if leg is not None:
            return self.knows_leg(leg)
        return (session is not None and session.call.phone == channel_id) or self._is_purposes(channel_id)

    def _is_purposes(self, name: str) -> bool:
        return any(purpose.knows(name) for purpose in self._purposes.values())

    def set_desk(self, *, is_open: bool) -> None:
        """Working hours began or ended: every call and each that comes is to know."""
        if is_open is not self.desk_open:
            self.desk_open = is_open
            for session in self.sessions:
                session.post(seen.DeskOpened() if is_open else seen.DeskClosed())

    def caller_is_gone(self, channel_id: str) -> None:
        """Who holds his line knows it before Asterisk does."""
        if session := self._by_channel.get(channel_id):
            session.post(seen.CallerHungUp())

    # What Asterisk tells

    def handle(self, message: ari.Event) -> None:
        """Pass it on to whom it concerns; returns at once."""
        if isinstance(message, ari.BridgeDestroyed):
            session = self._sessions.get(ids.call_of_bridge(message.bridge.id) or "")
            if session is not None and session.call.bridge:  # else it was destroyed by us
                session.hear(message)
                session.post(seen.BridgeLost())
            self._to_purposes(message, message.bridge.id)
            return
        channel = _subject(message)
        if channel is None or is_probes_channel(channel.id):
            return
        if isinstance(message, ari.StasisEnd | ari.ChannelDestroyed):
            self.left.add(channel.id)
        elif isinstance(message, ari.StasisStart):
            self.left.discard(channel.id)
        if self._to_purposes(message, channel.id):
            return
        if leg := ids.leg_of_channel(channel.id):
            self._about_leg(message, leg)
        elif session := self._by_channel.get(channel.id):
            session.hear(message)
            if event := translate.about_caller(message):
                session.post(event)
        elif session := self._by_phone.get(channel.id):
            self._about_phone(message, channel.id, session)
        elif isinstance(message, ari.StasisStart):
            self.arrive(channel, message.args)
        elif self._strangers.add(channel.id):
            log.info("stranger", channel=channel.id, message_type=type(message).__name__)

    def _to_purposes(self, message: ari.Event, name: str) -> bool:
        return any(purpose.hear(message, name) for purpose in self._purposes.values())

    def arrive(self, channel: Channel, args: list[str], *, refused: str = "") -> None:
        """A caller entered our application whom no session knows."""
        purpose = args[0] if args else "inbound"
        if is_probe(args):
            return
        if purpose in self._purposes:
            self._purposes[purpose].enter(channel, args)
            return
        if purpose not in {"inbound", "returned", "web"}:
            log.error("stasis_purpose_unknown", channel=channel.id, purpose=purpose)
            self._tasks.create_task(self._give_back(channel.id), name=f"give-back-{channel.id}")
            return
        if not refused:
            refused = self._no_room(purpose)
        if refused and args[2:] == [NEXT]:
            self._strangers.add(channel.id)
            self._tasks.create_task(self._pass_on(channel, args[:2], refused), name=f"pass-on-{channel.id}")
            return
        arrived = seen.CallArrived(
            call_id=ids.new_call_id(),
            channel_id=channel.id,
            app=self._app,
            caller_id=channel.caller.number,
            dialled=args[1] if purpose in {"inbound", "web"} and len(args) > 1 else "",
            opening="nobody_free" if purpose == "returned" else "greeting",  # of a predecessor's call, whose history we do not have
            refused=refused,
            desk_open=self.desk_open,
            limits=self._limits,
        )
        session = self._open(arrived.call_id, channel.id)
        session.post(arrived)
        if self._closing:
            session.post(seen.ControllerStopping())
        log.info("call_arrived", call_id=arrived.call_id, channel=channel.id, refused=refused or None)

    def _no_room(self, purpose: str) -> str:
        """Why the agent does not take him; empty: he does. Who comes back from the operators is no new call."""
        if self.draining or (self.drained and purpose != "returned"):
            return "draining"
        return "busy" if self.busy >= self._calls_max else ""

    async def adopt(self, sheets: Iterable[Sheet]) -> None:
        """The calls of a dead predecessor, before events of them can come. Who still has his line is spoken to at once; the others when
        ``Recovery`` has found them. One by one, so that the clock of the lines is served between them.
        """
        for sheet in sheets:
            call = sheet.call
            session = self._open(call.call_id, call.channel_id, sheet)
            if call.leg is not None:
                self._by_leg[call.leg] = session
            if call.phone is not None:
                self._by_phone[call.phone] = session
            if session.claim_line() and call.state in LINE_SUFFICES:
                session.adopt(seen.Adopted(leg_kept=True, in_vain=session.in_vain))
            log.warning("call_taken_over", call_id=call.call_id, state=call.state.value)
            await asyncio.sleep(0)

    def keep_sheets(self) -> None:
        """A successor is about to take over: what it needs is told at once."""
        for session in self.sessions:
            session.keep_sheet()

    def _open(self, call_id: str, channel_id: str, sheet: Sheet | None = None) -> Session:
        session = Session(
            self._around,
            on_leg=lambda leg: self._by_leg.__setitem__(leg, session),
            on_phone=lambda phone: self._by_phone.__setitem__(phone, session),
            on_step=lambda: self._stepped(session.call),
            sheet=sheet,
        )
        self._sessions[call_id] = session
        self._by_channel[channel_id] = session
        task = self._tasks.create_task(session.run(), name=f"call-{call_id}")
        self._running[task] = session
        task.add_done_callback(lambda done: self._forget(done, call_id, channel_id))
        return session

    def _stepped(self, call: Call) -> None:
        self._changed.set()
        for purpose in self._purposes.values():
            purpose.follow(call)

    def _about_leg(self, message: ari.Event, leg: str) -> None:
        session = self._by_leg.get(leg)
        if isinstance(message, ari.StasisStart):
            if session is None or not session.leg_started(leg):
                log.warning("leg_unwanted", leg=leg)
                self._tasks.create_task(self._drop(ids.leg_channel_id(leg)), name=f"drop-{leg}")
        elif session is not None and (event := translate.about_leg(message, leg)):
            session.hear(message)
            session.leg_lost(leg, event.why)

    def _about_phone(self, message: ari.Event, phone: str, session: Session) -> None:
        session.hear(message)
        wanted = session.phone_heard(phone, translate.about_phone(message, phone))
        if isinstance(message, ari.StasisStart) and not wanted:
            self._tasks.create_task(self._drop(phone), name=f"drop-{phone}")

    async def _drop(self, channel_id: str) -> None:
        try:
            await self._around.asterisk.hang_up(channel_id)
        except AriError as error:
            log.info("channel_not_dropped", channel=channel_id, why=str(error))

    async def _pass_on(self, channel: Channel, args: list[str], refused: str) -> None:
        """To the next controller, by way of the dialplan."""
        try:
            await self._around.asterisk.set_variables(channel.id, PASSED_ON)
            await self._around.asterisk.continue_in_dialplan(channel.id)
        except AriNotFound:
            return  # he hung up
        except AriError as error:
            log.warning("caller_not_passed_on", channel=channel.id, why=str(error))
            self.arrive(channel, args, refused=refused)
        else:
            log.info("caller_passed_on", channel=channel.id, why=refused)

    async def _give_back(self, channel_id: str) -> None:
        """To the dialplan, behind its Stasis(): it knows what it wanted, and nobody stays with us in silence."""
        try:
            await self._around.asterisk.continue_in_dialplan(channel_id)
        except AriError as error:
            log.warning("not_given_back", channel=channel_id, why=str(error))

    def _forget(self, task: asyncio.Task[None], call_id: str, channel_id: str) -> None:
        session = self._running.pop(task)
        self.finished.add(call_id)
        del self._sessions[call_id]
        if self._by_channel.get(channel_id) is session:
            del self._by_channel[channel_id]
        for owned in (self._by_leg, self._by_phone):
            for name in [name for name, owner in owned.items() if owner is session]:
                del owned[name]
        self._changed.set()

    # The orderly end

    async def drain(self, wait_s: float, *, transfer_s: float = TRANSFER_S, closing_s: float = CLOSING_S) -> None:
        """Refuse new callers to the queue; let the others finish for *wait_s*, then give them to the operators; write down who is left.

        Afterwards no session runs; what could not be closed is logged.
        """
        self.draining = True
        self._changed.set()
        log.info("draining", calls=self.busy, wait_s=wait_s)
        if not await self._until(lambda: self.busy == 0, wait_s):
            for session in self.sessions:
                session.post(seen.TransferRequested(by="controller", reason="draining"))
            await self._until(lambda: self.busy == 0, transfer_s)
        self._closing = True
        for session in self.sessions:
            session.post(seen.ControllerStopping())
        if not await self._until(lambda: not self._running, closing_s):
            log.error("calls_not_closed", calls=[session.call.call_id for session in self.sessions])
            for task in tuple(self._running):
                task.cancel()
        log.info("drained")

    async def _until(self, reached: Callable[[], bool], limit_s: float) -> bool:
        try:
            async with asyncio.timeout(limit_s):
                while not reached():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return reached()
        return True


class _Remembered:
    """The latest names, bounded."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, None] = OrderedDict()

    def add(self, name: str) -> bool:
        """True when it is new."""
        new = name not in self._names
        self._names[name] = None
        self._names.move_to_end(name)
        while len(self._names) > REMEMBERED:
            self._names.popitem(last=False)
        return new

    def discard(self, name: str) -> None:
        self._names.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def _subject(message: ari.Event) -> Channel | None:
    """The channel that *message* is about: of a Dial the one for whom is dialled."""
    channel = message.caller if isinstance(message, ari.Dial) else getattr(message, "channel", None)
    return channel if isinstance(channel, Channel) else None
