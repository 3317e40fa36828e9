"""A console as far as its data goes: a snapshot, and whatever is told after it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from controller.board.patch import merged
from controller.board.picture import KEYS, LISTS

Shape = dict[str, Any]


@dataclass
class BoardClient:
    """What it knows; *ids* are the events' numbers as they came."""

    calls: dict[str, Shape] = field(default_factory=dict)
    lists: dict[str, dict[str, Shape]] = field(default_factory=lambda: {kind: {} for kind in LISTS})
    turns: dict[int, Shape] = field(default_factory=dict)  # of the call it follows, by n
    interim: Shape | None = None
    log: list[Shape] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)  # call -> outcome
    kinds: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def hear(self, kind: str, data: Shape) -> None:
        self.kinds.append(kind)
        match kind:
            case "snapshot":
                self.calls = {call["id"]: call for call in data["calls"]}
                for list_kind, name in LISTS.items():
                    self.lists[list_kind] = {str(item[KEYS[list_kind]]): item for item in data[name]}
            case "call":
                _patch(self.calls, data)
            case "queue" | "operator" | "callback" | "health":
                _patch(self.lists[kind], data)
            case "call.end":
                self.ended[data["id"]] = data["outcome"]
            case "turn":
                self.turns[data["turn"]["n"]] = data["turn"]
                if self.interim is not None and self.interim["n"] <= data["turn"]["n"]:
                    self.interim = None
            case "interim":
                self.interim = data
            case "heard":
                turn = self.turns[data["n"]]
                assert (turn["heard_chars"], turn["played_ms"]) == (data["chars"], data["played_ms"])
            case "log":
                self.log.append(data["ev"])
            case _:
                raise AssertionError(f"unknown event {kind}")

    def read(self, stream: bytes) -> None:
        """Whole server-sent events."""
        for block in stream.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "id" in fields:
                self.ids.append(int(fields["id"]))
            if "event" in fields:
                self.hear(fields["event"], json.loads(fields["data"]))

    @property
    def known(self) -> Shape:
        return {"calls": self.calls, **self.lists}


def without_nulls(value: Any) -> Any:
    """Null and absent are the same to a merge patch."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    return bool(without_nulls(one) == without_nulls(other))


def _patch(items: dict[str, Shape], data: Shape) -> None:
    if data["patch"] is None:
        items.pop(data["id"], None)
    else:
        items[data["id"]] = merged(items.get(data["id"], {}), data["patch"])
