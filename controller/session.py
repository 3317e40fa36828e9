"""One call, one task: events in, the machine decides, commands out. Nothing here decides what happens to the call.

Asterisk ─┐                                ┌─► Asterisk       (``ari/perform.py``)
lines ────┼─► post ─► inbox ─► receive() ──┼─► the agent      StartAgent, StopAgent
agent ────┤                    (pure)      ├─► the line       OpenLine, Announce, ReleaseLeg
timers ───┘                                ├─► timers         Deadline
    ▲                                      └─► the journal    every step, CloseRecord
    └──────────────── what became of it ─────────┘
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

import structlog
from msgspec.structs import replace

from audiosocket.errors import AudioSocketError
from audiosocket.line import Line
from controller.ari import messages as ari
from controller.ari.errors import AriError, AriNotFound
from controller.ari.perform import ended_by_restart, open_line, perform, release_leg, rescue
from controller.ari.shorthand import line_of
from controller.call import commands as order
from controller.call import events as seen
from controller.call.machine import receive
from controller.call.state import Call, State
from controller.lanes import Lanes, lanes_of
from controller.record import CallRecord
from controller.sheets.sheet import ADOPTIONS_MAX, Sheet
from controller.surroundings import Caller, ConversationLike, Surroundings

INBOX = 256
INBOX_FOR_DIGITS = 64
"""A caller who leans on his keys fills no more of the inbox than this."""
OPEN_LINE_S = 5.0
COMMAND_S = 7.0  # REST has its own, shorter limit; this one holds whatever happens
ANNOUNCE_S = 60.0  # the machine gives up on it sooner
STOP_AGENT_S = 2.0
LEAD_IN_FRAMES = 5  # of silence before the agent's first word: a bridge, as a telephone, may swallow what comes right after the join

log = structlog.get_logger(__name__)


class NothingSaid(Exception):
    """The agent cannot say it now: its talk has just ended, or enough waits to be said already."""

    def __str__(self) -> str:
        return "the agent had no place for it"


class Session:
    """*on_leg* and *on_phone* hear of each leg and telephone before Asterisk is asked to make it, *on_step* of each step.

    With the *sheet* of a predecessor it goes on with his call, as soon as ``adopt`` tells how it stands.
    """

    def __init__(
        self,
        around: Surroundings,
        *,
        on_leg: Callable[[str], None] = lambda leg: None,
        on_phone: Callable[[str], None] = lambda phone: None,
        on_step: Callable[[], None] = lambda: None,
        sheet: Sheet | None = None,
    ) -> None:
        self.call = sheet.call if sheet else Call()
        self.record = CallRecord(
            around.journal, prompt_version=around.prompt_version, clock_ms=around.clock_ms, on_live=around.on_live, sheet=sheet
        )
        self._sheet = sheet
        self._sheet_is_due = False
        self._adopted_at_ms = (*sheet.adopted_at_ms, around.clock_ms())[-ADOPTIONS_MAX:] if sheet else ()
        self._adoption: asyncio.Future[seen.AnyEvent] | None = asyncio.get_running_loop().create_future() if sheet else None
        self._around = around
        self._on_leg = on_leg
        self._on_phone = on_phone
        self._on_step = on_step
        self._inbox: asyncio.Queue[seen.AnyEvent] = asyncio.Queue(INBOX)
        self._tasks: asyncio.TaskGroup
        self._lanes: Lanes
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._legs: list[str] = []  # all of the call's life
        self._lines: dict[str, Line] = {}
        self._all_lines: list[Line] = []
        self._new_legs: set[str] = set()  # on which the agent has not spoken yet
        self._started: dict[str, asyncio.Event] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._conversation: ConversationLike | None = None
        self._agent: asyncio.Task[None] | None = None
        self._asked: dict[str, asyncio.Future[order.Acknowledge]] = {}  # by request
        self._over = False

    # For the switchboard

    @property
    def to_be_adopted(self) -> bool:
        """A predecessor's call that nobody has looked for yet."""
        return self._adoption is not None and not self._adoption.done()

    @property
    def inherited(self) -> bool:
        return self._sheet is not None

    @property
    def in_vain(self) -> bool:
        """Too many processes have died with this call."""
        return self._sheet is not None and self._sheet.in_vain(self._around.clock_ms())

    @property
    def line_kept(self) -> bool:
        return self.call.leg in self._lines

    def claim_line(self) -> bool:
        """Before ``adopt``: take the media leg if it has outlived the predecessor."""
        leg = self.call.leg
        line = self._around.lines.claim(uuid.UUID(leg)) if leg is not None else None
        if leg is not None and line is not None:
            self._lines[leg] = line
            self._all_lines.append(line)
        return line is not None

    def adopt(self, first: seen.AnyEvent) -> None:
        """Go on with the predecessor's call: *first*, before all that was posted meanwhile, is ``Adopted`` or how it ended."""
        if self._adoption is not None and not self._adoption.done():
            self._adoption.set_result(first)

    @property
    def media(self) -> dict[str, int]:
        """Frames so far: due, sent, skipped, received; empty before the first line."""
        return self._media()

    def post(self, event: seen.AnyEvent) -> None:
        """Tell the call that something happened; never blocks. What does not fit is dropped and told; reconciling finds what was missed."""
        if isinstance(event, seen.DigitPressed) and self._inbox.qsize() >= INBOX_FOR_DIGITS:
            return
        try:
            self._inbox.put_nowait(event)
        except asyncio.QueueFull:
            log.error("inbox_full", call_id=self.call.call_id, event_type=type(event).__name__)

    def leg_started(self, leg_id: str) -> bool:
        """The leg's channel is in our application; False: nobody wants it any more."""
        started = self._started.get(leg_id)
        if started is None:
            return False
        started.set()
        return True

    def leg_lost(self, leg_id: str, why: str) -> None:
        """Socket and channel both tell of a leg's end; of one that was released nobody wants to hear."""
        if leg_id == self.call.leg:
            self.post(seen.LineLost(leg_id=leg_id, why=why))

    def phone_heard(self, phone_id: str, event: seen.TakenOver | seen.PhoneGone | None) -> bool:
        """What happened to a telephone of ours; False: it was dropped, or is nobody's."""
        if phone_id != self.call.phone:
            return False
        if event is not None:
            self.post(event)
        return True

    def hear(self, message: ari.Event) -> None:
        """Write down what Asterisk tells of the caller or of what is ours."""
        line = line_of(message)
        if line is None or self.call.state is State.NEW:
            return
        text, data = line
        channel = getattr(message, "channel", None)
        if channel is not None and channel.id != self.call.channel_id:
            data = {"channel": channel.id, **data}
        self.record.log("ari", type(message).__name__, text=text, data=data)

    async def ask(self, wish: seen.AnyWish, within_s: float) -> order.Acknowledge | None:
        """What the call says to *wish*; None: nothing within *within_s*. Raises nothing."""
        if self._over:
            return self._too_late(wish.request)
        answered: asyncio.Future[order.Acknowledge] = asyncio.get_running_loop().create_future()
        self._asked[wish.request] = answered
        self.post(wish)
        try:
            async with asyncio.timeout(within_s):
                return await answered
        except TimeoutError:
            return None
        finally:
            self._asked.pop(wish.request, None)

    async def run(self) -> None:
        """Until the record is closed and everything released."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._lanes = Lanes(self._tasks)
                if self._adoption is not None:
                    self._go_on(await self._adoption)
                while self.call.state is not State.ENDED:
                    self._step(await self._inbox.get())
        except Exception:  # a fault of ours must cost the caller nothing: this is the session's edge
            log.exception("session_failed", call_id=self.call.call_id)
            await self._rescue()
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._over = True
            for request, asked in self._asked.items():
                if not asked.done():
                    asked.set_result(self._too_late(request))

    def _go_on(self, first: seen.AnyEvent) -> None:
        structlog.contextvars.bind_contextvars(call_id=self.call.call_id)
        for leg, line in self._lines.items():
            self._tasks.create_task(self._watch(leg, line), name=f"line-{leg}")
        self.record.log("ctl", "CallAdopted", level="warn", text=self.call.state.value, data={"line_kept": bool(self._lines)})
        self._step(first)

    def _too_late(self, request: str) -> order.Acknowledge:
        return order.Acknowledge(channel_id=self.call.channel_id, request=request, event="", code="call_ended")

    # The machine

    def _step(self, event: seen.AnyEvent) -> None:
        before = self.call.state
        self.call, commands = receive(self.call, event)
        if before is State.NEW:
            structlog.contextvars.bind_contextvars(call_id=self.call.call_id)
        if isinstance(event, seen.CommandFailed):
            log.warning("command_failed", command=event.command, why=event.why, state=before.value)
        if before is not self.call.state:
            log.info("call_state", state=self.call.state.value, before=before.value, event_type=type(event).__name__)
        self.record.step(self.call, event, commands)
        for command in commands:
            self._order(command)
            if isinstance(command, order.Acknowledge) and isinstance(event, seen.Wish):
                self._acknowledge(event, command)
        self._on_step()
        self._changed()

    # For a successor

    def _changed(self) -> None:
        """What a successor needs has changed; told once for all changes of this turn of the loop."""
        if not self._sheet_is_due:
            self._sheet_is_due = True
            asyncio.get_running_loop().call_soon(self.keep_sheet)

    def keep_sheet(self) -> None:
        self._sheet_is_due = False
        call = self.call
        if call.state is State.NEW or self.to_be_adopted:
            return
        if call.state is State.ENDED:
            self._around.sheets.drop(call.call_id)
            return
        memory = self._conversation.memory() if self._conversation else self._sheet.memory if self._sheet else b""
        sheet = Sheet(call=call, progress=self.record.progress, media=self._media(), memory=memory, adopted_at_ms=self._adopted_at_ms)
        self._around.sheets.put(call.call_id, sheet)

    def _acknowledge(self, wish: seen.Wish, answer: order.Acknowledge) -> None:
        self.record.acknowledged(wish, answer)
        asked = self._asked.get(answer.request)
        if asked is not None and not asked.done():
            asked.set_result(answer)

    def _order(self, command: order.AnyCommand) -> None:
        match command:
            case order.Deadline():
                self._arm(command)
            case order.CancelDeadline(name=name):
                if timer := self._timers.pop(name, None):
                    timer.cancel()
            case order.StartAgent(run=run, opening=opening):
                self._start_agent(run, opening)
            case order.StopAgent():
                self._stop_agent()
            case order.Hush(leg_id=leg):
                if line := self._lines.get(leg):
                    line.hush()
            case order.HoldAgent(on=on):
                self._hold_agent(on)
            case order.NoteCallBack(phone=phone, why=why):
                self.record.call_back(phone, why)
            case order.RingPhone(phone_id=phone):
                self._on_phone(phone)
                self._perform(command)
            case order.OpenLine(leg_id=leg):
                self._legs.append(leg)
                self._started[leg] = asyncio.Event()
                self._on_leg(leg)
                self._opening[leg] = self._perform(command)
            case order.ReleaseLeg(leg_id=leg):
                self._started.pop(leg, None)
                if unfinished := self._opening.pop(leg, None):
                    unfinished.cancel()
                self._perform(command)
            case order.CloseRecord():
                self._close_record()
            case _:
                self._perform(command)

    def _arm(self, deadline: order.Deadline) -> None:
        if timer := self._timers.pop(deadline.name, None):
            timer.cancel()
        passed = seen.DeadlinePassed(name=deadline.name, generation=deadline.generation)
        self._timers[deadline.name] = asyncio.get_running_loop().call_later(deadline.after_s, self.post, passed)

    # Commands

    def _perform(self, command: order.AnyCommand) -> asyncio.Task[None]:
        name = f"{type(command).__name__}-{self.call.call_id}"
        return self._lanes.put(name, lanes_of(command), lambda: self._try(command))

    async def _try(self, command: order.AnyCommand) -> None:
        name, began_s = type(command).__name__, time.monotonic()
        try:
            async with asyncio.timeout(ANNOUNCE_S if isinstance(command, order.Announce) else COMMAND_S):
                await self._do(command)
        except Exception as error:  # the command's edge: whatever it was, the machine must hear of it
            if not isinstance(error, AriError | AudioSocketError | TimeoutError | NothingSaid):
                log.exception("command_broke", command=name)
            failed = seen.CommandFailed(
                command=name,
                why=str(error) or "timeout",
                gone=isinstance(error, AriNotFound),
                by=await self._who_ended_it() if isinstance(error, AriNotFound) else None,
                leg_id=getattr(command, "leg_id", ""),
                phone_id=getattr(command, "phone_id", ""),
            )
            self.post(failed)
            self._log_result("CommandFailed", name, began_s, level="err", why=failed.why)
        else:
            self._log_result("CommandDone", name, began_s)

    async def _who_ended_it(self) -> seen.By | None:
        """Of a channel that is gone."""
        with suppress(AriError):
            return ended_by_restart(self.call, (await self._around.asterisk.asterisk_info()).status.startup_time)
        return None

    def _log_result(self, what: str, command: str, began_s: float, *, level: str = "", why: str = "") -> None:
        took_ms = round((time.monotonic() - began_s) * 1000)
        text = f"{command}, {took_ms} ms" + (f": {why}" if why else "")
        self.record.log("ctl", what, level=level, text=text, data={"command": command, "ms": took_ms, **({"why": why} if why else {})})

    async def _do(self, command: order.AnyCommand) -> None:
        match command:
            case order.OpenLine(leg_id=leg):
                await self._open_line(leg)
            case order.ReleaseLeg(leg_id=leg):
                await release_leg(self._around.asterisk, leg, self._lines.pop(leg, None))
            case order.Announce(phrase=phrase, leg_id=leg):
                await self._announce(phrase, leg)
            case order.Say(text=text, who=who, cut=cut):
                self._say(text, who, cut=cut)
            case _:
                await perform(self._around.asterisk, command)
        match command:
            case order.Answer():
                self.record.answered()
            case order.Join(leg_id=leg):
                self.post(seen.LineJoined(leg_id=leg))

    async def _open_line(self, leg_id: str) -> None:
        around = self._around
        started = self._started[leg_id]
        line = await open_line(around.asterisk, around.lines, leg_id, started, advertised=around.advertised, timeout_s=OPEN_LINE_S)
        self._lines[leg_id] = line
        self._new_legs.add(leg_id)
        self._all_lines.append(line)
        self._opening.pop(leg_id, None)
        self._tasks.create_task(self._watch(leg_id, line), name=f"line-{leg_id}")
        self.record.log("rtp", "LineOpened", text=f"{line.format.rate_hz} Hz", data={"leg": leg_id, "rate_hz": line.format.rate_hz})
        self.post(seen.LineOpened(leg_id=leg_id))

    async def _watch(self, leg_id: str, line: Line) -> None:
        await line.closed()
        stats = line.stats
        text = f"{line.reason}; {stats.frames_sent} frames sent, {stats.frames_skipped} skipped, {stats.frames_received} received"
        self.record.log("rtp", "LineClosed", level="warn" if stats.frames_unread else "", text=text, data={"leg": leg_id, **asdict(stats)})
        self.leg_lost(leg_id, line.reason or "")

    async def _announce(self, phrase: str, leg_id: str) -> None:
        line = self._lines.get(leg_id)
        pcm = self._around.phrase(phrase, line.format) if line else None
        if line and pcm:
            line.hush()
            playback = line.play()
            playback.feed(pcm)
            playback.finish()
            await playback.done()
        elif line:
            log.error("phrase_missing", phrase=phrase)
        self.post(seen.Announced(phrase=phrase))

    # The agent

    def _start_agent(self, run: int, opening: str) -> None:
        leg = self.call.leg or ""
        line = self._lines[leg]  # joined, so open, and not released before the agent is stopped
        if leg in self._new_legs:
            self._new_legs.remove(leg)
            lead_in = line.play()
            lead_in.feed(line.format.silence * LEAD_IN_FRAMES)
            lead_in.finish()
        self._agent = self._tasks.create_task(self._converse(run, line, opening, after=self._agent), name=f"agent-{self.call.call_id}")

    async def _converse(self, run: int, line: Line, opening: str, *, after: asyncio.Task[None] | None) -> None:
        """*after*: the run before, which may still be ending; two at once would write into one history."""
        if after is not None:
            await _see_off(after)
        try:
            if self._conversation is None:
                memory = self._sheet.memory if self._sheet else b""
                caller = Caller(self.call.call_id, self.call.caller_id, lambda: self.call.desk_open, memory, self._changed)
                self._conversation = await self._around.converse(caller, self.record)
            self._conversation.hold(self.call.held)
            line.apologise_when_lost(not self.call.held)
            outcome = await self._conversation.run(line, opening)
        except Exception as error:  # the conversation's edge: the caller goes to a human, the fault into the log
            log.exception("agent_failed")
            self.post(seen.AgentFailed(run=run, why=type(error).__name__))
        else:
            self.post(seen.AgentFinished(run=run, outcome=outcome))
        finally:
            if self._agent is asyncio.current_task():  # else another run speaks there already, or soon
                line.apologise_when_lost(False)

    def _say(self, text: str, who: str, *, cut: bool) -> None:
        if self._conversation is None or not self._conversation.say(text, by=who, cut=cut):
            raise NothingSaid

    def _hold_agent(self, on: bool) -> None:
        if self._conversation is not None:
            self._conversation.hold(on)
        if self._agent is not None and (line := self._lines.get(self.call.leg or "")):
            line.apologise_when_lost(not on)

    def _stop_agent(self) -> None:
        agent = self._agent
        if agent is None:
            return
        if line := self._lines.get(self.call.leg or ""):
            line.apologise_when_lost(False)
        agent.cancel()
        self._lanes.put(f"StopAgent-{self.call.call_id}", ("agent",), lambda: _see_off(agent))

    # The end

    def _close_record(self) -> None:
        ended_at_ms = self._around.clock_ms()

        async def close() -> None:
            self.record.close(ended_at_ms=ended_at_ms, media=self._media())

        self._lanes.put(f"CloseRecord-{self.call.call_id}", ("agent", *self._legs), close)  # behind the last word and the last frame

    def _media(self) -> dict[str, int]:
        counts = ("frames_due", "frames_sent", "frames_skipped", "frames_received")
        before = self._sheet.media if self._sheet else {}
        if not self._all_lines:
            return before
        return {name: before.get(name, 0) + sum(getattr(line.stats, name) for line in self._all_lines) for name in counts}

    async def _rescue(self) -> None:
        try:
            await rescue(self._around.asterisk, self.call, self._lines)
        except Exception:  # one call's fault must not reach the others; what is left here, reconciling finds
            log.exception("rescue_failed", call_id=self.call.call_id)
        self.call = replace(self.call, state=State.ENDED, outcome="failed", ended_by="controller")
        self._changed()
        self.record.fail(self.call, ended_at_ms=self._around.clock_ms(), media=self._media())


async def _see_off(agent: asyncio.Task[None]) -> None:
    await asyncio.wait({agent}, timeout=STOP_AGENT_S)
    if not agent.done():
        log.error("agent_does_not_stop")
