"""The table for people and the JSON for the next run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.eval.compare import Comparison, Run, Summary, percentile, summary_of
from ops.eval.judge import Verdict


def show(console: Console, run: Run) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("customer", "", "", "tools", "arguments", "turns", "p50 ms", "p95 ms", "s"):
        table.add_column(heading, justify="left" if heading in ("customer", "") else "right", no_wrap=True)
    for topic, verdicts in groupby(run.verdicts, key=lambda verdict: verdict.topic):
        told = list(verdicts)
        table.add_section()
        for verdict in told:
            table.add_row(*_row(verdict))
        table.add_row(*_sums(topic, summary_of(told)), style="dim")
    console.print(table)
    console.print(_line(run))
    for verdict in run.verdicts:
        for what in [*verdict.failures, *(f"[red]violation[/red] {escape(found)}" for found in verdict.violations)]:
            told_what = what if what.startswith("[red]") else escape(what)
            console.print(f"  [bold]{verdict.name}[/bold]: {told_what}")
        for line in verdict.talk:
            console.print(f"      [dim]{escape(line)}[/dim]")


def show_comparison(console: Console, last: Run, comparison: Comparison) -> None:
    parts = [
        *(f"[green]better[/green] {name}" for name in comparison.better),
        *(f"[red]worse[/red] {name}" for name in comparison.worse),
        *comparison.notes,
        *([f"{len(comparison.new)} new"] if comparison.new else []),
    ]
    console.print(f"Since the run of {last.at} ({last.model}): {', '.join(parts) if parts else 'nothing changed'}")


def load(path: Path) -> Run | None:
    """The run kept at *path*; None when there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except (OSError, msgspec.DecodeError):
        return None


def keep(path: Path, run: Run) -> None:
    """Write *run* with its sums; what was there moves to ``<path>.before``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_name(f"{path.name}.before"))
    whole = {**msgspec.to_builtins(run), "summary": msgspec.to_builtins(summary_of(run.verdicts))}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1))


def _row(verdict: Verdict) -> Sequence[str]:
    latencies = sorted(verdict.latencies_ms)
    return (
        verdict.name,
        verdict.language,
        "[green]ok[/green]" if verdict.passed else "[red]FAIL[/red]",
        f"{verdict.tools_right}/{verdict.tools_expected}",
        f"{verdict.arguments_right}/{verdict.arguments_expected}",
        str(verdict.turns),
        _ms(percentile(latencies, 50)),
        _ms(percentile(latencies, 95)),
        f"{verdict.length_s:.0f}",
    )


def _sums(topic: str, sums: Summary) -> Sequence[str]:
    passed = f"{sums.passed}/{sums.customers}"
    return (topic, "", passed, _percent(sums.tools), _percent(sums.arguments), f"{sums.turns:g}", _ms(sums.p50_ms), _ms(sums.p95_ms), "")


def _line(run: Run) -> str:
    sums = summary_of(run.verdicts)
    return (
        f"[bold]{sums.passed} of {sums.customers} customers got what they rang for[/bold] · tools {_percent(sums.tools)} · arguments "
        f"{_percent(sums.arguments)} · {sums.turns:g} turns · answer p50 {_ms(sums.p50_ms)} ms, p95 {_ms(sums.p95_ms)} ms · "
        f"{sums.violations} violations · model {run.model}, prompt {run.prompt}"
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _ms(value: int | None) -> str:
    return "–" if value is None else str(value)
