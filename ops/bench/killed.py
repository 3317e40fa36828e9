"""How long callers hear nothing when the process that serves them dies: ``python -m ops.bench.killed --calls 1,20,50 --kills 3``.

All callers have heard the greeting and keep silent; then the worker is killed (or, with ``--hung``, stopped). From that instant it is
measured at each caller's ear until the agent is audible again (first with the apology, which the parent says: ``audiosocket.apology``;
the successor goes on in the middle of it), and the longest hole between two frames of any kind. Every batch of
callers lives through at most two deaths: more in a minute, and the successors give the calls to people.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from ops.bench.patient_callers import READY, PatientSeen, PatientSpec
from ops.bench.spec import Address
from ops.devstack import DevStack, DevStackError, Process
from ops.system import NotReady, System

_DEATHS_A_BATCH = 2
_BETWEEN_S = 5.0
_READY_S = 90.0
_WARM_S = 60.0
_DIALS_PER_S = 10.0


@dataclass
class Deaths:
    """What was seen at all callers' ears, in ms."""

    calls: int
    audible_ms: list[float] = field(default_factory=list)  # from the death to the agent's first voiced frame
    hole_ms: list[float] = field(default_factory=list)  # the longest gap between two frames around it
    silent: int = 0  # callers who heard nobody within five seconds
    gone: int = 0

    def row(self) -> list[str]:
        def of(values: list[float]) -> str:
            return "–" if not values else " / ".join(f"{np.percentile(values, share):.0f}" for share in (50, 95, 100))

        return [str(self.calls), str(len(self.audible_ms)), of(self.audible_ms), of(self.hole_ms), str(self.silent), str(self.gone)]


class Killed:
    """Batches of callers on a running *system*."""

    def __init__(self, system: System, number: int) -> None:
        self._system = system
        self._kill = number
        self._first_number = 0

    def batch(self, deaths: Deaths, kills: int) -> None:
        stack = self._system.stack
        spec_path, seen_path = stack.folder / "patient.json", stack.folder / "patient-seen.json"
        address = Address(**{name: getattr(stack.asterisk, name) for name in Address.__struct_fields__})
        spec_path.write_bytes(msgspec.json.encode(PatientSpec(address, deaths.calls, _DIALS_PER_S, self._first_number)))
        self._first_number += deaths.calls
        callers = stack.spawn("callers", [sys.executable, "-m", "ops.bench.patient_callers", str(spec_path), str(seen_path)])
        _until_ready(callers)
        at_s: list[float] = []
        for _ in range(kills):
            self._until_standby_is_warm()
            worker = self._system.controller.worker
            if worker is None:
                raise NotReady("no worker has the calls")
            at_s.append(time.monotonic())
            os.kill(worker, self._kill)
            time.sleep(_BETWEEN_S)
            self._system.controller.wait_ready()
        callers.terminate()
        callers.wait(30)
        seen = msgspec.json.decode(seen_path.read_bytes(), type=PatientSeen)
        deaths.gone += seen.gone
        for moment in at_s:
            for arrivals, voiced in zip(seen.arrivals, seen.voiced, strict=True):
                _one(deaths, moment, np.array(arrivals), np.array(voiced))

    def _until_standby_is_warm(self) -> None:
        deadline = time.monotonic() + _WARM_S
        while "callctl_standby_warm 1.0" not in self._system.controller.metrics():
            if time.monotonic() > deadline:
                raise NotReady(f"no standby is warm within {_WARM_S:g} s\n{self._system.controller.log_tail()}")
            time.sleep(0.1)


def _one(deaths: Deaths, moment: float, arrivals: np.ndarray, voiced: np.ndarray) -> None:
    after = voiced[(voiced > moment) & (voiced < moment + _BETWEEN_S)]
    if not after.size:
        deaths.silent += 1
        return
    deaths.audible_ms.append(1000 * float(after[0] - moment))
    near = arrivals[(arrivals > moment - 0.1) & (arrivals < moment + _BETWEEN_S)]
    deaths.hole_ms.append(1000 * float(np.max(np.diff(near))) if near.size > 1 else 1000 * _BETWEEN_S)


def _until_ready(callers: Process) -> None:
    deadline = time.monotonic() + _READY_S
    while READY not in (text := callers.log_path.read_text(errors="replace") if callers.log_path.exists() else ""):
        if callers.poll() is not None or time.monotonic() > deadline:
            raise NotReady(f"the callers did not hear the greeting:\n{text[-2000:]}")
        time.sleep(0.05)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.bench.killed", description="Kill the worker under live calls and listen.")
    parser.add_argument("--calls", default="1,20,50", help="how many callers at once, level by level")
    parser.add_argument("--kills", type=int, default=4, help="how many deaths of each level (default 4)")
    parser.add_argument("--hung", action="store_true", help="SIGSTOP instead of SIGKILL: the worker hangs, and the parent must find out")
    options = parser.parse_args(argv)
    console = Console(highlight=False)
    levels = [Deaths(int(calls)) for calls in options.calls.split(",")]
    try:
        with (
            DevStack(progress=console.print) as stack,
            System(stack, progress=console.print, LOG_LEVEL="WARNING", CALLS_SILENCE_S="60") as system,
        ):  # who keeps silent for long would be told goodbye
            system.controller.start()
            killed = Killed(system, signal.SIGSTOP if options.hung else signal.SIGKILL)
            for deaths in levels:
                left = options.kills
                while left > 0:
                    killed.batch(deaths, min(left, _DEATHS_A_BATCH))
                    left -= _DEATHS_A_BATCH
                    console.print(f"{deaths.calls} calls, {options.kills - max(0, left)} deaths", deaths.row())
    except (DevStackError, NotReady) as error:
        console.print(f"The measuring failed: {error}")
        return 1
    table = Table("calls", "heard again", "agent audible after, ms p50 / p95 / max", "longest hole, ms p50 / p95 / max", "never", "dropped")
    for deaths in levels:
        table.add_row(*deaths.row())
    console.print(table)
    return 1 if any(deaths.silent or deaths.gone for deaths in levels) else 0


if __name__ == "__main__":
    sys.exit(main())
