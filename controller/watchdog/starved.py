"""Hung, or only without a CPU? What the kernel tells of the thread that runs a controller's event loop.

``/proc/<pid>/schedstat`` holds two sums in ns: on a CPU, and ready to run but waiting for one. The second grows only when the wait
is over, so who waits still is known by its state: R, and nothing ran. A busy loop runs, and one that was stopped is not ready:
neither waits. Where the kernel keeps no such sums, what we missed ourselves is all we know: who comes late for his own tick is
short of a CPU, and so are the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    ran_ns: int
    waited_ns: int
    ready: bool  # to run, or running


def read_sample(pid: int, proc: Path = Path("/proc")) -> Sample | None:
    """None: this kernel does not tell, or the process is gone."""
    try:
        ran, waited, _ = (proc / str(pid) / "schedstat").read_text().split()
        state = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return None
    return Sample(int(ran), int(waited), state == "R")


def waited_s(before: Sample | None, now: Sample | None, *, interval_s: float, late_s: float) -> float:
    """How much of the last *interval_s* it could not run for want of a CPU. *late_s*: so late came the one who asks."""
    told_s = 0.0
    if before is not None and now is not None:
        told_s = (now.waited_ns - before.waited_ns) / 1e9
        if now.ready and now.ran_ns == before.ran_ns:
            told_s = interval_s
    return min(interval_s, max(told_s, late_s))
