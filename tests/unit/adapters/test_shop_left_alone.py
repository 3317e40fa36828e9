"""The client with its breaker: what counts, who waits, who tries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from tests.unit.adapters.shop_acts import KEYED, WRITES, Act, failure, read
from tests.unit.adapters.shop_client import BASE, ShopClient, page, refusal

any_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@pytest.fixture
async def client() -> AsyncIterator[ShopClient]:
    client = ShopClient()
    yield client
    await client.shop.aclose()


@pytest.fixture
def shop() -> Iterable[respx.Route]:
    """Whatever is asked of it, one route answers."""
    with respx.mock:
        yield respx.route(url__startswith=BASE)


async def open_breaker(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(return_value=refusal(500))
    while client.states[-1] != "open":
        await failure(read(client))


@pytest.mark.parametrize(
    "fault",
    [refusal(500), refusal(502), refusal(503), httpx.ReadTimeout("late"), httpx.ConnectError("refused"), httpx.ReadError("reset")],
    ids=["500", "502", "503", "late", "no connection", "cut"],
)
async def test_five_failed_requests_in_a_row_open_the_breaker(
    client: ShopClient, shop: respx.Route, fault: httpx.Response | Exception
) -> None:
    shop.mock(side_effect=[fault] * 5)
    while shop.call_count < 5:
        await failure(read(client))
    assert client.states == ["closed", "open"]
    assert all(nap in (1.0, 2.0) for nap in client.naps_s)


@pytest.mark.parametrize("status", [400, 401, 404, 422, 429])
async def test_a_shop_that_refuses_is_there(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(return_value=refusal(status))
    for _ in range(8):
        await failure(read(client))
    assert client.states == ["closed"]


@any_write
async def test_an_open_breaker_answers_at_once_and_sends_nothing(client: ShopClient, shop: respx.Route, write: Act) -> None:
    await open_breaker(client, shop)
    sent = shop.call_count
    failed = await failure(write(client))
    assert (failed.unavailable, failed.retryable, failed.outcome_unknown, failed.status) == (True, True, False, None)
    assert (shop.call_count, client.naps_s) == (sent, [])


async def test_nobody_waits_for_a_retry_that_the_breaker_would_stop(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(side_effect=[refusal(500)] * 4 + [refusal(503)])
    for _ in range(4):
        await failure(read(client))
    failed = await failure(read(client))
    assert (failed.status, failed.unavailable, client.naps_s) == (503, False, [])


async def test_a_doubt_stays_when_the_breaker_opens_between_two_tries(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(side_effect=[*[refusal(500)] * 3, httpx.ReadError("reset"), refusal(500)])
    for _ in range(3):
        await failure(read(client))

    async def meanwhile(_: float) -> None:
        await failure(read(client))  # somebody else's request is the fifth failure

    client.shop.orders._transport._sleep = meanwhile
    failed = await failure(KEYED["create"](client))
    assert (failed.unavailable, failed.outcome_unknown) == (True, True)


async def test_after_thirty_seconds_one_request_tries_and_closes_the_breaker(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    client.now_s += 30
    shop.mock(return_value=page())
    assert await read(client) == []
    assert client.states == ["closed", "open", "half_open", "closed"]


async def test_a_failed_trial_is_not_retried_and_opens_it_for_another_thirty_seconds(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    client.now_s += 30
    sent = shop.call_count
    shop.mock(return_value=refusal(503))
    assert (await failure(read(client))).status == 503
    client.now_s += 29
    assert (await failure(read(client))).unavailable
    assert shop.call_count == sent + 1
    assert client.states == ["closed", "open", "half_open", "open"]


async def test_of_many_requests_at_once_only_one_tries_the_resting_shop(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    client.now_s += 30
    sent, arrived, answer = shop.call_count, asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        arrived.set()
        await answer.wait()
        return page()

    shop.mock(side_effect=slow)
    trial = asyncio.ensure_future(read(client))
    await arrived.wait()
    for _ in range(5):
        assert (await failure(read(client))).unavailable
    answer.set()
    assert await trial == []
    assert shop.call_count == sent + 1


async def test_a_caller_who_hangs_up_during_the_trial_neither_closes_nor_blocks_the_breaker(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    client.now_s += 30
    arrived = asyncio.Event()

    async def hangs(_: httpx.Request) -> httpx.Response:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    shop.mock(side_effect=hangs)
    trial = asyncio.ensure_future(read(client))
    await arrived.wait()
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert client.states == ["closed", "open", "half_open"]
    shop.mock(return_value=page())
    assert await read(client) == []
    assert client.states[3:] == ["closed"]


async def test_a_request_that_the_breaker_stopped_is_logged_too(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    with capture_logs() as logs:
        await failure(read(client))
    assert [(e["request_id"], e["outcome"]) for e in logs] == [("req-7", "breaker open")]


async def test_a_change_of_the_breaker_is_a_warning_in_the_log(client: ShopClient, shop: respx.Route) -> None:
    with capture_logs() as logs:
        await open_breaker(client, shop)
    assert [(e["log_level"], e["state"]) for e in logs if e["event"] == "shop_breaker"] == [("warning", "open")]
