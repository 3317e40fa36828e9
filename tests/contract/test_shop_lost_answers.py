"""Answers of the shop's stand-in that never arrive, over a real socket: before the write nothing is done, after it everything."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings, create_app
from ops.standins.shop_api.catalogue import load
from tests.contract.serving import serving

PHONE = "+380931112233"
ORDER = {"customer_phone": PHONE, "items": [{"product_id": "T1001", "quantity": 4}]}


@pytest.fixture
def control() -> Control[ShopSettings]:
    return Control(ShopSettings())


@pytest.fixture
async def client(control: Control[ShopSettings]) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(create_app(load(), "k", control)) as url,
        httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer k"}, timeout=10) as client,
    ):
        yield client


async def order(client: httpx.AsyncClient, key: uuid.UUID, *, patience_s: float = 10) -> httpx.Response:
    return await client.post("/api/v1/orders", json=ORDER, headers={"Idempotency-Key": str(key)}, timeout=patience_s)


async def orders_made(client: httpx.AsyncClient) -> Any:
    return (await client.get("/control/written", params={"phone": PHONE})).json()["orders"]


@pytest.mark.parametrize(
    ("fault", "failure", "made"),
    [
        ("drop_next", httpx.RemoteProtocolError, 0),
        ("drop_write_next", httpx.RemoteProtocolError, 0),
        ("hang_write_next", httpx.ReadTimeout, 0),
        ("lose_answer_next", httpx.RemoteProtocolError, 1),
        ("hang_answer_next", httpx.ReadTimeout, 1),
    ],
)
async def test_a_lost_answer_tells_nothing_and_the_same_key_settles_it(
    client: httpx.AsyncClient, control: Control[ShopSettings], fault: str, failure: type[Exception], made: int
) -> None:
    key = uuid.uuid4()
    control.change({fault: 1})
    with pytest.raises(failure):
        await order(client, key, patience_s=0.5 if failure is httpx.ReadTimeout else 10)
    assert await orders_made(client) == made
    assert (await order(client, key)).status_code == 201
    assert await orders_made(client) == 1


async def test_a_write_may_be_done_after_its_client_has_given_up(client: httpx.AsyncClient, control: Control[ShopSettings]) -> None:
    key = uuid.uuid4()
    control.change({"late_write_next": 1, "late_ms": 700})
    with pytest.raises(httpx.ReadTimeout):
        await order(client, key, patience_s=0.5)
    assert await orders_made(client) == 0
    async with asyncio.timeout(10):
        while not await orders_made(client):  # noqa: ASYNC110 - the shop tells nobody
            await asyncio.sleep(0.02)
    assert (await order(client, key)).status_code == 201
    assert await orders_made(client) == 1


async def test_the_log_tells_a_write_that_was_done_from_the_answer_it_got(
    client: httpx.AsyncClient, control: Control[ShopSettings]
) -> None:
    control.change({"fail_answer_next": 1})
    assert (await order(client, uuid.uuid4())).status_code == 500
    [served] = control.log()
    assert (served.outcome, served.detail["done"]) == ("500", 201)
