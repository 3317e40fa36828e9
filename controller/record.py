"""One call's record while it lives: what the machine and the agent do goes to the journal, the whole of it by growing revisions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from agent.phone import normalise
from agent.records import AgentState, LiveText, Moment, ToolCallRecord, TurnRecord
from controller.call.commands import Acknowledge, AnyCommand
from controller.call.events import ARI, AnyEvent, Wish
from controller.call.state import SHOWN, Call, State
from controller.journal.ids import call_back_id
from controller.journal.records import Audited, CallBackNoted, CallRevised, Logged, MachineStepped, Record, ToolCalled, TurnRecorded
from controller.sheets.sheet import Progress, Sheet


class Journal(Protocol):
    def append(self, record: Record) -> None:
        """Keep it; returns at once and never raises."""


def now_ms() -> int:
    """Unix time."""
    return time.time_ns() // 1_000_000


class Positions:
    """Numbers for the lines of all calls of one process, growing over its restarts: microseconds, or one more than the one before."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._last = 0

    def __call__(self) -> int:
        self._last = max(self._last + 1, self._clock_ns() // 1_000)
        return self._last


SKIPPED = 64
"""A successor goes on so far behind the numbers it knows of: those between may be of records that the one before still wrote."""


class CallRecord:
    """Satisfies ``agent.ports.Transcript``. Every line of the call's log gets its number here, whoever tells of it."""

    def __init__(
        self,
        journal: Journal,
        *,
        prompt_version: str | None = None,
        clock_ms: Callable[[], int] = now_ms,
        positions: Callable[[], int] = Positions(),  # noqa: B008 - one for the whole process
        on_live: Callable[[str, LiveText], None] = lambda call_id, text: None,
        sheet: Sheet | None = None,
    ) -> None:
        """*sheet*: a predecessor's, whose record this one goes on with."""
        self._journal = journal
        self._positions = positions
        self._on_live = on_live
        self._prompt_version = prompt_version
        self._clock_ms = clock_ms
        self._call = Call()
        self._lines = 0  # of the log
        self._agent: AgentState | None = None
        self._answered_at_ms: int | None = None
        self._latest: CallRevised | None = None
        self._cost_usd: Callable[[], dict[str, float]] = dict
        if sheet is not None:
            self._go_on(sheet)

    def _go_on(self, sheet: Sheet) -> None:
        self._call = sheet.call
        self._lines = sheet.progress.lines + SKIPPED
        self._answered_at_ms = sheet.progress.answered_at_ms
        if (latest := sheet.progress.latest) is not None:
            self._latest = replace(latest, revision=latest.revision + SKIPPED)

    @property
    def progress(self) -> Progress:
        """What a successor must know to go on with it."""
        return Progress(lines=self._lines, latest=self._latest, answered_at_ms=self._answered_at_ms)

    @property
    def shown(self) -> str:
        """The state in the words that people see."""
        if self._call.state is State.TALKING and self._agent is not None:
            return self._agent.value
        return SHOWN[self._call.state]

    @property
    def state_seq(self) -> int:
        """Grows with each change of what is shown."""
        return self._latest.state_seq if self._latest else 0

    @property
    def latest(self) -> CallRevised | None:
        return self._latest

    # What the session tells

    def step(self, call: Call, event: AnyEvent, commands: Sequence[AnyCommand]) -> None:
        self._call = call
        if call.state is not State.TALKING:
            self._agent = None
        self._journal.append(
            MachineStepped(
                call_id=call.call_id,
                sequence=self._next_line(),
                at_ms=self._clock_ms(),
                position=self._positions(),
                state=call.state,
                event=msgspec.to_builtins(event),
                commands=[msgspec.to_builtins(command) for command in commands],
                app=call.app,
            )
        )
        if call.state is not State.ENDED:  # its last revision is the closing one
            self._revise()

    def log(self, source: str, name: str, *, level: str = "", text: str = "", data: dict[str, Any] | None = None) -> None:
        """A line that is no step of the machine; *data* is JSON-like."""
        line = Logged(
            call_id=self._call.call_id,
            sequence=self._next_line(),
            at_ms=self._clock_ms(),
            position=self._positions(),
            source=source,
            name=name,
            level=level,
            text=text,
            data=data or {},
            app=self._call.app,
        )
        self._journal.append(line)

    def _next_line(self) -> int:
        self._lines += 1
        return self._lines

    def answered(self) -> None:
        if self._answered_at_ms is None:
            self._answered_at_ms = self._clock_ms()
            self._revise()

    def acknowledged(self, wish: Wish, answer: Acknowledge) -> None:
        """What became of a wish. One that came by Asterisk's user events is audited here: nobody else knows of it."""
        told = {"who": wish.who, "why": wish.reason, "code": answer.code, **answer.args}
        level = "" if answer.code == "accepted" else "warn"
        self.log("ctl", "Acknowledged", level=level, text=f"{answer.event}: {answer.code}", data=told)
        if wish.who != ARI:
            return
        given = {name: value for name, value in msgspec.to_builtins(wish).items() if name in {"queue", "warm", "text", "goodbye", "cut"}}
        audited = Audited(
            id=str(uuid7()),
            at_ms=self._clock_ms(),
            actor=ARI,
            role="supervisor",
            action={"hangup": "hang"}.get(answer.event, answer.event),
            call_id=self._call.call_id,
            why=wish.reason,
            arguments=given,
            result=answer.code,
        )
        self._journal.append(audited)

    def call_back(self, phone: str, why: str) -> None:
        """We promised to ring *phone* back."""
        call_id, number = self._call.call_id, normalise(phone) or phone
        noted = CallBackNoted(call_id=call_id, id=call_back_id(call_id, number), at_ms=self._clock_ms(), phone=number, why=why)
        self._journal.append(noted)

    def close(self, *, ended_at_ms: int, media: Mapping[str, int]) -> None:
        self._revise(ended_at_ms=ended_at_ms, media=dict(media))

    def fail(self, call: Call, *, ended_at_ms: int, media: Mapping[str, int]) -> None:
        """Close without a step of the machine: it was the machine, or its session, that broke."""
        self._call = call
        self.close(ended_at_ms=ended_at_ms, media=media)

    # What the agent tells

    def billed(self, cost_usd: Callable[[], dict[str, float]]) -> None:
        """From now on *cost_usd* tells what the call has cost, by service."""
        self._cost_usd = cost_usd

    def state(self, state: AgentState) -> None:
        self._agent = state
        self._revise()

    def turn(self, turn: TurnRecord) -> None:
        self._journal.append(TurnRecorded(call_id=self._call.call_id, turn=turn))
        by_caller = turn.speaker == "caller"
        told = {name: value for name, value in msgspec.to_builtins(turn).items() if name not in {"speaker", "text"}}
        self.log("stt" if by_caller else "tts", "TurnTaken" if by_caller else "TurnSpoken", text=turn.text, data=told)

    def tool_call(self, call: ToolCallRecord) -> None:
        self._journal.append(ToolCalled(call_id=self._call.call_id, call=call))
        self.log("tool", call.name, level="" if call.success else "err", text=f"{call.duration_ms} ms", data=msgspec.to_builtins(call))

    def live(self, text: LiveText) -> None:
        self._on_live(self._call.call_id, text)

    def note(self, moment: Moment) -> None:
        self.log(moment.source, moment.name, level=moment.level, text=moment.text, data=moment.data)

    def _revise(self, *, ended_at_ms: int | None = None, media: dict[str, int] | None = None) -> None:
        """A new revision, if anything is new; none after the closing one."""
        known = self._latest
        if known is not None and known.ended_at_ms is not None:
            return
        call = self._call
        current = CallRevised(
            call_id=call.call_id,
            revision=known.revision if known else 0,
            caller_id=call.caller_id,
            app=call.app,
            channel_id=call.channel_id,
            state=self.shown,
            answered_at_ms=self._answered_at_ms,
            ended_at_ms=ended_at_ms,
            ended_by=call.ended_by if ended_at_ms is not None else None,
            outcome=call.outcome if ended_at_ms is not None else None,
            transferred=call.transferred,
            transfer_reason=call.transfer_reason or None,
            operator=call.operator or None,
            ended_who=(call.ended_who or None) if ended_at_ms is not None else None,
            prompt_version=self._prompt_version,
            media=media or {},
            cost=known.cost if known else {},
            state_seq=(known.state_seq if known else 0) + (known is None or known.state != self.shown),
        )
        if current != known:  # what it costs changes all the time and is told with the rest
            self._latest = replace(current, revision=current.revision + 1, cost=self._cost_usd())
            self._journal.append(self._latest)
