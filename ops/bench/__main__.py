"""``make bench``: set-up time, latency on the wire and our share of it, missing frames, jitter and CPU for 1, 10 and 50 calls at once.

    make bench ARGS="--calls 1,5 --rounds 1 --json bench.json"
    make bench ARGS=--capacity              what CALLS_MAX is to be on this machine
    make bench ARGS="--overload 50"         two controllers full with 50 calls, and 50 more come
    make bench ARGS="--upgrade 20"          two controllers replaced while 20 callers come and go

Exits not 0, with the reason, when calls fail.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from ops.bench import capacity, media, overload, report, upgrade
from ops.bench.cpu import busy_cores, machine_cpu
from ops.bench.figures import Level
from ops.bench.rounds import BenchFailed, Rounds
from ops.devstack import DevStack, DevStackError
from ops.system import NotReady, System

Progress = Callable[[str], None]


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure calls on the private stack.")
    parser.add_argument("--calls", type=_levels, default=(1, 10, 50), metavar="1,10,50", help="how many calls at once, level by level")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each level, the levels in turn (default 2)")
    parser.add_argument("--no-media", action="store_true", help="leave out the audio server alone")
    parser.add_argument("--capacity", action="store_true", help="instead: raise the calls until frames are skipped or late")
    parser.add_argument("--overload", type=int, metavar="CALLS", help="instead: as many calls as fit, and then as many again")
    parser.add_argument("--upgrade", type=int, metavar="CALLERS", help="instead: replace two controllers under callers who come and go")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser.parse_args(argv)


def _levels(text: str) -> tuple[int, ...]:
    levels = tuple(int(part) for part in text.split(","))
    if not all(1 <= level <= 200 for level in levels):
        raise ValueError(text)
    return levels


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(sys.argv[1:] if argv is None else argv)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    began = time.monotonic()

    def progress(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s  {escape(line)}[/dim]")

    try:
        if options.capacity or options.overload or options.upgrade:
            return _several(options, console, progress)
        before = machine_cpu()
        time.sleep(1.0)
        busy = busy_cores(before, machine_cpu())
        levels, asterisk, idle = _calls(options, progress)
        alone = [] if options.no_media else media.compare(progress)
    except (DevStackError, NotReady, BenchFailed) as error:
        console.print(f"\n[bold red]The bench failed:[/bold red] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    machine = report.Machine(platform.python_version(), asterisk, os.cpu_count() or 1, _LOAD, busy, idle)
    console.print(f"\n{machine.in_words()}")
    console.print(report.table(levels))
    for note in report.notes(levels):
        console.print(f"  {escape(note)}")
    if alone:
        console.print(media.table(alone))
    if options.json is not None:
        _save(options.json, machine, levels, alone)
    return _verdict(levels, console)


def _several(options: argparse.Namespace, console: Console, progress: Progress) -> int:
    """What is measured of limits and of several controllers; 0: it went well."""
    if options.capacity:
        carried = capacity.measure(progress)
        console.print(capacity.table(carried))
        console.print(capacity.verdict(carried))
        return 0 if carried[0].well else 1
    if options.overload:
        overloaded = overload.measure(progress, options.overload)
        console.print(overload.table(overloaded))
        failures, well = overloaded.failures, overloaded.well
    else:
        upgraded = upgrade.measure(progress, options.upgrade)
        console.print(f"[dim]{escape(upgraded.said)}[/dim]")
        console.print(upgrade.table(upgraded))
        failures, well = [f"{visit.number}: {visit.failure}" for visit in upgraded.failed], upgraded.well
    for failure in failures[:5]:
        console.print(f"[bold red]{escape(failure)}[/bold red]")
    return 0 if well else 1


_LOAD = os.getloadavg()  # before anything of ours runs


def _calls(options: argparse.Namespace, progress: Progress) -> tuple[list[Level], str, dict[str, float]]:
    """The levels, Asterisk's version, and CPU in ms a second without calls."""
    levels = [Level(calls, []) for calls in options.calls]
    with DevStack(progress=progress) as stack, System(stack, progress=progress, LOG_LEVEL="WARNING") as system:
        system.controller.start()
        rounds = Rounds(system, progress)
        progress("One call to warm up ...")
        rounds.warm_up()
        idle = rounds.idle()
        for place in range(options.rounds):
            for level in levels:
                progress(f"Round {place + 1} of {options.rounds}, {level.calls} calls at once ...")
                level.rounds.append(rounds.lead(level.calls))
        return levels, stack.asterisk.version, idle


def _save(path: Path, machine: report.Machine, levels: Sequence[Level], alone: Sequence[media.Compared]) -> None:
    saved: dict[str, Any] = {
        "machine": machine.in_words(),
        "figures": report.figures(levels),
        "notes": report.notes(levels),
        "audio_server": [one.figures() for one in alone],
        "answers": report.raw(levels),
    }
    path.write_text(json.dumps(saved, ensure_ascii=False, indent=1), "utf-8")


def _verdict(levels: Sequence[Level], console: Console) -> int:
    failed = 0
    for level in levels:
        for failure in level.failures[:5]:
            console.print(f"[bold red]{level.calls} at once:[/bold red] {escape(failure)}")
        failed += len(level.failures)
        if not level.shares:
            console.print(f"[bold red]{level.calls} at once:[/bold red] not one answer could be measured")
            failed += 1
    if failed:
        console.print(f"[bold red]{failed} failures.[/bold red]")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
