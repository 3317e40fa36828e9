"""Supervisors who hear a call: the shell of ``listener.py``. One owned task each, which ends only when everything of it is released."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

from controller import listener as pure
from controller.ari import messages as ari
from controller.ari.errors import AriError, AriNotFound
from controller.ari.perform import RING_S
from controller.ari.port import CallControl
from controller.ari.resources import Channel
from controller.call.state import Call, State
from controller.listener import Listener, Stage

PICK_UP_S = 30.0
"""From the first ring to the first sound; Asterisk gives up the ringing sooner, and tells."""
INBOX = 16

log = structlog.get_logger(__name__)


class Listening:
    """Satisfies ``controller.switchboard.Purpose``, for "supervisor". Use it as a context manager: it owns the tasks.

    *on_change* is told the names of all who hear a call whenever they change.
    """

    def __init__(
        self,
        asterisk: CallControl,
        *,
        listeners_max: int = 20,
        on_change: Callable[[str, tuple[str, ...]], None] = lambda call_id, names: None,
    ) -> None:
        self._asterisk = asterisk
        self._max = listeners_max
        self.on_change = on_change
        self._ears: dict[asyncio.Task[None], _Ear] = {}
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for ear in self._ears.values():
            ear.post(pure.Ended("closing"))
        await self._tasks.__aexit__(kind, error, trace)

    # What people want; each returns a code of ``controller.control``, or "" for yes

    def listen(self, call_id: str, channel_id: str, who: str, telephone: str, note: Callable[[str, str], None]) -> str:
        """Ring *telephone*; *note* gets a name and a text for the call's log when the listening begins and ends."""
        if not telephone:
            return "no_telephone"
        if self._find(call_id, who) is not None:
            return "already_listening"
        if len(self._ears) >= self._max:
            return "too_many"
        ear = _Ear(Listener.new(call_id, channel_id, who, telephone), self._asterisk, note, self._changed)
        task = self._tasks.create_task(ear.run(), name=f"listening-{ear.listener.phone}")
        self._ears[task] = ear
        task.add_done_callback(self._ears.pop)
        return ""

    def stop(self, call_id: str, who: str) -> str:
        ear = self._find(call_id, who)
        if ear is None:
            return "not_listening"
        ear.post(pure.Ended("stopped"))
        return ""

    @property
    def listeners_max(self) -> int:
        return self._max

    def listeners(self, call_id: str) -> tuple[str, ...]:
        """Who hears the call now."""
        found = (ear.listener for ear in self._ears.values())
        return tuple(sorted(one.who for one in found if one.call_id == call_id and one.state is Stage.LISTENING))

    # For the switchboard

    def enter(self, channel: Channel, args: list[str]) -> None:
        """A telephone or a snoop that nobody wants any more."""
        log.warning("telephone_unwanted", channel=channel.id)
        self._tasks.create_task(_release(self._asterisk, channel.id), name=f"drop-{channel.id}")

    def hear(self, message: ari.Event, name: str) -> bool:
        ear = next((ear for ear in self._ears.values() if name in ear.names), None)
        if ear is None:
            return False
        match message:
            case ari.StasisStart():
                ear.post(pure.Picked() if name == ear.listener.phone else pure.SnoopStarted())
            case ari.StasisEnd() | ari.ChannelDestroyed() | ari.ChannelHangupRequest() | ari.BridgeDestroyed():
                ear.post(pure.Gone(name))
        return True

    def knows(self, name: str) -> bool:
        return any(name in ear.names for ear in self._ears.values())

    def follow(self, call: Call) -> None:
        if call.state in {State.ENDING, State.ENDED}:
            for ear in self._ears.values():
                if ear.listener.call_id == call.call_id:
                    ear.post(pure.Ended("the call is over"))

    def _find(self, call_id: str, who: str) -> _Ear | None:
        found = (ear for ear in self._ears.values() if (ear.listener.call_id, ear.listener.who) == (call_id, who))
        return next((ear for ear in found if ear.listener.state is not Stage.OVER), None)

    def _changed(self, call_id: str) -> None:
        self.on_change(call_id, self.listeners(call_id))


class _Ear:
    """One listener's task: events in, the machine decides, Asterisk does."""

    def __init__(self, listener: Listener, asterisk: CallControl, note: Callable[[str, str], None], changed: Callable[[str], None]) -> None:
        self.listener = listener
        self.names = frozenset({listener.phone, listener.snoop, listener.bridge})
        self._asterisk = asterisk
        self._note = note
        self._changed = changed
        self._inbox: asyncio.Queue[pure.Event] = asyncio.Queue(INBOX)

    def post(self, event: pure.Event) -> None:
        if not self._inbox.full():  # each end is told twice or thrice; the first that comes through is enough
            self._inbox.put_nowait(event)

    async def run(self) -> None:
        self.listener, commands = pure.begin(self.listener)
        await self._perform_all(commands)
        while self.listener.state is not Stage.OVER:
            await self._step(await self._next())

    async def _next(self) -> pure.Event:
        if self.listener.state is Stage.LISTENING:
            return await self._inbox.get()
        try:
            async with asyncio.timeout(PICK_UP_S):
                return await self._inbox.get()
        except TimeoutError:
            return pure.Ended("nobody picked up")

    async def _step(self, event: pure.Event) -> None:
        before = self.listener.state
        self.listener, commands = pure.receive(self.listener, event)
        await self._perform_all(commands)
        if before is not self.listener.state and Stage.LISTENING in {before, self.listener.state}:
            began = self.listener.state is Stage.LISTENING
            log.info("listening", call_id=self.listener.call_id, who=self.listener.who, began=began)
            self._note("ListeningBegan" if began else "ListeningEnded", self.listener.who)
            self._changed(self.listener.call_id)

    async def _perform_all(self, commands: tuple[pure.Command, ...]) -> None:
        for command in commands:
            try:
                await self._perform(command)
            except AriError as error:
                log.warning("listening_failed", command=type(command).__name__, why=str(error))
                self.post(pure.Failed(str(error)))
                return

    async def _perform(self, command: pure.Command) -> None:
        one, asterisk = self.listener, self._asterisk
        match command:
            case pure.Ring():
                await asterisk.ring(one.phone, one.telephone, "supervisor", one.call_id, "listen", caller_id="", timeout_s=RING_S)
            case pure.CreateBridge():
                await asterisk.create_bridge(one.bridge)
            case pure.Snoop():
                await asterisk.snoop(one.channel_id, one.snoop, "supervisor", one.call_id, "snoop")
            case pure.Join():
                await asterisk.add_to_bridge(one.bridge, one.phone, one.snoop)
            case pure.Release(name=name):
                await _release(asterisk, name)


async def _release(asterisk: CallControl, name: str) -> None:
    """Raises nothing: what cannot be released now is found by recovery."""
    try:
        await (asterisk.destroy_bridge(name) if name.startswith("l-") else asterisk.hang_up(name))
    except AriNotFound:
        return
    except AriError as error:
        log.warning("not_released", name=name, why=str(error))
