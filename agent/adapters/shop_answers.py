"""The shop's answers as we rely on them: what is read is typed and checked, what we do not read may change."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec

from agent.ports import Stock, Tyre

Price = Annotated[float, msgspec.Meta(gt=0, lt=1_000_000)]
Quantity = Annotated[int, msgspec.Meta(ge=0)]


class TyreRow(msgspec.Struct, frozen=True):
    id: str | int
    brand: str
    model: str
    size: str
    season: str
    price: Price
    in_stock: bool
    stock_quantity: Quantity

    def tyre(self) -> Tyre:
        return Tyre(
            id=str(self.id),
            brand=self.brand,
            model=self.model,
            size=self.size,
            season=self.season,
            price_uah=round(self.price),
            in_stock=self.in_stock,
            stock_quantity=self.stock_quantity,
        )


class TyrePage(msgspec.Struct, frozen=True):
    """GET /tires/search"""

    data: list[TyreRow]


class Location(msgspec.Struct, frozen=True):
    warehouse: str
    quantity: Quantity
    available_from: dt.date | None = None

    def stock(self) -> Stock:
        return Stock(self.warehouse, self.quantity, None if self.available_from is None else self.available_from.isoformat())


class Availability(msgspec.Struct, frozen=True):
    """GET /tires/{id}/availability"""

    locations: list[Location]


class VehicleSizes(msgspec.Struct, frozen=True):
    oem_sizes: list[str]


class VehicleTyres(msgspec.Struct, frozen=True):
    """GET /vehicles/tires; its recommendations are not read, the filtered search knows better."""

    vehicle: VehicleSizes


class _ErrorText(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _ErrorBody(msgspec.Struct, frozen=True):
    error: _ErrorText


def message_of(body: bytes) -> str:
    """What the shop says of its refusal; a plain word when it says it in another shape."""
    try:
        error = msgspec.json.decode(body, type=_ErrorBody).error
    except (msgspec.DecodeError, ValueError):
        return "refused without a reason"
    return f"{error.code}: {error.message}"[:300]
