"""What processes use: CPU time and resident memory, as Linux tells it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ops.devstack.leftovers import processes_of

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
GROUPS: Mapping[str, str] = {
    "controller": "-m controller",  # its parent, too
    "asterisk": "etc/asterisk.conf",
    "stand-ins": "-m ops.standins.",
    "postgres": "postgres",
    "valkey": "valkey",
}
"""How each group is told by its command line; the first that fits."""


def group_of(command: str) -> str | None:
    return next((group for group, mark in GROUPS.items() if mark in command), None)


def watched(folder: Path) -> dict[str, list[int]]:
    """The processes of the stack that runs in *folder*, by group."""
    found: dict[str, list[int]] = {group: [] for group in GROUPS}
    for pid, command in processes_of(folder).items():
        if (group := group_of(command)) is not None:
            found[group].append(pid)
    return found


def cpu_s(pid: int) -> float:
    """User and system time of a process, its threads included; 0.0 when it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # Linux: clock_getcpuclockid(3); /proc/<pid>/stat counts ticks of 10 ms
    except OSError:
        return 0.0


def memory_mb(pid: int) -> float:
    """Resident memory; 0.0 when the process is gone. Pages that several processes share count in each."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6
    except OSError:
        return 0.0


def total_cpu_s(groups: Mapping[str, Iterable[int]]) -> dict[str, float]:
    return {group: sum(map(cpu_s, pids)) for group, pids in groups.items()}


def total_memory_mb(groups: Mapping[str, Iterable[int]]) -> dict[str, float]:
    return {group: sum(map(memory_mb, pids)) for group, pids in groups.items()}


def busy_cores(seconds: Mapping[str, float], later: Mapping[str, float]) -> float:
    """Of two readings of ``machine_cpu``: how many cores were at work between them."""
    busy, whole = (later[name] - seconds[name] for name in ("busy", "whole"))
    return (os.cpu_count() or 1) * busy / whole if whole > 0 else 0.0


def machine_cpu() -> dict[str, float]:
    """CPU seconds of the whole machine since its start: busy, and all there were."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    whole = sum(fields)
    return {"busy": (whole - fields[3] - fields[4]) / _TICKS, "whole": whole / _TICKS}
