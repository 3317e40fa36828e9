"""The rules of the shop's API for its clients, with time passed in: reading, and what every try carries and logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from agent.adapters.shop_transport import PAGES
from tests.fakes.clock import virtual_time
from tests.unit.adapters.shop_acts import WRITES, failure, read
from tests.unit.adapters.shop_client import BASE, ShopClient, page, refusal


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


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_shop_is_asked_three_times_with_growing_pauses(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(side_effect=[refusal(status), refusal(status), page()])
    assert await read(client) == []
    assert client.naps_s == [1.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_shop_that_stays_busy_is_given_up_after_two_retries(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(return_value=refusal(status))
    failed = await failure(read(client))
    assert (failed.status, failed.retryable, failed.outcome_unknown, shop.call_count) == (status, True, False, 3)
    assert client.naps_s == [1.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_replaces_the_backoff(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(side_effect=[refusal(status, retry_after="0.3"), refusal(status), page()])
    assert await read(client) == []
    assert client.naps_s == [0.3, 2.0]


async def test_a_long_retry_after_is_not_waited_for_while_a_caller_is_on_the_phone(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(return_value=refusal(503, retry_after="60"))
    failed = await failure(read(client))
    assert (failed.retryable, shop.call_count, client.naps_s) == (True, 1, [])


@pytest.mark.parametrize("nonsense", ["soon", "-1", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_an_unreadable_retry_after_counts_as_absent(client: ShopClient, shop: respx.Route, nonsense: str) -> None:
    shop.mock(side_effect=[refusal(503, retry_after=nonsense), page()])
    await read(client)
    assert client.naps_s == [1.0]


@pytest.mark.parametrize(
    "broken",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.PoolTimeout("none free"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_read_goes_again_when_the_connection_broke(client: ShopClient, shop: respx.Route, broken: Exception) -> None:
    shop.mock(side_effect=[broken, page()])
    assert await read(client) == []
    assert client.naps_s == [1.0]


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(500, True), (502, True), (504, True), (301, False), (400, False), (401, False), (403, False), (404, False), (422, False)],
)
async def test_other_refusals_are_never_asked_again(client: ShopClient, shop: respx.Route, status: int, retryable: bool) -> None:
    shop.mock(return_value=refusal(status))
    failed = await failure(read(client))
    assert str(failed) == "told: why"
    assert (failed.status, failed.retryable, failed.outcome_unknown, shop.call_count) == (status, retryable, False, 1)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 5}', b"\xff"])
async def test_a_refusal_in_another_shape_is_still_a_refusal(client: ShopClient, shop: respx.Route, body: bytes) -> None:
    shop.mock(return_value=httpx.Response(400, content=body))
    assert str(await failure(read(client))) == "refused without a reason"


@pytest.mark.parametrize("late", [httpx.ReadTimeout("late"), httpx.WriteTimeout("late")], ids=lambda error: type(error).__name__)
async def test_an_answer_that_comes_too_late_is_not_asked_for_again(client: ShopClient, shop: respx.Route, late: Exception) -> None:
    shop.mock(side_effect=late)
    failed = await failure(read(client))
    assert str(failed) == "no answer within 5 s"
    assert (failed.retryable, failed.outcome_unknown, shop.call_count) == (True, False, 1)


@virtual_time
async def test_an_answer_that_drips_in_has_five_seconds_in_all() -> None:
    loop = asyncio.get_running_loop()

    async def for_ever(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(3600)
        return page()

    client, began_s = ShopClient(), loop.time()
    with respx.mock:
        respx.route().mock(side_effect=for_ever)
        assert (await failure(read(client))).retryable
    assert loop.time() - began_s == pytest.approx(5.0)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"\xff\xfe", b'{"data": 1}', b'{"data": [{"id": "b1"}]}', b'{"data": [null]}'])
async def test_an_answer_of_an_unknown_shape_is_a_failure_not_a_guess(client: ShopClient, shop: respx.Route, body: bytes) -> None:
    shop.mock(return_value=httpx.Response(200, content=body))
    failed = await failure(read(client))
    assert (failed.retryable, failed.outcome_unknown, shop.call_count) == (False, False, 1)
    assert client.states == ["closed"]


async def test_a_list_is_read_to_its_last_page(client: ShopClient, shop: respx.Route) -> None:
    point = {"name": "Поштомат", "city": "Київ", "address": "вул. Садова, 1"}
    shop.mock(side_effect=[page({"id": n, **point}, total_pages=3) for n in (1, 2, 3)])
    assert [p.id for p in await client.orders.pickup_points("Київ", request_id="r")] == ["1", "2", "3"]
    assert [dict(call.request.url.params) for call in shop.calls] == [
        {"city": "Київ"},
        {"city": "Київ", "page": "2"},
        {"city": "Київ", "page": "3"},
    ]


async def test_a_list_without_end_is_not_read_for_ever(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(return_value=page(total_pages=1_000_000))
    assert await read(client) == []
    assert shop.call_count == PAGES


async def test_each_try_carries_the_key_and_the_one_request_id_and_is_logged_with_it(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(side_effect=[refusal(503), httpx.ConnectError("refused"), page()])
    with capture_logs() as logs:
        await read(client)
    assert [call.request.headers["x-request-id"] for call in shop.calls] == ["req-7"] * 3
    assert [call.request.headers["authorization"] for call in shop.calls] == ["Bearer fake-key"] * 3
    asked = [entry for entry in logs if entry["event"] == "shop_request"]
    assert [(e["request_id"], e["attempt"], e["outcome"]) for e in asked] == [
        ("req-7", 1, 503),
        ("req-7", 2, "no connection: ConnectError"),
        ("req-7", 3, 200),
    ]
    assert {(e["method"], e["path"]) for e in asked} == {("GET", "/fitting/bookings")}


async def test_no_customer_is_named_in_the_log(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(return_value=refusal(422))
    with capture_logs() as logs:
        for act in (read, *WRITES.values()):
            await failure(act(client))
    assert len(logs) == 1 + len(WRITES)
    assert not any(word in str(logs) for word in ("671112233", "Олена", "Садова", "fake-key"))
