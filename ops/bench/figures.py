"""From single measurements to the figures of a level, that is of all rounds with the same number of calls at once. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ops.bench.answers import Answer, Logs
from ops.bench.pacing import LATE_MS
from ops.bench.record import CallRecord
from ops.bench.share import Share, first_clause, services_of
from ops.bench.spec import CallSeen, QuestionSeen, RoundSeen
from ops.standins.phrasebook import phrase

HEARD_AFTER_SENT_MS = (-60.0, 1_500.0)
"""How much later than the first frame left us the first voiced one is heard: less than nothing by clocks, more by silence in the audio."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that *share* (0 to 1) of the values do not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(slots=True)
class Round:
    """One round, put together; *shares* are the answers measured whole, *apart* counts the others by what was the matter."""

    calls: int
    connect_ms: list[float] = field(default_factory=list)
    greet_ms: list[float] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    apart: Counter[str] = field(default_factory=Counter)
    gaps_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    frames: Counter[str] = field(default_factory=Counter)
    cpu_s: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)
    call_s: float = 0.0
    all_live_s: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def generator_late(self) -> bool:
        return (percentile(self.late_ms, 0.99) or 0.0) > LATE_MS


def put_together(seen: RoundSeen, records: dict[str, CallRecord], logs: Logs, lead_ms: Callable[[str], float]) -> Round:
    """*lead_ms* tells with how much silence the stand-in voice begins a text."""
    made = Round(len(seen.calls), late_ms=seen.late_ms, cpu_s=seen.cpu_s, memory_mb=seen.memory_mb)
    made.failures = [call.failure for call in seen.calls if call.failure]
    for call in seen.calls:
        _set_up(made, call)
        made.gaps_ms += call.gaps_ms
        made.frames.update(due=call.frames_due, arrived=call.frames_arrived)
        if (record := records.get(call.number)) is not None:
            made.frames.update({f"our_{kind.removeprefix('frames_')}": count for kind, count in record.media.items()})
            for question in call.questions:
                _measure(made, question, record.answers, logs, lead_ms)
    connected = [call.connected_ms for call in seen.calls if call.connected_ms is not None]
    ended = [call.ended_ms for call in seen.calls if call.ended_ms is not None]
    made.all_live_s = max(0.0, min(ended) - max(connected)) / 1000 if connected and ended else 0.0
    return made


def _set_up(made: Round, call: CallSeen) -> None:
    if call.connected_ms is None:
        return
    made.connect_ms.append(call.connected_ms - call.dialled_ms)
    if call.greeted_ms is not None:
        made.greet_ms.append(call.greeted_ms - call.dialled_ms)
    if call.ended_ms is not None:
        made.call_s += (call.ended_ms - call.connected_ms) / 1000


def _measure(made: Round, question: QuestionSeen, answers: Sequence[Answer], logs: Logs, lead_ms: Callable[[str], float]) -> None:
    if question.answered_ms is None:
        made.apart["unanswered"] += 1
        return
    answer = answer_heard(question, answers)
    if answer is None:
        made.apart["not in the record"] += 1
    elif answer.question != phrase(question.key).text:
        made.apart["misheard"] += 1
    elif answer.filler_ms is not None:
        made.apart["filler first"] += 1
    else:
        clause = first_clause(answer, logs.voice)
        lead = lead_ms(clause) if clause is not None else 0.0
        wire_ms = question.answered_ms - question.last_voiced_ms
        made.shares.append(Share(wire_ms, answer.hold_ms, services_of(answer, logs), lead))
        made.answers.append(answer)


def answer_heard(question: QuestionSeen, answers: Sequence[Answer]) -> Answer | None:
    """The recorded answer (or filler) whose first frame is what the caller heard."""
    assert question.answered_ms is not None
    earliest, latest = HEARD_AFTER_SENT_MS
    fitting = [answer for answer in answers if earliest <= question.answered_ms - answer.sent_ms <= latest]
    return fitting[-1] if fitting else None


@dataclass(slots=True)
class Level:
    """All rounds with the same number of calls at once."""

    calls: int
    rounds: list[Round]

    def all(self, of: Callable[[Round], Sequence[float]]) -> list[float]:
        return [value for one in self.rounds for value in of(one)]

    @property
    def call_s(self) -> float:
        return sum(one.call_s for one in self.rounds)

    @property
    def failures(self) -> list[str]:
        return [failure for one in self.rounds for failure in one.failures]

    @property
    def shares(self) -> list[Share]:
        return [share for one in self.rounds for share in one.shares]

    @property
    def apart(self) -> Counter[str]:
        return sum((one.apart for one in self.rounds), Counter())

    @property
    def frames(self) -> Counter[str]:
        return sum((one.frames for one in self.rounds), Counter())

    def cpu_ms_per_call_s(self, group: str) -> float | None:
        used = [one.cpu_s[group] for one in self.rounds if group in one.cpu_s]
        return 1000 * sum(used) / self.call_s if used and self.call_s else None

    def memory_mb(self, group: str) -> float | None:
        return max((one.memory_mb[group] for one in self.rounds if group in one.memory_mb), default=None)
