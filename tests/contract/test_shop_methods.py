"""Orders and fitting over a socket: every method of the shop's adapter against the stand-in."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable

import pytest

from agent.adapters.shop_http import HttpShop
from agent.errors import ShopFailed
from agent.shop import BookingWish, DaySlots, Delivery, OrderDraft, OrderItem, Station
from tests.contract.shop_standin import (
    DRAFT,
    LATER,
    PHONE,
    TO_ADDRESS,
    TUESDAY,
    WISH,
    a_draft,
    confirmed,
    get,
    written,
)


async def test_an_order_goes_from_draft_over_delivery_to_confirmed(shop: HttpShop, url: str) -> None:
    price_uah = (await get(url, "/tires/T1012")).json()["price"]
    stock = sum(place.quantity for place in await shop.tyres.availability("T1012", request_id="r") if place.available_from is None)
    draft = await a_draft(shop)
    assert (draft.status, draft.status_label, draft.phone, draft.delivery) == ("draft", "чернетка", PHONE, None)
    assert draft.total_uah == 4 * price_uah
    sent = await shop.orders.set_delivery(draft.id, TO_ADDRESS, request_id="r")
    assert (sent.delivery, sent.delivery_cost_uah, sent.estimated_days) == (TO_ADDRESS, 600, 2)
    assert sent.total_uah == draft.total_uah + 600
    done = await confirmed(shop, draft)
    assert (done.status, done.total_uah, done.estimated_delivery) == ("confirmed", sent.total_uah, "2026-11-25")
    assert await shop.orders.order(draft.id, request_id="r") == done
    assert await shop.orders.find_order(draft.number, request_id="r") == done
    assert await shop.orders.orders_of(PHONE, request_id="r") == [done]
    left = sum(place.quantity for place in await shop.tyres.availability("T1012", request_id="r") if place.available_from is None)
    assert left == stock - 4
    assert await written(url) == {"orders": 1, "confirmed": 1}


async def test_an_order_is_picked_up_for_nothing(shop: HttpShop) -> None:
    [point, *_] = await shop.orders.pickup_points("Львів", request_id="r")
    draft = await a_draft(shop)
    order = await shop.orders.set_delivery(draft.id, Delivery(pickup_point_id=point.id), request_id="r")
    assert order.delivery == Delivery("Львів", point.address, point.id)
    assert (order.delivery_cost_uah, order.total_uah) == (0, draft.total_uah)


async def test_pickup_points_are_everywhere_unless_a_city_is_named(shop: HttpShop) -> None:
    everywhere = await shop.orders.pickup_points(None, request_id="r")
    assert {point.city for point in everywhere} > {"Київ", "Львів"}
    assert {point.city for point in await shop.orders.pickup_points("Киев", request_id="r")} == {"Київ"}


async def test_a_customer_s_orders_come_newest_first_however_the_number_is_written(shop: HttpShop) -> None:
    orders = await shop.orders.orders_of("067 123 45 67", request_id="r")
    assert [order.number for order in orders] == ["104217", "103866"]
    assert orders[0].tracking_number == "20451187364521"
    assert orders[0].estimated_delivery == "2026-11-24"


async def test_more_orders_than_a_page_holds_are_all_told(shop: HttpShop) -> None:
    made = [(await a_draft(shop)).id for _ in range(23)]
    assert {order.id for order in await shop.orders.orders_of(PHONE, request_id="r")} == set(made)


async def test_an_unknown_number_is_no_order(shop: HttpShop) -> None:
    assert await shop.orders.find_order("999999", request_id="r") is None


Refused = Callable[[HttpShop], Awaitable[object]]
REFUSED: dict[str, tuple[Refused, int]] = {
    "unknown order": (lambda shop: shop.orders.order("ord-0", request_id="r"), 404),
    "delivery of an unknown order": (lambda shop: shop.orders.set_delivery("ord-0", TO_ADDRESS, request_id="r"), 404),
    "unknown product": (
        lambda shop: shop.orders.create_order(
            OrderDraft(PHONE, "О", (OrderItem("T0", 1),), "c"), idempotency_key=uuid.uuid4(), request_id="r"
        ),
        422,
    ),
    "absurd quantity": (
        lambda shop: shop.orders.create_order(
            OrderDraft(PHONE, "О", (OrderItem("T1012", 1000),), "c"), idempotency_key=uuid.uuid4(), request_id="r"
        ),
        422,
    ),
    "unknown station": (
        lambda shop: shop.fitting.slots("st-0", date_from=TUESDAY, date_to=TUESDAY, service="storage", request_id="r"),
        404,
    ),
    "unknown booking": (lambda shop: shop.fitting.cancel("bk-0", request_id="r"), 404),
    "unknown booking moved": (lambda shop: shop.fitting.move("bk-0", WISH, request_id="r"), 404),
    "Sunday": (
        lambda shop: shop.fitting.book(
            BookingWish("st-kyiv-1", dt.date(2026, 11, 29), dt.time(10), "tire_change", PHONE, "О"), request_id="r"
        ),
        422,
    ),
}


@pytest.mark.parametrize(("refused", "status"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_done_is_refused_with_its_status_and_nothing_is_written(
    shop: HttpShop, url: str, refused: Refused, status: int
) -> None:
    with pytest.raises(ShopFailed) as failed:
        await refused(shop)
    assert (failed.value.status, failed.value.retryable, failed.value.outcome_unknown) == (status, False, False)
    assert await written(url) == {}


async def test_an_order_without_a_delivery_cannot_be_confirmed(shop: HttpShop) -> None:
    with pytest.raises(ShopFailed, match="delivery_missing"):
        await confirmed(shop, await a_draft(shop))


async def test_the_same_key_is_the_same_order(shop: HttpShop, url: str) -> None:
    key = uuid.uuid4()
    drafts = [await shop.orders.create_order(DRAFT, idempotency_key=key, request_id="r") for _ in range(2)]
    await shop.orders.set_delivery(drafts[0].id, TO_ADDRESS, request_id="r")
    done = [await confirmed(shop, drafts[0], key=uuid.UUID(int=1)) for _ in range(2)]
    assert drafts[0] == drafts[1]
    assert done[0] == done[1]
    assert await written(url) == {"orders": 1, "confirmed": 1}


async def test_a_booking_is_made_moved_and_cancelled(shop: HttpShop, url: str) -> None:
    booked = await shop.fitting.book(WISH, request_id="r")
    assert (booked.station_id, booked.date, booked.time, booked.service, booked.phone, booked.status) == (
        "st-kyiv-1",
        TUESDAY,
        dt.time(10),
        "tire_change",
        PHONE,
        "booked",
    )
    assert booked.station_name == "Шиномонтаж на Борщагівці"
    moved = await shop.fitting.move(booked.id, LATER, request_id="r")
    assert (moved.id, moved.station_id, moved.time, moved.service) == (booked.id, "st-kyiv-2", dt.time(14), "balancing")
    assert await shop.fitting.bookings_of(PHONE, request_id="r") == [moved]
    await shop.fitting.cancel(booked.id, request_id="r")
    assert [(b.id, b.status) for b in await shop.fitting.bookings_of(PHONE, request_id="r")] == [(booked.id, "cancelled")]
    assert await written(url) == {"bookings": 1, "moved": 1, "cancelled": 1}


async def free_times(shop: HttpShop) -> tuple[dt.time, ...]:
    days = await shop.fitting.slots("st-kyiv-1", date_from=TUESDAY, date_to=TUESDAY, service="tire_change", request_id="r")
    assert [type(day) for day in days] == [DaySlots]
    return days[0].free


async def test_a_booked_time_is_free_no_more_and_a_cancelled_one_is_again(shop: HttpShop) -> None:
    before = await free_times(shop)
    assert dt.time(10) in before
    booked = await shop.fitting.book(WISH, request_id="r")
    assert set(before) - set(await free_times(shop)) == {dt.time(10)}
    with pytest.raises(ShopFailed, match="slot_taken"):
        await shop.fitting.book(WISH, request_id="r")
    await shop.fitting.cancel(booked.id, request_id="r")
    assert await free_times(shop) == before


async def test_closed_days_have_no_times(shop: HttpShop) -> None:
    days = await shop.fitting.slots("st-kyiv-1", date_from=TUESDAY, date_to=dt.date(2026, 11, 30), service="tire_change", request_id="r")
    assert all(day.free == tuple(sorted(day.free)) for day in days)
    assert not [day for day in days if day.date.isoweekday() == 7 and day.free]
    assert len([day for day in days if day.free]) == 6


async def test_stations_are_found_by_their_city(shop: HttpShop) -> None:
    assert await shop.fitting.stations("Львів", request_id="r") == [
        Station("st-lviv-1", "Шиномонтаж на Городоцькій", "Львів", "вул. Городоцька, 282")
    ]
    assert len(await shop.fitting.stations(None, request_id="r")) == 6
    assert await shop.fitting.stations("Атлантида", request_id="r") == []


async def test_prices_are_those_of_the_diameter(shop: HttpShop) -> None:
    prices = await shop.fitting.prices(station_id="st-kyiv-1", diameter=17, request_id="r")
    assert {price.diameter for price in prices} == {17}
    assert {price.service for price in prices} == {"tire_change", "balancing", "alignment", "storage"}
    assert all(price.price_uah > 0 for price in prices)
    assert len(await shop.fitting.prices(station_id=None, diameter=None, request_id="r")) > len(prices)
