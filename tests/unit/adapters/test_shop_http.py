"""One client with the shop's three topics."""

from __future__ import annotations

import httpx
import respx

from agent.adapters.shop_breaker import BreakerState
from agent.adapters.shop_http import HttpShop
from agent.errors import ShopFailed
from agent.shop import Shop
from tests.unit.adapters.shop_client import BASE, ShopClient, page


async def ask_all_topics(shop: Shop) -> list[BaseException | object]:
    outcomes: list[BaseException | object] = []
    for ask in (
        shop.tyres.availability("T1", request_id="r"),
        shop.orders.pickup_points(None, request_id="r"),
        shop.fitting.stations(None, request_id="r"),
    ):
        try:
            outcomes.append(await ask)
        except ShopFailed as failed:
            outcomes.append(failed)
    return outcomes


@respx.mock
async def test_it_is_the_shop_that_the_agent_knows() -> None:
    respx.get(f"{BASE}/tires/T1/availability").mock(return_value=httpx.Response(200, json={"locations": []}))
    respx.get(url__startswith=BASE).mock(return_value=page())
    client = ShopClient()
    assert await ask_all_topics(client.shop) == [[], [], []]
    await client.shop.aclose()


@respx.mock
async def test_all_topics_share_one_breaker_which_tells_its_state() -> None:
    respx.route(url__startswith=BASE).mock(return_value=httpx.Response(500))
    client = ShopClient()
    first, second = await ask_all_topics(client.shop), await ask_all_topics(client.shop)
    assert [getattr(outcome, "unavailable", None) for outcome in [*first, *second]] == [False] * 5 + [True]
    assert client.states == ["closed", "open"]
    await client.shop.aclose()


async def test_the_state_is_known_before_the_first_request() -> None:
    states: list[BreakerState] = []
    shop = HttpShop(BASE, "k", on_breaker=states.append)
    await shop.aclose()
    assert states == ["closed"]
