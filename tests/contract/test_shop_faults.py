"""What each fault of the shop leaves at the shop, and what its client says of it."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

import pytest

from agent.adapters.shop_http import HttpShop
from agent.errors import ShopFailed
from agent.shop import Delivery, Order
from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings
from tests.contract.shop_standin import (
    DRAFT,
    KEY,
    LATER,
    PHONE,
    TO_ADDRESS,
    WISH,
    a_draft,
    no_nap,
    plain_http,
    written,
)

Write = Callable[[HttpShop, str], Awaitable[object]]
WRITES: dict[str, Write] = {  # of a shop with an order that has its delivery, and a booking; the id is of what is written to
    "create": lambda shop, _: shop.orders.create_order(DRAFT, idempotency_key=uuid.UUID(int=7), request_id="w"),
    "confirm": lambda shop, order_id: shop.orders.confirm_order(
        order_id, payment="online", name="Олена", sms=False, idempotency_key=uuid.UUID(int=8), request_id="w"
    ),
    "delivery": lambda shop, order_id: shop.orders.set_delivery(order_id, Delivery(pickup_point_id="pp-lviv-1"), request_id="w"),
    "book": lambda shop, _: shop.fitting.book(WISH, request_id="w"),
    "move": lambda shop, booking_id: shop.fitting.move(booking_id, WISH, request_id="w"),
    "cancel": lambda shop, booking_id: shop.fitting.cancel(booking_id, request_id="w"),
}
KEYED = ("create", "confirm")
any_write = pytest.mark.parametrize("name", WRITES)
unkeyed = pytest.mark.parametrize("name", [name for name in WRITES if name not in KEYED])


async def made_ready(shop: HttpShop, name: str) -> str:
    """The id that the write is about."""
    if name in ("move", "cancel"):
        return (await shop.fitting.book(LATER, request_id="r")).id
    order = await a_draft(shop)
    await shop.orders.set_delivery(order.id, TO_ADDRESS, request_id="r")
    return order.id


async def done_at_the_shop(shop: HttpShop, url: str, name: str, which: str) -> bool:
    """Whether the write, and it alone, took effect exactly once."""
    counts = await written(url)
    if name == "delivery":
        return (await shop.orders.order(which, request_id="r")).delivery == Delivery("Львів", "вул. Городоцька, 282", "pp-lviv-1")
    if name == "create":
        return counts == {"orders": 2}
    return counts == {
        "confirm": {"orders": 1, "confirmed": 1},
        "book": {"orders": 1, "bookings": 1},
        "move": {"bookings": 1, "moved": 1},
        "cancel": {"bookings": 1, "cancelled": 1},
    }.get(name)


def tries(control: Control[ShopSettings]) -> int:
    return sum(served.detail["request_id"] == "w" for served in control.log())


@any_write
@pytest.mark.parametrize("status", [429, 503])
async def test_a_write_that_was_put_off_is_done_once(
    shop: HttpShop, url: str, control: Control[ShopSettings], name: str, status: int
) -> None:
    which = await made_ready(shop, name)
    control.change({"fail_write_next": 2, "fail_status": status, "retry_after_s": 1})
    await WRITES[name](shop, which)
    assert tries(control) == 3
    assert await done_at_the_shop(shop, url, name, which)


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("fault", ["lose_answer_next", "drop_write_next"])
async def test_a_write_with_a_key_that_lost_its_connection_is_done_once_and_its_answer_comes_at_last(
    shop: HttpShop, url: str, control: Control[ShopSettings], name: str, fault: str
) -> None:
    which = await made_ready(shop, name)
    control.change({fault: 1})
    order = await WRITES[name](shop, which)
    assert isinstance(order, Order)
    assert order.phone == PHONE
    assert tries(control) == 2
    assert await done_at_the_shop(shop, url, name, which)


@unkeyed
@pytest.mark.parametrize(("fault", "done"), [("lose_answer_next", True), ("drop_write_next", False)])
async def test_a_write_without_a_key_that_lost_its_connection_is_unknown_and_sent_once(
    shop: HttpShop, url: str, control: Control[ShopSettings], name: str, fault: str, done: bool
) -> None:
    which = await made_ready(shop, name)
    control.change({fault: 1})
    with pytest.raises(ShopFailed) as failed:
        await WRITES[name](shop, which)
    assert failed.value.outcome_unknown
    assert tries(control) == 1
    assert await done_at_the_shop(shop, url, name, which) is done


@any_write
@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_write_that_was_done_behind_an_error_is_unknown_and_sent_once(
    shop: HttpShop, url: str, control: Control[ShopSettings], name: str, status: int
) -> None:
    which = await made_ready(shop, name)
    control.change({"fail_answer_next": 1, "fail_status": status})
    with pytest.raises(ShopFailed) as failed:
        await WRITES[name](shop, which)
    assert (failed.value.status, failed.value.outcome_unknown) == (status, True)
    assert tries(control) == 1
    assert await done_at_the_shop(shop, url, name, which)


@any_write
@pytest.mark.parametrize(("fault", "done"), [("hang_answer_next", True), ("hang_write_next", False)])
async def test_a_write_whose_answer_never_comes_is_unknown_and_sent_once(
    shop: HttpShop, impatient: HttpShop, url: str, control: Control[ShopSettings], name: str, fault: str, done: bool
) -> None:
    which = await made_ready(shop, name)
    control.change({fault: 1})
    with pytest.raises(ShopFailed, match=r"within 0\.5 s") as failed:
        await WRITES[name](impatient, which)
    assert failed.value.outcome_unknown
    assert tries(control) == 1
    assert await done_at_the_shop(shop, url, name, which) is done


@pytest.mark.parametrize("name", [name for name in WRITES if name != "cancel"])  # of whose answer nothing is read
async def test_a_write_that_was_done_in_unreadable_words_is_unknown_and_sent_once(
    shop: HttpShop, url: str, control: Control[ShopSettings], name: str
) -> None:
    which = await made_ready(shop, name)
    control.change({"rubbish_answer_next": 1})
    with pytest.raises(ShopFailed) as failed:
        await WRITES[name](shop, which)
    assert failed.value.outcome_unknown
    assert tries(control) == 1
    assert await done_at_the_shop(shop, url, name, which)


async def test_a_shop_with_a_limit_is_given_its_time(url: str, control: Control[ShopSettings]) -> None:
    naps_s: list[float] = []

    async def nap(seconds: float) -> None:
        naps_s.append(seconds)
        control.change({"rate_limit": 0})  # its window is over

    shop = HttpShop(f"{url}/api/v1", KEY, sleep=nap, http=plain_http())
    control.change({"rate_limit": 1, "rate_window_s": 3})
    await shop.fitting.stations(None, request_id="r")
    assert await shop.fitting.stations(None, request_id="r")
    await shop.aclose()
    assert naps_s == [3.0]


async def test_a_shop_that_broke_is_left_alone_and_found_again(url: str, control: Control[ShopSettings]) -> None:
    now_s, states = 0.0, list[str]()
    shop = HttpShop(f"{url}/api/v1", KEY, sleep=no_nap, clock=lambda: now_s, on_breaker=states.append)
    control.change({"fail_next": 6})
    for _ in range(5):
        with pytest.raises(ShopFailed):
            await shop.fitting.stations(None, request_id="w")
    for _ in range(3):
        with pytest.raises(ShopFailed) as failed:
            await shop.fitting.book(WISH, request_id="w")
        assert (failed.value.unavailable, failed.value.outcome_unknown) == (True, False)
    now_s = 30.0
    with pytest.raises(ShopFailed):
        await shop.fitting.stations(None, request_id="w")
    now_s = 60.0
    assert await shop.fitting.stations(None, request_id="w")
    await shop.aclose()
    assert states == ["closed", "open", "half_open", "open", "half_open", "closed"]
    assert tries(control) == 7
