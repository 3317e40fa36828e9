"""A line for each check, under a failed one what its tool said. Exit 1 if one failed; with --complete also if one could not be run here."""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from .checks import CHECKS
from .outcome import Outcome, Verdict, outcome
from .plan import plan
from .tools import Machine

_COLOURS = {Verdict.OK: "32", Verdict.FAIL: "31", Verdict.WARN: "33"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.check_ops", description=__doc__)
    parser.add_argument("--complete", action="store_true", help="fail also where this machine lacks a tool (CI)")
    complete = parser.parse_args().complete
    coloured = "FORCE_COLOR" in os.environ or (sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    root = Path(__file__).resolve().parents[2]

    verdicts: Counter[Verdict] = Counter()
    for step in plan(root, CHECKS, Machine(root)):
        result = outcome(step, root)
        verdicts[result.verdict] += 1
        print(line(result, coloured=coloured), flush=True)
    print(f"{verdicts[Verdict.OK]} passed, {verdicts[Verdict.FAIL]} failed, {verdicts[Verdict.WARN]} not on this machine")
    return exit_code(verdicts, complete=complete)


def line(result: Outcome, *, coloured: bool) -> str:
    verdict = f"{result.verdict.value:4}"
    if coloured:
        verdict = f"\033[{_COLOURS[result.verdict]}m{verdict}\033[0m"
    if result.verdict is Verdict.FAIL:
        return f"{verdict}  {result.name}\n" + "\n".join(f"      {said}" for said in result.words.splitlines())
    return f"{verdict}  {result.name}" + (f"  {result.words}" if result.words else "")


def exit_code(verdicts: Counter[Verdict], *, complete: bool) -> int:
    return int(bool(verdicts[Verdict.FAIL] or (complete and verdicts[Verdict.WARN])))


if __name__ == "__main__":
    sys.exit(main())
