"""What got better and what got worse since the last run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from ops.eval.judge import Verdict

NOTABLE_MS = 150  # of p95: less is the machine's mood


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as it is kept."""

    at: str  # ISO, UTC
    model: str
    prompt: str
    verdicts: list[Verdict]

    @property
    def passed(self) -> int:
        return sum(verdict.passed for verdict in self.verdicts)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    customers: int
    passed: int
    tools: float | None  # share of the expected tools that were used; None where nothing was expected
    arguments: float | None
    turns: float  # mean
    p50_ms: int | None
    p95_ms: int | None
    violations: int


def summary_of(verdicts: Sequence[Verdict]) -> Summary:
    latencies = sorted(latency for verdict in verdicts for latency in verdict.latencies_ms)
    return Summary(
        customers=len(verdicts),
        passed=sum(verdict.passed for verdict in verdicts),
        tools=_share((verdict.tools_right, verdict.tools_expected) for verdict in verdicts),
        arguments=_share((verdict.arguments_right, verdict.arguments_expected) for verdict in verdicts),
        turns=round(sum(verdict.turns for verdict in verdicts) / len(verdicts), 1) if verdicts else 0.0,
        p50_ms=percentile(latencies, 50),
        p95_ms=percentile(latencies, 95),
        violations=sum(len(verdict.violations) for verdict in verdicts),
    )


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The smallest value that *percent* of all do not exceed."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Customers that both runs had; *notes* are the sums of those."""

    better: tuple[str, ...]
    worse: tuple[str, ...]
    new: tuple[str, ...]
    notes: tuple[str, ...]


def compare(last: Run, now: Run) -> Comparison:
    before = {verdict.name: verdict for verdict in last.verdicts}
    both = [(before[verdict.name], verdict) for verdict in now.verdicts if verdict.name in before]
    old, new = summary_of([pair[0] for pair in both]), summary_of([pair[1] for pair in both])
    return Comparison(
        better=tuple(after.name for was, after in both if after.passed and not was.passed),
        worse=tuple(after.name for was, after in both if was.passed and not after.passed),
        new=tuple(verdict.name for verdict in now.verdicts if verdict.name not in before),
        notes=tuple(_notes(old, new)),
    )


def _notes(old: Summary, new: Summary) -> Iterable[str]:
    for name, was, is_now in (("tools", old.tools, new.tools), ("arguments", old.arguments, new.arguments)):
        if was is not None and is_now is not None and round(was, 3) != round(is_now, 3):
            yield f"{name} {was:.1%} → {is_now:.1%}"
    if old.p95_ms is not None and new.p95_ms is not None and abs(new.p95_ms - old.p95_ms) >= NOTABLE_MS:
        yield f"p95 {old.p95_ms} → {new.p95_ms} ms"
    if old.turns != new.turns:
        yield f"turns {old.turns} → {new.turns}"
    if old.violations != new.violations:
        yield f"violations {old.violations} → {new.violations}"


def _share(pairs: Iterable[tuple[int, int]]) -> float | None:
    counted = list(pairs)
    expected = sum(pair[1] for pair in counted)
    return sum(pair[0] for pair in counted) / expected if expected else None
