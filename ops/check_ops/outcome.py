"""What became of a step."""

import subprocess
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .checks import Command
from .plan import CannotRun, NoFile, Run, Step

_TIME_LIMIT_S = 120


class Verdict(Enum):
    OK = "OK"
    FAIL = "FAIL"
    WARN = "WARN"


@dataclass(frozen=True)
class Outcome:
    name: str
    verdict: Verdict
    words: str = ""


def outcome(step: Step, root: Path) -> Outcome:
    match step:
        case NoFile(name, pattern):
            return Outcome(name, Verdict.FAIL, f"no file matches {pattern}")
        case CannotRun(name, missing):
            return Outcome(name, Verdict.WARN, f"not on this machine: {missing.program}; {missing.remedy}")
        case Run(name, commands, silent):
            complaint = _complaint(commands, root, silent=silent)
            return Outcome(name, Verdict.OK if complaint is None else Verdict.FAIL, complaint or "")


def _complaint(commands: tuple[Command, ...], root: Path, *, silent: bool) -> str | None:
    """The words of the first command that fails; None when all went well."""
    handed_on = ""
    for command in commands:
        try:
            done = subprocess.run(command, cwd=root, input=handed_on, text=True, capture_output=True, timeout=_TIME_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            return f"{command[0]} did not end within {_TIME_LIMIT_S} s"
        said = f"{done.stdout}{done.stderr}".strip()
        if done.returncode or (silent and said):
            return said or f"{command[0]} ended with {done.returncode} and no word"
        handed_on = done.stdout
    return None
