"""What the doctor found, and how it is told."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape


class Level(enum.Enum):
    OK = "green"
    WARN = "yellow"  # calls work; something will be missing or slower
    FAIL = "red"  # calls will not work


@dataclass(frozen=True, slots=True)
class Finding:
    """*what* is a sentence; *advice* says what to do and is empty when all is well."""

    level: Level
    what: str
    advice: str = ""


def ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def warn(what: str, advice: str) -> Finding:
    return Finding(Level.WARN, what, advice)


def fail(what: str, advice: str) -> Finding:
    return Finding(Level.FAIL, what, advice)


def exit_code(findings: Iterable[Finding]) -> int:
    return int(any(finding.level is Level.FAIL for finding in findings))


def print_findings(findings: Sequence[Finding], console: Console) -> int:
    """Print them and a last line; the exit code."""
    for finding in findings:
        console.print(f"[{finding.level.value}]{finding.level.name:4}[/]  {escape(finding.what)}", highlight=False, soft_wrap=True)
        if finding.advice:
            console.print(f"      [dim]→[/] {escape(finding.advice)}", highlight=False, soft_wrap=True)
    failed, warned = (sum(finding.level is level for finding in findings) for level in (Level.FAIL, Level.WARN))
    verdict = "Calls will not work." if failed else "Calls will work." if not warned else "Calls will work, with what the warnings say."
    console.print(f"\n{len(findings) - failed - warned} OK, {warned} WARN, {failed} FAIL. {verdict}", highlight=False)
    return exit_code(findings)
