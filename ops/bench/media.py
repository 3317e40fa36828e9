"""The audio server alone: CPU of a line-second beside the plainest loop that does the same, interleaved in one run.

Absolute times say little on a shared machine; the ratio of neighbours in time says more.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import uvloop
from rich.table import Table

from ops.bench.figures import percentile
from ops.bench.media_load import load
from ops.bench.pacing import LATE_MS
from ops.bench.spec import MediaSeen

LINES = (50, 200)
ROUNDS = 3
KINDS = ("ours", "sleep")
_WARM_S, _MEASURED_S, _END_S = 0.7, 3.0, 10.0


@dataclass(slots=True)
class Compared:
    """Both servers at one number of lines, a measurement of each a round."""

    lines: int
    seen: dict[str, list[MediaSeen]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def cpu_ms(self, kind: str) -> float:
        """Per line-second; the median of the rounds."""
        return float(median(one.cpu_ms_per_line_s for one in self.seen[kind]))

    def missing_per_mille(self, kind: str) -> float:
        due, arrived = (sum(getattr(one, name) for one in self.seen[kind]) for name in ("frames_due", "frames_arrived"))
        return float(max(0.0, 1000 * (due - arrived) / due))

    def jitter_p99_ms(self, kind: str) -> float:
        return percentile([abs(gap) for one in self.seen[kind] for gap in one.gaps_ms], 0.99) or 0.0

    @property
    def ratio(self) -> float:
        """Our CPU to the loop's: the median of the rounds' ratios."""
        pairs = zip(self.seen["ours"], self.seen["sleep"], strict=True)
        return float(median(ours.cpu_ms_per_line_s / loop.cpu_ms_per_line_s for ours, loop in pairs))

    @property
    def late_rounds(self) -> int:
        """Measurements in which the generator itself was late."""
        return sum((percentile(one.late_ms, 0.99) or 0.0) > LATE_MS for kind in KINDS for one in self.seen[kind])

    def figures(self) -> dict[str, Any]:
        """For a file."""
        named = {
            kind: {
                "cpu_ms_per_line_s": round(self.cpu_ms(kind), 3),
                "missing_per_mille": round(self.missing_per_mille(kind), 3),
                "jitter_p99_ms": round(self.jitter_p99_ms(kind), 2),
            }
            for kind in KINDS
        }
        return {"lines": self.lines, "ratio": round(self.ratio, 3), "late_rounds": self.late_rounds, **named}


def compare(progress: Callable[[str], None], lines: Sequence[int] = LINES, rounds: int = ROUNDS) -> list[Compared]:
    """Measure both in turn, round by round."""
    compared = [Compared(count) for count in lines]
    for place in range(rounds):
        progress(f"The audio server alone, round {place + 1} of {rounds} ...")
        for one in compared:
            for kind in KINDS if place % 2 == 0 else reversed(KINDS):
                one.seen[kind].append(_measure(kind, one.lines))
    return compared


def table(compared: Sequence[Compared]) -> Table:
    made = Table("lines", title="The audio server alone, and a loop of asyncio.sleep(0.02) in its place", title_justify="left")
    for column in (
        "CPU, ms a line-second: ours / loop",
        "ratio",
        "missing ‰: ours / loop",
        "jitter p99, ms: ours / loop",
        "generator late",
    ):
        made.add_column(column, justify="right")
    for one in compared:
        cpu = [f"{one.cpu_ms(kind):.2f}" for kind in KINDS]
        missing = [f"{one.missing_per_mille(kind):.1f}" for kind in KINDS]
        jitter = [f"{one.jitter_p99_ms(kind):.1f}" for kind in KINDS]
        late = f"{one.late_rounds} of {sum(len(seen) for seen in one.seen.values())}"
        made.add_row(str(one.lines), " / ".join(cpu), f"{one.ratio:.2f}", " / ".join(missing), " / ".join(jitter), late)
    return made


def _measure(kind: str, lines: int) -> MediaSeen:
    argv = [sys.executable, "-m", "ops.bench.media_server", kind, str(lines)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:  # it ends when our end of its input does
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            return uvloop.run(load(port, server.pid, lines, warm_s=_WARM_S, measured_s=_MEASURED_S))
        finally:
            server.stdin.close()
            try:
                server.wait(_END_S)
            except subprocess.TimeoutExpired:
                server.kill()
