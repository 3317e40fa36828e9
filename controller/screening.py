"""Operators who are told who calls: the shell around ``call/screen.py``.

    dialplan ─ Stasis(app,summary,<call>,<operator>) ─► Screenings ─► one Screening each: task, bridge w-<uuid>, leg m-<uuid>
                                                           ▲
    the operator's keys and hang-up, the leg's end ────────┤
    the call's steps: does its caller still wait? ─────────┘

Whatever happens, the operator's channel leaves us with a verdict and nothing stays behind. A call of a controller that is gone is not in
our books: its summary stands on the operator's channel, and nobody tells when its caller gives up; then Asterisk ends it with him.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import structlog

from agent.ports import Voice
from audiosocket.errors import AudioSocketError
from audiosocket.line import Line
from controller.ari import messages as ari
from controller.ari.errors import AriError, AriNotFound, AriRefused
from controller.ari.perform import LineServer, open_line, release_leg
from controller.ari.port import CallControl
from controller.ari.resources import Channel
from controller.call import ids
from controller.call import screen as told
from controller.call.screen import Screen, receive
from controller.call.screen import State as Verdict
from controller.call.state import Call, State
from controller.dialplan import ACCEPTED_CONTEXT, ALONE_CONTEXT
from controller.telling import Phrase, Telling

INBOX = 32
WHOLE_S = 44.0  # a limit for the machine's own, 34 s with everything; the dialplan's SCREEN_S is longer
OPEN_LINE_S = 4.0
CLOSING_S = 12.0  # REST's own limits are shorter
STOPPING_S = 5.0
SUMMARY = "TRANSFER_SUMMARY"

log = structlog.get_logger(__name__)


class Asterisk(CallControl, Protocol):
    async def get_variable(self, channel_id: str, variable: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every screening stands on."""

    asterisk: Asterisk
    lines: LineServer
    advertised: str
    voice: Voice
    phrase: Phrase
    call_of: Callable[[str], Call | None]  # a live call of ours
    on_verdict: Callable[[str, str, Screen], None] = lambda call_id, operator, screen: None


