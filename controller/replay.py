"""A recorded call through the machine once more: what it orders now, beside what it ordered then. Pure but for the files.

    steps of a call ─► event ─► receive() ─► commands, state ═?═ recorded commands, state ─► differences
    call_events, or lines of GET /api/v1/calls/{id}/log.jsonl

A recording is a file of such lines; of them only the machine's steps are kept and read. Values are compared, not their text: a field
that was added since with a default is no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from controller.call import commands as order
from controller.call import events as seen
from controller.call.commands import AnyCommand
from controller.call.events import AnyEvent
from controller.call.machine import receive
from controller.call.state import Call
from controller.journal.codec import map_texts

_UKRAINIAN = re.compile(r"(?<!\d)((?:\+?38)?0)(\d{9})(?!\d)")


class NotARecording(Exception):
    """In words."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    event: dict[str, Any]
    commands: list[dict[str, Any]]
    state: str


@dataclass(frozen=True, slots=True)
class Difference:
    """At one step: *expected* is what was recorded, *got* what the machine does now; of commands one each line."""

    seq: int
    event: str
    what: str  # state, commands, event
    expected: tuple[str, ...]
    got: tuple[str, ...]


def replay(steps: Iterable[Step]) -> list[Difference]:
    """Empty: the machine does what it did."""
    return list(_differences(sorted(steps, key=lambda step: step.seq)))


def _differences(steps: Sequence[Step]) -> Iterator[Difference]:
    call = Call()
    for step in steps:
        name = str(step.event.get("type", "?"))
        try:
            event: AnyEvent = seen.from_builtins(step.event)
        except msgspec.ValidationError as error:
            yield Difference(step.seq, name, "event", (str(step.event),), (f"unknown to this version: {error}",))
            continue
        if isinstance(event, seen.CallArrived):
            call = Call()  # a log may hold a second life of the call, under a later controller
        call, commands = receive(call, event)
        if list(commands) != [_command(one) for one in step.commands]:
            recorded = tuple(map(_worded, step.commands))
            yield Difference(step.seq, name, "commands", recorded, tuple(_worded(msgspec.to_builtins(one)) for one in commands))
        if call.state != step.state:
            yield Difference(step.seq, name, "state", (step.state,), (call.state.value,))


def _command(value: dict[str, Any]) -> AnyCommand | dict[str, Any]:
    try:
        return order.from_builtins(value)
    except msgspec.ValidationError:
        return value  # of another version: it equals nothing that the machine orders now


def _worded(command: Mapping[str, Any]) -> str:
    fields = " ".join(f"{name}={value}" for name, value in command.items() if name != "type")
    return f"{str(command.get('type', '?')).partition('.')[0]} {fields}".strip()


# Recordings


def steps_of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Of ``queries.show_call``'s events."""
    return [
        Step(seq=row["sequence"], event=row["event"], commands=row["commands"], state=row["state"])
        for row in rows
        if row["event"] is not None
    ]


def load(path: Path) -> list[Step]:
    """Of a file of log lines; raises ``NotARecording`` and ``OSError``."""
    steps = []
    for number, text in enumerate(path.read_bytes().splitlines(), 1):
        try:
            line = msgspec.json.decode(text)
            if line.get("state") is not None:
                steps.append(msgspec.convert({"seq": line["seq"], "state": line["state"], **line["data"]}, Step))
        except (msgspec.MsgspecError, AttributeError, KeyError, TypeError) as error:
            raise NotARecording(f"{path}, line {number}, is no line of a call's log: {error}") from error
    if not steps:
        raise NotARecording(f"{path} holds no step of a call's machine")
    return steps


def save(path: Path, steps: Iterable[Step]) -> None:
    """Telephone numbers are replaced, the same by the same; names that were said stay: look at it before you give it away."""
    known: dict[str, str] = {}

    def fictitious(match: re.Match[str]) -> str:
        return match[1] + known.setdefault(match[2], f"{990_000_001 + len(known)}")

    with path.open("wb") as file:
        for step in steps:
            line = {
                "seq": step.seq,
                "name": str(step.event.get("type", "")),
                "state": step.state,
                "data": {"event": step.event, "commands": step.commands},
            }
            file.write(msgspec.json.encode(map_texts(line, lambda text: _UKRAINIAN.sub(fictitious, text))) + b"\n")
