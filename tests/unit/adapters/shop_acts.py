"""What tests ask of the shop: one read, every write with a key and without, and an answer that all of them take."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable

import httpx
import pytest

from agent.errors import ShopFailed
from agent.shop import BookingWish, Delivery, OrderDraft, OrderItem
from tests.unit.adapters.shop_client import ShopClient

KEY = uuid.UUID("0190a0a0-0000-7000-8000-000000000001")
WISH = BookingWish("s1", dt.date(2026, 12, 1), dt.time(10), "tire_change", "+380671112233", "Олена")
DRAFT = OrderDraft("+380671112233", "Олена", (OrderItem("T1", 4),), "call-1")

Act = Callable[[ShopClient], Awaitable[object]]


async def read(client: ShopClient) -> object:
    return await client.fitting.bookings_of("+380671112233", request_id="req-7")


KEYED: dict[str, Act] = {
    "create": lambda client: client.orders.create_order(DRAFT, idempotency_key=KEY, request_id="req-7"),
    "confirm": lambda client: client.orders.confirm_order(
        "o1", payment="cod", name="Олена", sms=True, idempotency_key=KEY, request_id="req-7"
    ),
}
UNKEYED: dict[str, Act] = {
    "delivery": lambda client: client.orders.set_delivery("o1", Delivery("Київ", "вул. Садова, 1"), request_id="req-7"),
    "book": lambda client: client.fitting.book(WISH, request_id="req-7"),
    "move": lambda client: client.fitting.move("b1", WISH, request_id="req-7"),
    "cancel": lambda client: client.fitting.cancel("b1", request_id="req-7"),
}
WRITES = {**KEYED, **UNKEYED}

ORDER = {"id": "o1", "order_number": "1001", "customer_phone": "+380671112233", "status": "draft", "total": 100}
BOOKING = {"id": "b1", "station_id": "s1", "date": "2026-12-01", "time": "10:00", "service_type": "tire_change"}
TAKEN = httpx.Response(201, json={**ORDER, **BOOKING, "phone": "+380671112233", "status": "draft"})


async def failure(doing: Awaitable[object]) -> ShopFailed:
    with pytest.raises(ShopFailed) as failed:
        await doing
    return failed.value
