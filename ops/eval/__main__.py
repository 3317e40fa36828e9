"""``make eval``: all scripted customers, or those with the given names or topics; exit code 1 when one did not get what he rang for.

    python -m ops.eval [name or topic ...] [--at-once 4] [--json path] [--speed 1.8]

With ANTHROPIC_API_KEY in the environment the real model answers (at ANTHROPIC_BASE_URL, by default the vendor's own; ANTHROPIC_MODEL
chooses it) and no stand-in for it is started; speech and shop stay stand-ins. That costs money; so far only the switch
was tried, against a stand-in that was started by hand.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvloop
from rich.console import Console

from agent.prompt.system import PROMPT_VERSION
from ops.devstack import DevStack, DevStackError
from ops.eval import report
from ops.eval.compare import Run, compare
from ops.eval.customer import Customer
from ops.eval.judge import Verdict
from ops.eval.run import run_all
from ops.eval.scripts import chosen
from ops.system import NotReady, System

KEPT = Path(".cache/eval/last.json")
WIDTH = 140
STANDIN = "stand-in"


def main() -> int:
    options = _options()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    began_s = time.monotonic()

    def progress(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began_s:6.1f} s  {line}[/dim]")

    def tell(verdict: Verdict) -> None:
        progress(f"{'[green]ok[/green]  ' if verdict.passed else '[red]FAIL[/red]'} {verdict.name}")

    try:
        run = _run(chosen(options.customers), options, progress, tell)
    except (DevStackError, NotReady, KeyError) as error:
        console.print(f"[bold red]The evaluation could not be done:[/bold red] {error}")
        return 2
    report.show(console, run)
    last = report.load(options.json)
    if last is not None:
        report.show_comparison(console, last, compare(last, run))
    report.keep(options.json, run)
    console.print(f"[dim]Kept in {options.json}[/dim]")
    return 0 if run.passed == len(run.verdicts) else 1


def _run(
    customers: Sequence[Customer], options: argparse.Namespace, progress: Callable[[str], None], tell: Callable[[Verdict], None]
) -> Run:
    settings, model = model_asked_for()
    with (
        DevStack(progress=progress) as stack,
        System(stack, progress=progress, without=() if not settings else ("anthropic",), **settings) as system,
    ):
        system.standins.control("google_tts").set(speed=options.speed)
        progress("The controller ...")
        system.controller.start()
        progress(f"{len(customers)} customers, {options.at_once} at once")
        verdicts = uvloop.run(run_all(system, customers, at_once=options.at_once, tell=tell))
    return Run(at=f"{datetime.now(UTC):%Y-%m-%d %H:%M}", model=model, prompt=PROMPT_VERSION, verdicts=verdicts)


def model_asked_for() -> tuple[dict[str, str], str]:
    """The controller's settings for the real model, and its name; none for the stand-in."""
    key = os.environ.get("ANTHROPIC_API_KEY", "")
    if not key:
        return {}, STANDIN
    return {"ANTHROPIC_API_KEY": key}, os.environ.get("ANTHROPIC_MODEL", "the default model")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("customers", nargs="*", metavar="name or topic")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--json", type=Path, default=KEPT, metavar="path", help="where this run is kept and the last one is found")
    parser.add_argument("--speed", type=float, default=1.8, help="of the agent's speech")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
