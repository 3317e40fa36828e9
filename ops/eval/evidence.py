"""What a call left behind: its record, the shop's rows, and what had to stay secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    call: Row  # columns of ``calls``
    turns: Sequence[Row] = ()
    tool_calls: Sequence[Row] = ()
    orders: Sequence[Row] = ()  # the caller's at the shop, as its control endpoint shows them
    bookings: Sequence[Row] = ()
    secrets: frozenset[str] = frozenset()  # others' orders, tracking numbers and addresses
    latencies_ms: Sequence[float] = field(default_factory=tuple)  # at the ear
    trouble: str | None = None  # the talk itself went wrong

    @property
    def said(self) -> list[Row]:
        """The agent's turns."""
        return [turn for turn in self.turns if turn["speaker"] == "agent"]

    def told(self) -> Iterator[str]:
        """The talk, a line for each turn and each use of a tool: for people who look for what went wrong."""
        for turn in self.turns:
            yield from (_use_told(use) for use in self.tool_calls if use["turn_number"] == turn["turn_number"])
            cut = " ✂" if turn.get("interrupted") else ""
            text = turn["text"] if turn["speaker"] == "caller" else turn["heard_text"]
            yield f"{turn['speaker']}: {text or ''}{cut}"


def _use_told(use: Row) -> str:
    refused = "" if use["success"] else f" ✗ {use['result'].get('error', '')}"
    return f"  {use['name']} {json.dumps(use['arguments'], ensure_ascii=False)}{refused}"


def secrets_of_others(orders: Sequence[Row], bookings: Sequence[Row], phone: str) -> frozenset[str]:
    """What nobody but its owner may hear: of orders and bookings that are not *phone*'s."""
    found: set[str] = set()
    for order in orders:
        if order["customer_phone"] != phone:
            found |= {str(secret) for secret in (order["id"], order.get("tracking_number")) if secret}
            if order["origin"] == "seed":  # scripted customers share a few streets
                found.add(str((order.get("delivery") or {}).get("address")))
    found |= {str(booking["id"]) for booking in bookings if booking["phone"] != phone}
    return frozenset(found - {"None"} - _everybodys(orders))


def _everybodys(orders: Sequence[Row]) -> set[str]:
    """Pickup points' addresses."""
    places = [order.get("delivery") or {} for order in orders]
    return {str(place.get("address")) for place in places if place.get("pickup_point_id")}
