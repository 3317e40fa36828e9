"""``make bench ARGS=--capacity``: how many calls one controller carries on this machine, which is what CALLS_MAX is to be.

Level by level, until frames that were due were not sent, or came late: the last level that went well is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.table import Table

from ops.bench.figures import Round, percentile
from ops.bench.rounds import Rounds
from ops.devstack import DevStack
from ops.system import System

LEVELS = (10, 20, 30, 40, 50, 60, 70, 80)
SKIPPED_MAX = 0.005
"""Of the frames that were due; a caller does not notice one in two hundred."""
LATE_MAX = 0.01
"""Of the frames that a caller gets, more than one frame after its time."""
LATE_MS = 20.0


@dataclass(frozen=True, slots=True)
class Carried:
    """One level; shares are 0 to 1."""

    calls: int
    skipped: float
    late: float
    cores: float  # that the controller used
    generator_late_ms: float
    failures: int

    @classmethod
    def of(cls, seen: Round) -> Carried:
        late = sum(gap > LATE_MS for gap in seen.gaps_ms)
        return cls(
            calls=seen.calls,
            skipped=seen.frames["our_skipped"] / max(1, seen.frames["our_due"]),
            late=late / max(1, len(seen.gaps_ms)),
            cores=seen.cpu_s.get("controller", 0.0) / max(1.0, seen.call_s / seen.calls),
            generator_late_ms=percentile(seen.late_ms, 0.99) or 0.0,
            failures=len(seen.failures),
        )

    @property
    def well(self) -> bool:
        return self.skipped <= SKIPPED_MAX and self.late <= LATE_MAX and not self.failures


def measure(progress: Callable[[str], None], levels: Sequence[int] = LEVELS) -> list[Carried]:
    """Every level up to the first that does not go well. Raises ``BenchFailed`` and what the stack raises."""
    most = str(2 * max(levels))
    carried: list[Carried] = []
    with DevStack(progress=progress) as stack:
        settings = {"LOG_LEVEL": "WARNING", "CALLS_MAX": most, "AUDIOSOCKET_MAX_CONNECTIONS": str(4 * max(levels))}
        with System(stack, progress=progress, **settings) as system:
            system.controller.start()
            rounds = Rounds(system, progress)
            rounds.warm_up()
            for calls in levels:
                progress(f"{calls} calls at once ...")
                carried.append(Carried.of(rounds.lead(calls)))
                if not carried[-1].well:
                    break
    return carried


def table(carried: Sequence[Carried]) -> Table:
    made = Table("calls at once", "frames skipped", "frames late", "controller, cores", "generator late p99, ms", "failed", box=None)
    for one in carried:
        figures = (f"{one.skipped:.2%}", f"{one.late:.2%}", f"{one.cores:.2f}", f"{one.generator_late_ms:.0f}", str(one.failures))
        made.add_row(str(one.calls), *figures)
    return made


def verdict(carried: Sequence[Carried]) -> str:
    """In words, with what to set."""
    well = [one.calls for one in carried if one.well]
    if not well:
        return "Not even the first level goes well here: something else uses the processors, or they are too slow."
    most = max(well)
    if len(well) == len(carried):
        return f"CALLS_MAX={most}: the highest level that was tried, and it went well."
    return (
        f"CALLS_MAX={most}: at {carried[-1].calls} calls more than {SKIPPED_MAX:.1%} are skipped, {LATE_MAX:.0%} are late, or calls fail."
    )
