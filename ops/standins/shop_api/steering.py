"""What tests and seeds do to the shop behind its API's back, beside the settings of ``ops.standins.control``.

DELETE /control               the settings, and everything below, as at the start
DELETE /control/state         orders, bookings, stock and idempotency keys as at the start; the settings stay
GET    /control/written       by phone: orders, confirmed, bookings, moved, cancelled, each counted when it really took effect
GET    /control/written?phone=+380...   those of one number, zeros too
GET    /control/orders        every order as the API shows it, with origin (seed, control, api) and call_id; ?phone=
PUT    /control/orders        {"phone": ...} and what else ``SeedOrder`` has: an order that is simply there
GET    /control/bookings      every booking, with origin; ?phone=
PUT    /control/bookings      {"phone": ...} and what else ``SeedBooking`` has
PUT    /control/stock         {"product_id": "T1001", "quantity": 0}: so many are left
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter

from ops.standins.shop_api.errors import ApiError
from ops.standins.shop_api.phones import normal
from ops.standins.shop_api.state import SeedBooking, SeedOrder, Shop

T = TypeVar("T")


class StockNow(msgspec.Struct, forbid_unknown_fields=True):
    product_id: str
    quantity: int


def router(shop: Shop) -> APIRouter:
    routes = APIRouter(prefix="/control")

    @routes.delete("/state", status_code=204)
    async def reset() -> None:
        shop.reset()

    @routes.get("/written")
    async def written(phone: str | None = None) -> dict[str, Any]:
        return dict(shop.written()) if phone is None else dict(shop.written_by(phone))

    @routes.get("/orders")
    async def orders(phone: str | None = None) -> list[dict[str, Any]]:
        return [
            {**order.shown(), "origin": order.origin, "call_id": order.call_id}
            for order in shop.orders.all()
            if phone is None or order.phone == normal(phone)
        ]

    @routes.put("/orders")
    async def add_order(given: dict[str, Any]) -> dict[str, Any]:
        return shop.add_order(_converted(given, SeedOrder), "control").shown()

    @routes.get("/bookings")
    async def bookings(phone: str | None = None) -> list[dict[str, Any]]:
        return [
            {**booking.shown(), "origin": booking.origin}
            for booking in shop.bookings.all()
            if phone is None or booking.wish.phone == normal(phone)
        ]

    @routes.put("/bookings")
    async def add_booking(given: dict[str, Any]) -> dict[str, Any]:
        return shop.add_booking(_converted(given, SeedBooking), "control")

    @routes.put("/stock")
    async def stock(given: dict[str, Any]) -> dict[str, Any]:
        wanted = _converted(given, StockNow)
        if wanted.product_id not in shop.shelf.tyres or wanted.quantity < 0:
            raise ApiError(422, f"no such stock: {given}")
        shop.shelf.put(wanted.product_id, wanted.quantity)
        return given

    return routes


def _converted(given: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise ApiError(422, str(error)) from error
