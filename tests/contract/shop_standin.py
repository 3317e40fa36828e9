"""The shop's stand-in for the tests of its client: its wishes and customers, its settings, and what it really did."""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from agent.adapters.shop_http import HttpShop
from agent.shop import BookingWish, Delivery, Order, OrderDraft, OrderItem
from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings, create_app
from ops.standins.shop_api.catalogue import load
from tests.contract.serving import serving

KEY = "fake-shop-key"
MONDAY = dt.datetime.fromisoformat("2026-11-23T08:00:00")  # before the stations open
TUESDAY = dt.date(2026, 11, 24)
PHONE = "+380931234567"  # of nobody in the seeds
DRAFT = OrderDraft(PHONE, "Олена", (OrderItem("T1012", 4),), "call-1")
WISH = BookingWish("st-kyiv-1", TUESDAY, dt.time(10), "tire_change", PHONE, "Олена", "Toyota Camry", 17)
LATER = BookingWish("st-kyiv-2", TUESDAY, dt.time(14), "balancing", PHONE, "Олена")
TO_ADDRESS = Delivery("Полтава", "відділення № 7")


@functools.cache
def standin() -> tuple[FastAPI, Control[ShopSettings]]:
    """Made once, as FastAPI takes a second for it; each test gets it as at the start."""
    control = Control(ShopSettings(now=MONDAY))
    return create_app(load(), KEY, control), control


def as_at_the_start() -> Control[ShopSettings]:
    _, control = standin()
    control.reset()
    control.forget()
    return control


@asynccontextmanager
async def shop_served() -> AsyncIterator[str]:
    """Yields ``http://127.0.0.1:<port>``."""
    app, _ = standin()
    async with serving(app) as url:
        yield url


async def no_nap(_: float) -> None: ...


def plain_http() -> httpx.AsyncHTTPTransport:
    """Without certificates, whose loading takes longer than all the rest of a test."""
    return httpx.AsyncHTTPTransport(verify=False)


def client_of(url: str, *, timeout_s: float = 5.0) -> HttpShop:
    return HttpShop(f"{url}/api/v1", KEY, timeout_s=timeout_s, sleep=no_nap, http=plain_http())


async def get(url: str, path: str, **parameters: Any) -> httpx.Response:
    async with httpx.AsyncClient(verify=False, headers={"Authorization": f"Bearer {KEY}"}) as client:
        return await client.get(f"{url}/api/v1{path}", params=parameters)


async def written(url: str) -> dict[str, int]:
    """What the shop really did for our customer."""
    async with httpx.AsyncClient(verify=False) as client:
        counts: dict[str, int] = (await client.get(f"{url}/control/written", params={"phone": PHONE})).json()
    return {what: count for what, count in counts.items() if count}


async def a_draft(shop: HttpShop) -> Order:
    return await shop.orders.create_order(DRAFT, idempotency_key=uuid.uuid4(), request_id="r")


async def confirmed(shop: HttpShop, order: Order, key: uuid.UUID | None = None) -> Order:
    return await shop.orders.confirm_order(
        order.id, payment="cod", name="Олена", sms=True, idempotency_key=key or uuid.uuid4(), request_id="r"
    )
