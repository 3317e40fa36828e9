"""What is known for certain in one call: only what the shop or the caller told us, never what the model claims.

Tools write into it, rules read it. An order or booking is *ours* when it was made in this call or carries the caller's number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.shop import Booking, Order, PickupPoint, Tyre


@dataclass(frozen=True, slots=True)
class Said:
    """One stretch of the talk as it was really heard: an agent's text is cut to what reached the caller."""

    speaker: Literal["caller", "agent"]
    text: str
    typed: str = ""  # the digits in it that came from his keys
    broken: bool = False  # we broke off while he spoke: how it went on is not known


@dataclass(slots=True)
class Case:
    offers: dict[str, Tyre] = field(default_factory=dict)  # tyres the shop named in this call, by id
    orders: dict[str, Order] = field(default_factory=dict)  # the caller's, as the shop last told them, by id
    bookings: dict[str, Booking] = field(default_factory=dict)  # the caller's, by id
    names: dict[str, str] = field(default_factory=dict)  # on whose name an order was drafted, by its id and by the key of that write
    points: dict[str, PickupPoint] = field(default_factory=dict)  # pickup points the shop named in this call, by id
    changed: dict[str, int] = field(default_factory=dict)  # order or booking id -> how many ``Said`` there were when it last changed
    amounts_uah: set[int] = field(default_factory=set)  # every sum a tool has told the model
