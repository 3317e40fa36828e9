"""The rules of the shop's API for its clients, with time passed in; what a lost answer leaves unknown."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agent.adapters.shop_transport import PAGES
from agent.errors import ShopFailed
from agent.shop import BookingWish, Delivery, OrderDraft, OrderItem
from tests.fakes.clock import virtual_time
from tests.unit.adapters.shop_client import BASE, ShopClient, page, refusal

KEY = uuid.UUID("0190a0a0-0000-7000-8000-000000000001")
WISH = BookingWish("s1", dt.date(2026, 12, 1), dt.time(10), "tire_change", "+380671112233", "Олена")
DRAFT = OrderDraft("+380671112233", "Олена", (OrderItem("T1", 4),), "call-1")

Act = Callable[[ShopClient], Awaitable[object]]

READ: Act = lambda client: client.fitting.bookings_of("+380671112233", request_id="req-7")  # noqa: E731
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

keyed = pytest.mark.parametrize("write", KEYED.values(), ids=KEYED)
unkeyed = pytest.mark.parametrize("write", UNKEYED.values(), ids=UNKEYED)
any_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)

ORDER = {"id": "o1", "order_number": "1001", "customer_phone": "+380671112233", "status": "draft", "total": 100}
BOOKING = {"id": "b1", "station_id": "s1", "date": "2026-12-01", "time": "10:00", "service_type": "tire_change"}
TAKEN = httpx.Response(201, json={**ORDER, **BOOKING, "phone": "+380671112233", "status": "draft"})


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


async def failure(doing: Awaitable[object]) -> ShopFailed:
    with pytest.raises(ShopFailed) as failed:
        await doing
    return failed.value


# Reading


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_shop_is_asked_three_times_with_growing_pauses(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(side_effect=[refusal(status), refusal(status), page()])
    assert await READ(client) == []
    assert client.naps_s == [1.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_shop_that_stays_busy_is_given_up_after_two_retries(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(return_value=refusal(status))
    failed = await failure(READ(client))
    assert (failed.status, failed.retryable, failed.outcome_unknown, shop.call_count) == (status, True, False, 3)
    assert client.naps_s == [1.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_replaces_the_backoff(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(side_effect=[refusal(status, retry_after="0.3"), refusal(status), page()])
    assert await READ(client) == []
    assert client.naps_s == [0.3, 2.0]


async def test_a_long_retry_after_is_not_waited_for_while_a_caller_is_on_the_phone(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(return_value=refusal(503, retry_after="60"))
    failed = await failure(READ(client))
    assert (failed.retryable, shop.call_count, client.naps_s) == (True, 1, [])


@pytest.mark.parametrize("nonsense", ["soon", "-1", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_an_unreadable_retry_after_counts_as_absent(client: ShopClient, shop: respx.Route, nonsense: str) -> None:
    shop.mock(side_effect=[refusal(503, retry_after=nonsense), page()])
    await READ(client)
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
    assert await READ(client) == []
    assert client.naps_s == [1.0]


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(500, True), (502, True), (504, True), (301, False), (400, False), (401, False), (403, False), (404, False), (422, False)],
)
async def test_other_refusals_are_never_asked_again(client: ShopClient, shop: respx.Route, status: int, retryable: bool) -> None:
    shop.mock(return_value=refusal(status))
    failed = await failure(READ(client))
    assert str(failed) == "told: why"
    assert (failed.status, failed.retryable, failed.outcome_unknown, shop.call_count) == (status, retryable, False, 1)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 5}', b"\xff"])
async def test_a_refusal_in_another_shape_is_still_a_refusal(client: ShopClient, shop: respx.Route, body: bytes) -> None:
    shop.mock(return_value=httpx.Response(400, content=body))
    assert str(await failure(READ(client))) == "refused without a reason"


@pytest.mark.parametrize("late", [httpx.ReadTimeout("late"), httpx.WriteTimeout("late")], ids=lambda error: type(error).__name__)
async def test_an_answer_that_comes_too_late_is_not_asked_for_again(client: ShopClient, shop: respx.Route, late: Exception) -> None:
    shop.mock(side_effect=late)
    failed = await failure(READ(client))
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
        assert (await failure(READ(client))).retryable
    assert loop.time() - began_s == pytest.approx(5.0)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"\xff\xfe", b'{"data": 1}', b'{"data": [{"id": "b1"}]}', b'{"data": [null]}'])
async def test_an_answer_of_an_unknown_shape_is_a_failure_not_a_guess(client: ShopClient, shop: respx.Route, body: bytes) -> None:
    shop.mock(return_value=httpx.Response(200, content=body))
    failed = await failure(READ(client))
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
    assert await READ(client) == []
    assert shop.call_count == PAGES


# Writing


@any_write
@pytest.mark.parametrize("status", [429, 503])
async def test_a_write_that_the_shop_was_too_busy_for_goes_again(client: ShopClient, shop: respx.Route, write: Act, status: int) -> None:
    shop.mock(side_effect=[refusal(status), refusal(status), TAKEN])
    await write(client)
    assert (shop.call_count, client.naps_s) == (3, [1.0, 2.0])


@any_write
@pytest.mark.parametrize("status", [429, 503])
async def test_a_write_that_the_shop_stays_too_busy_for_was_not_done(
    client: ShopClient, shop: respx.Route, write: Act, status: int
) -> None:
    shop.mock(return_value=refusal(status))
    failed = await failure(write(client))
    assert (failed.status, failed.retryable, failed.outcome_unknown, shop.call_count) == (status, True, False, 3)


@any_write
@pytest.mark.parametrize("never_sent", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("none free")])
async def test_a_write_without_a_connection_goes_again_and_was_surely_not_done(
    client: ShopClient, shop: respx.Route, write: Act, never_sent: Exception
) -> None:
    shop.mock(side_effect=[never_sent, TAKEN])
    await write(client)
    shop.mock(side_effect=never_sent)
    failed = await failure(write(client))
    assert (failed.retryable, failed.outcome_unknown, shop.call_count) == (True, False, 2 + 3)


@any_write
@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
async def test_a_refused_write_was_not_done(client: ShopClient, shop: respx.Route, write: Act, status: int) -> None:
    shop.mock(return_value=refusal(status))
    failed = await failure(write(client))
    assert (failed.status, failed.retryable, failed.outcome_unknown, shop.call_count) == (status, False, False, 1)


@any_write
@pytest.mark.parametrize("status", [500, 502, 504])
async def test_after_a_broken_answer_to_a_write_nobody_knows_and_it_is_not_sent_again(
    client: ShopClient, shop: respx.Route, write: Act, status: int
) -> None:
    shop.mock(return_value=refusal(status))
    failed = await failure(write(client))
    assert (failed.status, failed.retryable, failed.outcome_unknown, shop.call_count) == (status, True, True, 1)


@any_write
async def test_after_a_late_answer_to_a_write_nobody_knows_and_it_is_not_sent_again(
    client: ShopClient, shop: respx.Route, write: Act
) -> None:
    shop.mock(side_effect=httpx.ReadTimeout("late"))
    failed = await failure(write(client))
    assert (failed.retryable, failed.outcome_unknown, shop.call_count) == (True, True, 1)


@unkeyed
@pytest.mark.parametrize("cut", [httpx.ReadError("reset"), httpx.WriteError("reset"), httpx.RemoteProtocolError("cut")])
async def test_a_write_without_a_key_is_not_sent_again_once_it_may_have_arrived(
    client: ShopClient, shop: respx.Route, write: Act, cut: Exception
) -> None:
    shop.mock(side_effect=[cut, TAKEN])
    failed = await failure(write(client))
    assert (failed.retryable, failed.outcome_unknown, shop.call_count) == (True, True, 1)


@keyed
async def test_a_write_with_a_key_goes_again_with_the_same_key(client: ShopClient, shop: respx.Route, write: Act) -> None:
    shop.mock(side_effect=[httpx.ReadError("reset"), refusal(503), TAKEN])
    await write(client)
    assert [call.request.headers["idempotency-key"] for call in shop.calls] == [str(KEY)] * 3
    assert len({call.request.content for call in shop.calls}) == 1


@keyed
@pytest.mark.parametrize("then", [refusal(503), refusal(404), httpx.ConnectError("refused")], ids=["503", "404", "refused"])
async def test_a_later_refusal_does_not_tell_what_became_of_an_earlier_try(
    client: ShopClient, shop: respx.Route, write: Act, then: httpx.Response | Exception
) -> None:
    shop.mock(side_effect=[httpx.ReadError("reset"), then, then])
    assert (await failure(write(client))).outcome_unknown


@any_write
async def test_a_write_done_in_words_that_we_cannot_read_is_unknown_to_us(client: ShopClient, shop: respx.Route, write: Act) -> None:
    shop.mock(return_value=httpx.Response(200, content=b"<html>"))
    if write is UNKEYED["cancel"]:
        await write(client)  # its answer has no body
    else:
        failed = await failure(write(client))
        assert (failed.retryable, failed.outcome_unknown, shop.call_count) == (False, True, 1)


@unkeyed
async def test_writes_of_topics_without_keys_send_none(client: ShopClient, shop: respx.Route, write: Act) -> None:
    shop.mock(return_value=TAKEN)
    await write(client)
    assert "idempotency-key" not in shop.calls.last.request.headers


FAULTS: dict[str, tuple[httpx.Response | Exception, bool, bool]] = {  # may have been done, may go again
    "429": (refusal(429), False, True),
    "503": (refusal(503), False, True),
    "no connection": (httpx.ConnectError("refused"), False, True),
    "422": (refusal(422), False, False),
    "500": (refusal(500), True, False),
    "502": (refusal(502), True, False),
    "late": (httpx.ReadTimeout("late"), True, False),
    "cut": (httpx.ReadError("reset"), True, True),
    "half sent": (httpx.WriteError("reset"), True, True),
}


@settings(max_examples=300, deadline=None)
@given(which=st.sampled_from(sorted(WRITES)), names=st.lists(st.sampled_from(sorted(FAULTS)), max_size=4))
def test_whatever_happens_a_write_is_sent_no_more_often_than_the_rules_allow_and_a_doubt_stays(which: str, names: list[str]) -> None:
    sent = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent += 1
        told = FAULTS[names[sent - 1]][0] if sent <= len(names) else TAKEN
        if isinstance(told, Exception):
            raise told
        return told

    async def write() -> ShopFailed | None:
        try:
            await WRITES[which](ShopClient(http=httpx.MockTransport(answer)))
        except ShopFailed as failed:
            return failed
        return None

    failed = asyncio.run(write())
    met = [FAULTS[name] for name in names[:sent]]
    assert sent <= 3
    for _, may_be_done, may_go_again in met[: sent - 1]:  # it went on after these
        assert may_go_again
        assert which in KEYED or not may_be_done
    if failed is None:
        assert sent == len(met) + 1
    else:
        assert failed.outcome_unknown == any(may_be_done for _, may_be_done, _ in met)


# The breaker


async def open_breaker(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(return_value=refusal(500))
    while client.states[-1] != "open":
        await failure(READ(client))


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
        await failure(READ(client))
    assert client.states == ["closed", "open"]
    assert all(nap in (1.0, 2.0) for nap in client.naps_s)


@pytest.mark.parametrize("status", [400, 401, 404, 422, 429])
async def test_a_shop_that_refuses_is_there(client: ShopClient, shop: respx.Route, status: int) -> None:
    shop.mock(return_value=refusal(status))
    for _ in range(8):
        await failure(READ(client))
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
        await failure(READ(client))
    failed = await failure(READ(client))
    assert (failed.status, failed.unavailable, client.naps_s) == (503, False, [])


async def test_a_doubt_stays_when_the_breaker_opens_between_two_tries(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(side_effect=[*[refusal(500)] * 3, httpx.ReadError("reset"), refusal(500)])
    for _ in range(3):
        await failure(READ(client))

    async def meanwhile(_: float) -> None:
        await failure(READ(client))  # somebody else's request is the fifth failure

    client.shop.orders._transport._sleep = meanwhile
    failed = await failure(KEYED["create"](client))
    assert (failed.unavailable, failed.outcome_unknown) == (True, True)


async def test_after_thirty_seconds_one_request_tries_and_closes_the_breaker(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    client.now_s += 30
    shop.mock(return_value=page())
    assert await READ(client) == []
    assert client.states == ["closed", "open", "half_open", "closed"]


async def test_a_failed_trial_is_not_retried_and_opens_it_for_another_thirty_seconds(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    client.now_s += 30
    sent = shop.call_count
    shop.mock(return_value=refusal(503))
    assert (await failure(READ(client))).status == 503
    client.now_s += 29
    assert (await failure(READ(client))).unavailable
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
    trial = asyncio.ensure_future(READ(client))
    await arrived.wait()
    for _ in range(5):
        assert (await failure(READ(client))).unavailable
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
    trial = asyncio.ensure_future(READ(client))
    await arrived.wait()
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert client.states == ["closed", "open", "half_open"]
    shop.mock(return_value=page())
    assert await READ(client) == []
    assert client.states[3:] == ["closed"]


# The log and the wire


async def test_each_try_carries_the_key_and_the_one_request_id_and_is_logged_with_it(client: ShopClient, shop: respx.Route) -> None:
    shop.mock(side_effect=[refusal(503), httpx.ConnectError("refused"), page()])
    with capture_logs() as logs:
        await READ(client)
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
        for act in (READ, *WRITES.values()):
            await failure(act(client))
    assert len(logs) == 1 + len(WRITES)
    assert not any(word in str(logs) for word in ("671112233", "Олена", "Садова", "fake-key"))


async def test_a_request_that_the_breaker_stopped_is_logged_too(client: ShopClient, shop: respx.Route) -> None:
    await open_breaker(client, shop)
    with capture_logs() as logs:
        await failure(READ(client))
    assert [(e["request_id"], e["outcome"]) for e in logs] == [("req-7", "breaker open")]


async def test_a_change_of_the_breaker_is_a_warning_in_the_log(client: ShopClient, shop: respx.Route) -> None:
    with capture_logs() as logs:
        await open_breaker(client, shop)
    assert [(e["log_level"], e["state"]) for e in logs if e["event"] == "shop_breaker"] == [("warning", "open")]


# Real sockets: what httpx makes of what really happens to a connection

HALF = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
RUBBISH = b"SSH-2.0-OpenSSH_9.2\r\n"
BAD_GZIP = b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"


async def on_the_wire(says: bytes | None, write: Act) -> tuple[ShopFailed, int]:
    """The failure of *write* at a shop that reads the request, says so much and hangs up (None: says nothing, stays); and what it got."""
    requests = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await reader.readuntil(b"\r\n\r\n")
        requests += 1
        if says is None:
            await reader.read()
        else:
            writer.write(says)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = ShopClient(f"http://127.0.0.1:{port}/api/v1", timeout_s=0.2 if says is None else 5.0)
        failed = await failure(write(client))
        await client.shop.aclose()
    return failed, requests


@any_write
@pytest.mark.parametrize("says", [b"", HALF, RUBBISH], ids=["nothing", "half an answer", "another protocol"])
async def test_a_connection_lost_mid_answer_leaves_a_write_unknown(says: bytes, write: Act) -> None:
    failed, requests = await on_the_wire(says, write)
    assert failed.outcome_unknown
    assert requests == (3 if write in KEYED.values() else 1)


@any_write
async def test_an_unreadable_body_leaves_a_write_unknown(write: Act) -> None:
    failed, requests = await on_the_wire(BAD_GZIP, write)
    assert (failed.outcome_unknown, requests) == (True, 1)


@any_write
async def test_a_shop_that_hangs_leaves_a_write_unknown(write: Act) -> None:
    failed, requests = await on_the_wire(None, write)
    assert (failed.outcome_unknown, requests) == (True, 1)


@any_write
async def test_a_shop_that_is_not_there_was_not_written_to(write: Act) -> None:
    client = ShopClient("http://127.0.0.1:9/api/v1")
    failed = await failure(write(client))
    await client.shop.aclose()
    assert (failed.retryable, failed.outcome_unknown, client.naps_s) == (True, False, [1.0, 2.0])
