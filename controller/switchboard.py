"""All live calls: which message is whose, who is taken and who is not, and the orderly end.

event socket ─► handle ─┬─ caller's channel ─► his session
                        ├─ m-<leg> ──────────► the session that made it; nobody's leg is hung up
                        ├─ b-<call> ─────────► that call's session
                        └─ StasisStart of a stranger ─► a new session
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

from controller.ari import messages as ari
from controller.ari import translate
from controller.ari.errors import AriError
from controller.ari.resources import Channel
from controller.call import events as seen
from controller.call import ids
from controller.call.events import Limits
from controller.call.state import State
from controller.dialplan import is_probe
from controller.session import Session
from controller.surroundings import Surroundings

REMEMBERED = 2_048
"""How many of the dead and of the strangers are kept in mind."""
TRANSFER_S = 15.0
CLOSING_S = 10.0
WITH_US = frozenset({State.NEW, State.CONNECTING, State.TALKING, State.ANNOUNCING, State.LEAVING})

log = structlog.get_logger(__name__)


class Switchboard:
    """Use it as a context manager: it owns the calls' tasks. Leaving it drains at once: those who talk go to the operators."""

    def __init__(self, around: Surroundings, *, app: str, calls_max: int, limits: Limits | None = None) -> None:
        self._around = around
        self._app = app
        self._calls_max = calls_max
        self._limits = limits or Limits()
        self._sessions: dict[str, Session] = {}  # by call id
        self._by_channel: dict[str, Session] = {}
        self._by_leg: dict[str, Session] = {}
        self._running: dict[asyncio.Task[None], Session] = {}
        self._tasks = asyncio.TaskGroup()
        self._changed = asyncio.Event()
        self._strangers = _Remembered()
        self.left = _Remembered()  # channels that left our application, in case somebody still believes them there
        self.finished = _Remembered()  # ids of calls that were ours
        self.draining = False
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

    def session(self, call_id: str) -> Session | None:
        return self._sessions.get(call_id)

    def knows_channel(self, channel_id: str) -> bool:
        return channel_id in self._by_channel

    def knows_leg(self, leg_id: str) -> bool:
        session = self._by_leg.get(leg_id)
        return session is not None and session.call.leg == leg_id

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
                session.post(seen.BridgeLost())
            return
        channel = _subject(message)
        if channel is None:
            return
        if isinstance(message, ari.StasisEnd | ari.ChannelDestroyed):
            self.left.add(channel.id)
        elif isinstance(message, ari.StasisStart):
            self.left.discard(channel.id)
        if leg := ids.leg_of_channel(channel.id):
            self._about_leg(message, leg)
        elif session := self._by_channel.get(channel.id):
            if event := translate.about_caller(message):
                session.post(event)
        elif isinstance(message, ari.StasisStart):
            self.arrive(channel, message.args)
        elif self._strangers.add(channel.id):
            log.info("stranger", channel=channel.id, message_type=type(message).__name__)

    def arrive(self, channel: Channel, args: list[str], *, refused: str = "") -> None:
        """A caller entered our application whom no session knows."""
        purpose = args[0] if args else "inbound"
        if is_probe(args):
            return
        if purpose not in {"inbound", "returned", "web"}:
            log.error("stasis_purpose_unknown", channel=channel.id, purpose=purpose)
            self._tasks.create_task(self._give_back(channel.id), name=f"give-back-{channel.id}")
            return
        if not refused:
            refused = "draining" if self.draining else "busy" if self.busy >= self._calls_max else ""
        session = Session(self._around, on_leg=lambda leg: self._by_leg.__setitem__(leg, session), on_step=self._changed.set)
        arrived = seen.CallArrived(
            call_id=ids.new_call_id(),
            channel_id=channel.id,
            app=self._app,
            caller_id=channel.caller.number,
            opening="nobody_free" if purpose == "returned" else "greeting",  # of a predecessor's call, whose history we do not have
            refused=refused,
            limits=self._limits,
        )
        self._sessions[arrived.call_id] = session
        self._by_channel[channel.id] = session
        session.post(arrived)
        if self._closing:
            session.post(seen.ControllerStopping())
        task = self._tasks.create_task(session.run(), name=f"call-{arrived.call_id}")
        self._running[task] = session
        task.add_done_callback(lambda done: self._forget(done, arrived))
        log.info("call_arrived", call_id=arrived.call_id, channel=channel.id, refused=refused or None)

    def _about_leg(self, message: ari.Event, leg: str) -> None:
        session = self._by_leg.get(leg)
        if isinstance(message, ari.StasisStart):
            if session is None or not session.leg_started(leg):
                log.warning("leg_unwanted", leg=leg)
                self._tasks.create_task(self._drop_leg(leg), name=f"drop-{leg}")
        elif session is not None and (event := translate.about_leg(message, leg)):
            session.leg_lost(leg, event.why)

    async def _drop_leg(self, leg: str) -> None:
        try:
            await self._around.asterisk.hang_up(ids.leg_channel_id(leg))
        except AriError as error:
            log.info("leg_not_dropped", leg=leg, why=str(error))

    async def _give_back(self, channel_id: str) -> None:
        """To the dialplan, behind its Stasis(): it knows what it wanted, and nobody stays with us in silence."""
        try:
            await self._around.asterisk.continue_in_dialplan(channel_id)
        except AriError as error:
            log.warning("not_given_back", channel=channel_id, why=str(error))

    def _forget(self, task: asyncio.Task[None], arrived: seen.CallArrived) -> None:
        session = self._running.pop(task)
        self.finished.add(arrived.call_id)
        del self._sessions[arrived.call_id]
        if self._by_channel.get(arrived.channel_id) is session:
            del self._by_channel[arrived.channel_id]
        for leg in [leg for leg, owner in self._by_leg.items() if owner is session]:
            del self._by_leg[leg]
        self._changed.set()

    # The orderly end

    async def drain(self, wait_s: float, *, transfer_s: float = TRANSFER_S, closing_s: float = CLOSING_S) -> None:
        """Refuse new callers to the queue; let the others finish for *wait_s*, then give them to the operators; write down who is left.

        Afterwards no session runs; what could not be closed is logged.
        """
        self.draining = True
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
