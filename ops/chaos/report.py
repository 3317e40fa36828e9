"""Runs as a table: a line for whoever waits, JSON lines to look into, and a page of Markdown with one row a case. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from ops.chaos.expectations import LINES, Line, promise
from ops.chaos.plan import Case
from ops.chaos.run import Done

BEGIN: Final = "<!-- chaos: begin, written by `make chaos ARGS=--write-docs` -->"
END: Final = "<!-- chaos: end -->"


def told(done: Done) -> str:
    """One line; what speaks against a promise follows, indented."""
    mark = "void" if done.verdict.void else "ok  " if done.verdict.passed else "FAIL"
    head = f"{mark} {done.number:4}  {done.case:18} {done.after_s:4.1f} s into {done.stage:9} silence {done.verdict.silence_s:5.1f} s"
    broken = [f"      {line}: {complaint}" for line in done.verdict.failed for complaint in _few(done.verdict.complaints[line])]
    return "\n".join([f"{head}  {_served(done)}  {done.took_s:4.0f} s", *broken, *(f"      note: {note}" for note in _notes(done))])


def table(runs: Sequence[Done]) -> str:
    """Markdown: a row a case; sums of what speaks against each line, in brackets where nothing is promised. Void runs are left out."""
    by_case: defaultdict[str, list[Done]] = defaultdict(list)
    void = [done for done in runs if done.verdict.void]
    runs = [done for done in runs if not done.verdict.void]
    for done in runs:
        by_case[done.case].append(done)
    seeds = ", ".join(str(seed) for seed in sorted({done.seed for done in runs}))
    failed = [done for done in runs if not done.verdict.passed]
    lines = [
        f"{len(runs)} runs of {len(by_case)} cases, seed {seeds}, with {sum(len(done.seen.calls) for done in runs)} calls, "
        f"of which {sum(map(_ordered, runs))} left with an order; {len(failed)} runs with a broken promise, {len(void)} void.",
        "",
        "| fault | runs | dropped | worst silence, s | allowed, s | lost | doubled | left | twice | untrue "
        "| ordered / to a human / callers | worst silence in |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(case, by_case[case]) for case in sorted(by_case)]
    if failed:
        lines += ["", "Broken promises:", ""]
        lines += [f"- `{done.case}`, seed {done.seed}, run {done.number}: {_why(done)}" for done in failed]
    return "\n".join(lines)


def written_into(page: str, runs: Sequence[Done]) -> str:
    """*page* with the table between its marks; raises ``ValueError`` where it has none."""
    if BEGIN not in page or END not in page:
        raise ValueError(f"the page has no {BEGIN!r} and {END!r}")
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table(runs)}\n\n{END}{rest.partition(END)[2]}"


def _notes(done: Done) -> list[str]:
    return [*filter(None, [done.verdict.void]), *done.seen.notes]


def _served(done: Done) -> str:
    """How the callers' wishes ended. No promise: a shop that is away sells nothing. But where nobody gets his order, nothing is proved."""
    return f"{_ordered(done)} ordered, {_to_a_human(done)} to a human, of {len(done.seen.calls)}"


def _ordered(done: Done) -> int:
    return sum(done.seen.shop[call.number].confirmed > 0 for call in done.seen.calls if call.number in done.seen.shop)


def _to_a_human(done: Done) -> int:
    return sum(call.human_s is not None for call in done.seen.calls)


def _row(case: str, runs: Sequence[Done]) -> str:
    promised = promise(Case.parse(case))
    worst = max(runs, key=lambda done: done.verdict.silence_s)

    def count(line: Line) -> str:
        found = sum(len(done.verdict.complaints[line]) for done in runs)
        return f"({found})" if line in promised.without else str(found)

    counts = {line: count(line) for line in LINES}
    allowed = "-" if "silence" in promised.without else f"{promised.silence_s:g}"
    cells = [case, str(len(runs)), counts["dropped"], f"{worst.verdict.silence_s:.1f}", allowed]
    cells += [counts[line] for line in ("lost", "doubled", "left", "twice", "untrue")]
    cells.append(f"{sum(map(_ordered, runs))} / {sum(map(_to_a_human, runs))} / {sum(len(done.seen.calls) for done in runs)}")
    return f"| {' | '.join([*cells, f'seed {worst.seed}, run {worst.number}, {worst.stage}'])} |"


def _why(done: Done) -> str:
    return "; ".join(f"{line}: {complaint}" for line in done.verdict.failed for complaint in _few(done.verdict.complaints[line]))


def _few(complaints: Iterable[str], most: int = 3) -> list[str]:
    found = list(complaints)
    return found if len(found) <= most else [*found[:most], f"and {len(found) - most} more"]
