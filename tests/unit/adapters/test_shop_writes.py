"""What a lost, late or broken answer to a write leaves unknown, and when a write may go again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import ShopFailed
from tests.unit.adapters.shop_acts import KEY, KEYED, TAKEN, UNKEYED, WRITES, Act, failure
from tests.unit.adapters.shop_client import BASE, ShopClient, refusal

keyed = pytest.mark.parametrize("write", KEYED.values(), ids=KEYED)
unkeyed = pytest.mark.parametrize("write", UNKEYED.values(), ids=UNKEYED)
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
