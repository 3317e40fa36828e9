"""From the table and the files that are there to steps. Looks at the tree and runs nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .checks import Check, Command


@dataclass(frozen=True)
class Run:
    name: str
    commands: tuple[Command, ...]
    silent: bool


@dataclass(frozen=True)
class NoFile:
    name: str
    pattern: str


@dataclass(frozen=True)
class Missing:
    """A program that this machine does not have, and how to get it."""

    program: str
    remedy: str


@dataclass(frozen=True)
class CannotRun:
    name: str
    missing: Missing


Step = Run | NoFile | CannotRun


class Tools(Protocol):
    def command(self, program: str) -> Command | Missing:
        """What to put in place of the program's name to run it from the repository's root."""


def plan(root: Path, checks: Iterable[Check], tools: Tools) -> Iterator[Step]:
    for check in checks:
        for pattern in check.files:
            files = sorted(path.relative_to(root) for path in root.glob(pattern))
            if not files:
                yield NoFile(check.name, pattern)
            yield from (_step(check, file, tools) for file in files)


def _step(check: Check, file: Path, tools: Tools) -> Step:
    name = f"{check.name}: {file}"
    commands: list[Command] = []
    for program, *arguments in check.commands:
        found = tools.command(program)
        if isinstance(found, Missing):
            return CannotRun(name, found)
        commands.append(found + tuple(argument.replace("{}", str(file)).replace("{dir}", str(file.parent)) for argument in arguments))
    return Run(name, tuple(commands), check.silent)
