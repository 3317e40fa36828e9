"""The shop's catalogue over HTTP: ``agent.shop.Tyres``."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Callable, Sequence

import msgspec

from agent.adapters.shop_answers import Id, Page, Price, Quantity, given, segment
from agent.adapters.shop_transport import Ask, ShopTransport
from agent.errors import ShopFailed
from agent.shop import Stock, Tyre, TyreQuery

OFFERS = 10  # of each size
OEM_SIZES = 2  # a car's sizes looked up at once, the factory's choice first

SIZE = re.compile(r"(\d{3})\s*/\s*(\d{2,3})\s*Z?R\s*(\d{2})")


class TyreRow(msgspec.Struct, frozen=True):
    id: Id
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


class HttpTyres:
    def __init__(self, transport: ShopTransport, today: Callable[[], dt.date]) -> None:
        self._transport = transport
        self._today = today

    async def search_tyres(self, query: TyreQuery, *, request_id: str) -> Sequence[Tyre]:
        """Tyres in stock first, then by popularity. A car without a size is looked up by its factory sizes.

        The shop wants a car's year; of a car without one the newest is looked up, and the caller hears the size.
        Raises ``ShopFailed``; an unknown car is status 404.
        """
        make, model = query.vehicle_make, query.vehicle_model
        if make is None or model is None or any((query.width, query.profile, query.diameter)):
            found = await self._search(query, (query.width, query.profile, query.diameter), request_id)
        else:
            sizes = await self.vehicle_sizes(make, model, query.vehicle_year or self._today().year, request_id=request_id)
            found = await self._search_sizes(query, [_numbers(size) for size in sizes[:OEM_SIZES]], request_id)
        return sorted(found, key=lambda tyre: not tyre.in_stock)

    async def vehicle_sizes(self, make: str, model: str, year: int, *, request_id: str) -> Sequence[str]:
        """As "215/55 R17", the factory's choice first. Raises ``ShopFailed``; an unknown car is status 404."""
        ask = Ask("GET", "/vehicles/tires", request_id, {"make": make, "model": model, "year": year})
        answer = await self._transport.answer(ask, VehicleTyres)
        read = [match.groups() for match in map(SIZE.search, answer.vehicle.oem_sizes) if match]
        if not read:
            raise ShopFailed("the shop knows no size of this car that we can read")
        return [f"{width}/{profile} R{diameter}" for width, profile, diameter in read]

    async def availability(self, tyre_id: str, *, request_id: str) -> Sequence[Stock]:
        ask = Ask("GET", f"/tires/{segment(tyre_id)}/availability", request_id)
        return [place.stock() for place in (await self._transport.answer(ask, Availability)).locations]

    async def _search_sizes(self, query: TyreQuery, sizes: Sequence[tuple[int, ...]], request_id: str) -> list[Tyre]:
        try:
            async with asyncio.TaskGroup() as group:
                searches = [group.create_task(self._search(query, size, request_id), name=f"shop {size}") for size in sizes]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        return [tyre for search in searches for tyre in search.result()]

    async def _search(self, query: TyreQuery, size: tuple[int | None, ...], request_id: str) -> list[Tyre]:
        width, profile, diameter = size
        asked = {
            "width": width,
            "profile": profile,
            "diameter": diameter,
            "season": query.season,
            "brand": query.brand,
            "max_price": query.max_price_uah,
            "sort": "popularity",
            "per_page": OFFERS,
        }
        page = await self._transport.answer(Ask("GET", "/tires/search", request_id, given(asked)), Page[TyreRow])
        return [row.tyre() for row in page.data]


def _numbers(size: str) -> tuple[int, ...]:
    match = SIZE.search(size)
    return tuple(map(int, match.groups())) if match else ()
