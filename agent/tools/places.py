"""Cities and places in them, as callers name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from msgspec import Meta

from agent.shop import PickupPoint, Station

P = TypeVar("P", PickupPoint, Station)

City = Annotated[str, Meta(min_length=1, max_length=60, description="Місто українською в називному відмінку, наприклад Київ")]
Near = Annotated[str, Meta(min_length=1, max_length=60, description="Район або вулиця, якщо абонент назвав")]


def nearby(places: Sequence[P], near: str | None) -> Sequence[P]:
    """Those whose name or address has the words; all of them when none has, for streets are misheard."""
    if near is None:
        return places
    return [one for one in places if near.casefold() in f"{one.name} {one.address}".casefold()] or places