class Screenings:
    """A purpose of the switchboard's. Use it as a context manager, around the switchboard: it owns the screenings' tasks."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._by_name: dict[str, Screening] = {}  # channel, leg's channel and bridge of each
        self._running: dict[asyncio.Task[None], Screening] = {}
        self._tasks = asyncio.TaskGroup()
        self._stopping = False

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()
        for task in tuple(self._running):
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def stop(self) -> None:
        """Asterisk asks those who are still being told, and who comes from now on."""
        self._stopping = True
        for screening in self._running.values():
            screening.post(told.Broke("stopping"))
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=STOPPING_S)

    @property
    def running(self) -> tuple[Screening, ...]:
        return tuple(self._running.values())

    # For the switchboard

    def enter(self, channel: Channel, args: list[str]) -> None:
        call_id, operator = [*args[1:], "", ""][:2]
        screening = Screening(self._workshop, channel.id, call_id, operator)
        if self._stopping:
            screening.post(told.Broke("stopping"))
        names = screening.names
        self._by_name |= dict.fromkeys(names, screening)
        task = self._tasks.create_task(screening.run(), name=f"screening-{call_id}-{operator}")
        self._running[task] = screening
        task.add_done_callback(lambda done: self._forget(done, names))

    def hear(self, message: ari.Event, name: str) -> bool:
        screening = self._by_name.get(name)
        if screening is not None:
            screening.hear(message, name)
        return screening is not None

    def knows(self, name: str) -> bool:
        return name in self._by_name

    def follow(self, call: Call) -> None:
        if not _waits(call):
            for screening in self._running.values():
                if screening.call_id == call.call_id:
                    screening.post(told.CallerGone())

    def _forget(self, task: asyncio.Task[None], names: tuple[str, ...]) -> None:
        del self._running[task]
        for name in names:
            self._by_name.pop(name, None)


def _waits(call: Call) -> bool:
    """In the queue, as far as we know; when we stop, the call goes on without us."""
    return call.state in {State.LEAVING, State.QUEUED} or (call.state is State.ENDED and call.ended_by == "controller")


class Screening:
    """One operator being told of one caller."""

    def __init__(self, workshop: Workshop, channel_id: str, call_id: str, operator: str) -> None:
        self.call_id = call_id
        self.operator = operator
        self.screen = Screen()
        self._workshop = workshop
        self._channel_id = channel_id
        self._leg, self._bridge = ids.screening_ids()
        self._started = asyncio.Event()  # the leg's channel is in our application
        self._inbox: asyncio.Queue[told.Event] = asyncio.Queue(INBOX)
        self._tasks: asyncio.TaskGroup
        self._opening: asyncio.Task[None] | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._line: Line | None = None
        self._telling: Telling

    @property
    def names(self) -> tuple[str, ...]:
        """Its channels and its bridge."""
        return (self._channel_id, ids.leg_channel_id(self._leg), self._bridge)

    def post(self, event: told.Event) -> None:
        """Never blocks; who leans on his keys fills the inbox with nothing but keys."""
        with suppress(asyncio.QueueFull):
            self._inbox.put_nowait(event)

    def hear(self, message: ari.Event, name: str) -> None:
        if name != self._channel_id:
            if isinstance(message, ari.StasisStart):
                self._started.set()
            elif isinstance(message, ari.StasisEnd | ari.ChannelDestroyed | ari.BridgeDestroyed):
                self.post(told.Broke(f"{name[:1]}_lost"))
            return
        match message:
            case ari.ChannelDtmfReceived(digit=digit) if digit in {told.ACCEPT, told.REFUSE, told.REPEAT}:
                self.post(told.KeyPressed(digit))
            case ari.StasisEnd() | ari.ChannelDestroyed() | ari.ChannelHangupRequest():
                self.post(told.OperatorGone())

    async def run(self) -> None:
        """Until the operator has left us and everything is released."""
        structlog.contextvars.bind_contextvars(call_id=self.call_id, operator=self.operator)
        log.info("screening_began", channel=self._channel_id)
        try:
            async with asyncio.timeout(WHOLE_S), asyncio.TaskGroup() as self._tasks:
                await self._talk()
        except TimeoutError:
            self._give_up("too_long")
        except Exception:  # a fault of ours must not keep the operator, nor the caller who waits for him
            log.exception("screening_failed")
            self._give_up("failed")
        finally:
            if self._alarm:
                self._alarm.cancel()
            if not self.screen.over:  # cancelled
                self._give_up("stopping")
            closing = asyncio.create_task(self._close(), name=f"screening-close-{self._channel_id}")
            await asyncio.wait({closing}, timeout=CLOSING_S)
            closing.cancel()
        log.info("screening_over", verdict=self.screen.state.value, why=self.screen.why)
        self._workshop.on_verdict(self.call_id, self.operator, self.screen)

    async def _talk(self) -> None:
        call = self._workshop.call_of(self.call_id)
        if call is not None and not _waits(call):
            self.post(told.CallerGone())
        self._telling = Telling(self._workshop.voice, self._workshop.phrase, call.summary if call else await self._left_summary())
        self._step(told.Began())
        while not self.screen.over:
            self._step(await self._inbox.get())
        if self._speaking:
            self._speaking.cancel()

    async def _left_summary(self) -> str:
        try:
            return await self._workshop.asterisk.get_variable(self._channel_id, SUMMARY)
        except AriError as error:
            log.info("summary_unknown", why=str(error))
            return ""

    def _give_up(self, why: str) -> None:
        self.screen, _ = receive(self.screen, told.Broke(why))

    def _step(self, event: told.Event) -> None:
        self.screen, effects = receive(self.screen, event)
        for effect in effects:
            match effect:
                case told.Open():
                    # Not of the group: what is half made when the verdict falls is finished, and then released.
                    self._opening = asyncio.create_task(self._open(), name=f"screening-open-{self._channel_id}")
                case told.Tell():
                    if self._speaking:
                        self._speaking.cancel()
                    self._speaking = self._tasks.create_task(self._tell(), name=f"screening-tell-{self._channel_id}")
                case told.Hush():
                    if self._line:
                        self._line.hush()
                case told.SetAlarm(alarm=alarm, after_s=after_s):
                    self._arm(alarm, after_s)

    def _arm(self, alarm: int, after_s: float) -> None:
        if self._alarm:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(after_s, self.post, told.AlarmRang(alarm))

    async def _open(self) -> None:
        """Ours and his into one bridge."""
        shop = self._workshop
        try:
            async with asyncio.timeout(OPEN_LINE_S):
                async with asyncio.TaskGroup() as parts:  # without one of them nobody waits for the other
                    parts.create_task(self._open_line(), name=f"screening-line-{self._channel_id}")
                    parts.create_task(shop.asterisk.create_bridge(self._bridge), name=f"screening-bridge-{self._channel_id}")
                await shop.asterisk.add_to_bridge(self._bridge, self._channel_id, ids.leg_channel_id(self._leg))
        except* (AriError, AudioSocketError, TimeoutError) as errors:
            log.info("screening_not_opened", why=str(errors.exceptions[0]) or "not in time")
            self.post(told.Broke("not_opened"))
        else:
            self.post(told.Opened())

    async def _open_line(self) -> None:
        shop = self._workshop
        self._line = await open_line(shop.asterisk, shop.lines, self._leg, self._started, advertised=shop.advertised, timeout_s=OPEN_LINE_S)

    async def _tell(self) -> None:
        assert self._line is not None  # Opened came before
        await self._telling.on(self._line)
        self.post(told.Told())

    # The end

    async def _close(self) -> None:
        shop = self._workshop
        await self._give_him_back()
        if self._opening:
            await asyncio.wait({self._opening})  # it has its own limit
        try:
            await release_leg(shop.asterisk, self._leg, self._line)
        except AriError as error:
            log.warning("leg_not_released", leg=self._leg, why=str(error))  # reconciling finds it
        try:
            with suppress(AriNotFound):
                await shop.asterisk.destroy_bridge(self._bridge)
        except AriError as error:
            log.warning("bridge_not_destroyed", bridge=self._bridge, why=str(error))

    async def _give_him_back(self) -> None:
        """To the dialplan, by the verdict; where that is refused he is hung up, and the next one's phone rings."""
        asterisk, channel = self._workshop.asterisk, self._channel_id
        context = {Verdict.ACCEPTED: ACCEPTED_CONTEXT, Verdict.ALONE: ALONE_CONTEXT}.get(self.screen.state)
        if self.screen.state is Verdict.GONE:
            return
        with suppress(AriNotFound):
            if context is not None:
                try:
                    await asterisk.continue_in_dialplan(channel, context=context, extension="s", priority=1)
                except AriNotFound:
                    raise
                except AriRefused as error:
                    log.warning("operator_not_continued", why=str(error))
                except AriError as error:  # may still be carried out, and then a hang-up would drop the caller who talks with him
                    log.warning("operator_perhaps_continued", why=str(error))  # if not, the dialplan's SCREEN_S ends it
                    return
                else:
                    return
            try:
                await asterisk.hang_up(channel)
            except AriNotFound:
                raise
            except AriError as error:
                log.warning("operator_not_hung_up", why=str(error))  # the dialplan's SCREEN_S ends it
