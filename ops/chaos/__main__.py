"""``make chaos RUNS=n SEED=s``: n runs of the fault matrix on live talks; exit code 1 when a promise was broken.

    python -m ops.chaos --runs 20 --seed 7 [--calls 2] [--only worker/kill ...] [--run 17] [--at consent:1.5]
                        [--json path] [--write-docs] [--list]
    python -m ops.chaos --report a.jsonl b.jsonl [--write-docs]    the table of runs that were kept

A run's number and seed give the same fault, target and moment again. Nothing outside this machine is touched; a run takes a minute or two.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
import uvloop

from ops.caller.sip_place import place_at
from ops.caller.telephone import Exchange
from ops.chaos import report
from ops.chaos.expectations import promise
from ops.chaos.house import House
from ops.chaos.observations import as_json
from ops.chaos.oracle import judge
from ops.chaos.plan import Case, Moment, Run, plan
from ops.chaos.run import Done, carry_out
from ops.devstack import DevStackError
from ops.system import NotReady

KEPT: Final = Path(".cache/chaos/last.jsonl")
TRIES: Final = 2
PAGE: Final = Path("docs/chaos.md")


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began_s = time.monotonic()

    def progress(line: str) -> None:
        print(f"{time.monotonic() - began_s:7.1f} s  {line}", flush=True)

    if options.list:
        for run in _runs(options, parent=True):
            print(run)
        return 0
    if options.report:
        kept = [one for path in options.report for one in as_kept(path.read_bytes())]
        return told(kept, options, 0 if all(one.verdict.passed or one.verdict.void for one in kept) else 1)
    try:
        with House(progress) as house:
            runs = _runs(options, parent=house.has_parent)
            done = uvloop.run(carry_out_all(house, runs, options.json, lambda one: progress(report.told(one))))
    except (DevStackError, NotReady) as error:
        print(f"Chaos could not be made: {error}", file=sys.stderr)
        return 2
    print(f"\nKept in {options.json}")
    return told(done, options, exit_code(runs, done))


def told(done: Sequence[Done], options: argparse.Namespace, code: int) -> int:
    """The table, where it is wanted; *code*."""
    print(f"\n{report.table(done)}")
    if options.write_docs:
        PAGE.write_text(report.written_into(PAGE.read_text("utf-8"), done), "utf-8")
    return code


def as_kept(lines: bytes) -> list[Done]:
    """Judged anew, by what is promised today. Raises ``msgspec.MsgspecError``."""
    kept = [msgspec.json.decode(line, type=Done) for line in lines.splitlines() if line]
    return [msgspec.structs.replace(one, verdict=judge(one.seen, promise(Case.parse(one.case)))) for one in kept]


def exit_code(runs: Sequence[Run], done: Sequence[Done]) -> int:
    """0 when every run kept every promise; one that was void however often it was tried says nothing, so it has not."""
    passed = {one.number for one in done if one.verdict.passed}
    failed = {one.number for one in done if one.verdict.failed}
    return 0 if {run.number for run in runs} <= passed - failed else 1


async def carry_out_all(house: House, runs: Sequence[Run], kept: Path, tell: Callable[[Done], None]) -> list[Done]:
    """One after the other, one that is void once more; what a broken run left is cleared away before the next."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    place = await asyncio.to_thread(place_at, house.stack)
    done: list[Done] = []
    with kept.open("wb") as file:
        for run in runs:
            for _ in range(TRIES):
                if not await asyncio.to_thread(house.wait_ready):
                    await asyncio.to_thread(house.begin_anew)
                async with Exchange(house.stack.asterisk) as exchange:
                    one = await carry_out(house, run, place, exchange)
                file.write(as_json(one) + b"\n")
                file.flush()
                tell(one)
                done.append(one)
                if not one.verdict.void:
                    break
    return done


def _runs(options: argparse.Namespace, *, parent: bool) -> list[Run]:
    if options.run:
        runs = plan(options.seed, options.run, calls=options.calls, at=options.at)  # the whole plan, so that the number counts all
        return [run for run in runs if run.number == options.run]
    return plan(options.seed, options.runs, calls=options.calls, only=frozenset(options.only), parent=parent, at=options.at)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=2, help="callers at once (default 2)")
    parser.add_argument("--only", nargs="*", type=Case.parse, default=[], metavar="target/fault", help="of these cases only")
    parser.add_argument("--run", type=int, default=0, metavar="n", help="nothing but run n of the seed")
    parser.add_argument("--at", type=Moment.parse, metavar="stage:s", help="strike at this moment of the talk, e.g. consent:1.5")
    parser.add_argument("--json", type=Path, default=KEPT, metavar="path", help="where everything that was seen is kept, a run a line")
    parser.add_argument("--report", type=Path, nargs="+", default=[], metavar="path", help="run nothing: the table of runs kept by --json")
    parser.add_argument("--write-docs", action="store_true", help=f"the table into {PAGE}")
    parser.add_argument("--list", action="store_true", help="say what would be done, and do nothing")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
