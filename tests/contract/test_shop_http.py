"""The shop's adapter and the shop's stand-in understand each other over a socket: every method, and what a lost answer leaves."""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from agent.adapters.shop_http import HttpShop
from agent.errors import ShopFailed
from agent.shop import BookingWish, DaySlots, Delivery, Order, OrderDraft, OrderItem, Station, TyreQuery
from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings, create_app
from ops.standins.shop_api.catalogue import load
from tests.contract.serving import serving

KEY = "fake-shop-key"
WINTER_CAMRY = TyreQuery(season="winter", vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2019)
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


@pytest.fixture
def control() -> Control[ShopSettings]:
    _, control = standin()
    control.reset()
    control.forget()
    return control


@pytest.fixture
async def url(control: Control[ShopSettings]) -> AsyncIterator[str]:
    app, _ = standin()
    async with serving(app) as url:
        yield url


async def no_nap(_: float) -> None: ...


def plain_http() -> httpx.AsyncHTTPTransport:
    """Without certificates, whose loading takes longer than all the rest of a test."""
    return httpx.AsyncHTTPTransport(verify=False)


@pytest.fixture
async def shop(url: str) -> AsyncIterator[HttpShop]:
    shop = HttpShop(f"{url}/api/v1", KEY, sleep=no_nap, http=plain_http())
    yield shop
    await shop.aclose()


@pytest.fixture
async def impatient(url: str) -> AsyncIterator[HttpShop]:
    """For a shop that hangs."""
    shop = HttpShop(f"{url}/api/v1", KEY, timeout_s=0.5, sleep=no_nap, http=plain_http())
    yield shop
    await shop.aclose()


async def get(url: str, path: str, **parameters: Any) -> httpx.Response:
    async with httpx.AsyncClient(verify=False, headers={"Authorization": f"Bearer {KEY}"}) as client:
        return await client.get(f"{url}/api/v1{path}", params=parameters)


async def written(url: str) -> dict[str, int]:
    """What the shop really did for our customer."""
    async with httpx.AsyncClient(verify=False) as client:
        counts: dict[str, int] = (await client.get(f"{url}/control/written", params={"phone": PHONE})).json()
    return {what: count for what, count in counts.items() if count}


async def test_winter_tyres_for_a_camry_are_found_by_the_car(shop: HttpShop) -> None:
    found = await shop.tyres.search_tyres(WINTER_CAMRY, request_id="r1")
    assert {t.season for t in found} == {"winter"}
    assert {t.size for t in found} == {"215/55 R17"}
    assert len(found) >= 4
    assert [t.in_stock for t in found] == sorted((t.in_stock for t in found), reverse=True)


async def test_a_camry_of_unknown_year_is_found_too(shop: HttpShop) -> None:
    assert await shop.tyres.search_tyres(TyreQuery(season="winter", vehicle_make="Toyota", vehicle_model="Camry"), request_id="r")


async def test_filters_hold_together(shop: HttpShop) -> None:
    found = await shop.tyres.search_tyres(
        TyreQuery(width=205, profile=55, diameter=16, season="winter", max_price_uah=4500), request_id="r"
    )
    assert found
    assert all(t.size == "205/55 R16" and t.price_uah <= 4500 for t in found)


async def test_availability_adds_up_to_what_the_search_said(shop: HttpShop) -> None:
    [first, *_] = await shop.tyres.search_tyres(WINTER_CAMRY, request_id="r")
    places = await shop.tyres.availability(first.id, request_id="r")
    assert sum(p.quantity for p in places if p.available_from is None) == first.stock_quantity > 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (TyreQuery(vehicle_make="Toyota", vehicle_model="Supra", vehicle_year=2019), 404),
        (TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=1900), 422),
        (TyreQuery(width=1), 422),
    ],
)
async def test_what_the_shop_refuses_is_told_with_its_status(shop: HttpShop, query: TyreQuery, status: int) -> None:
    with pytest.raises(ShopFailed) as failed:
        await shop.tyres.search_tyres(query, request_id="r")
    assert (failed.value.status, failed.value.retryable) == (status, False)


async def test_a_wrong_key_is_refused(url: str) -> None:
    stranger = HttpShop(f"{url}/api/v1", "wrong", http=plain_http())
    with pytest.raises(ShopFailed) as failed:
        await stranger.tyres.availability("T1001", request_id="r")
    await stranger.aclose()
    assert failed.value.status == 401


async def test_a_shop_that_recovers_after_two_refusals_is_heard(shop: HttpShop, control: Control[ShopSettings]) -> None:
    control.change({"fail_next": 2, "fail_status": 503, "retry_after_s": 0.01})
    assert await shop.tyres.availability("T1001", request_id="one-and-the-same")
    assert [(s.outcome, s.detail["request_id"]) for s in control.log()] == [
        ("503", "one-and-the-same"),
        ("503", "one-and-the-same"),
        ("200", "one-and-the-same"),
    ]


@pytest.mark.parametrize(
    ("fault", "retryable"), [({"fail_next": 1}, True), ({"hang_next": 1}, True), ({"rubbish_next": 1}, False), ({"latency_ms": 900}, True)]
)
async def test_a_broken_shop_is_a_failure_in_time(
    impatient: HttpShop, control: Control[ShopSettings], fault: dict[str, int], retryable: bool
) -> None:
    control.change(fault)
    with pytest.raises(ShopFailed) as failed:
        await impatient.tyres.availability("T1001", request_id="r")
    assert failed.value.retryable is retryable


async def test_nobody_listening_is_a_passing_failure() -> None:
    shop = HttpShop("http://127.0.0.1:9/api/v1", KEY, sleep=no_nap)
    with pytest.raises(ShopFailed, match="no connection") as failed:
        await shop.tyres.availability("T1", request_id="r")
    await shop.aclose()
    assert failed.value.retryable


async def test_the_sizes_of_a_car_are_its_factory_s(shop: HttpShop) -> None:
    assert (await shop.tyres.vehicle_sizes("Toyota", "Camry", 2019, request_id="r"))[0] == "215/55 R17"
    with pytest.raises(ShopFailed) as failed:
        await shop.tyres.vehicle_sizes("Toyota", "Supra", 2019, request_id="r")
    assert failed.value.status == 404


# Orders


async def a_draft(shop: HttpShop) -> Order:
    return await shop.orders.create_order(DRAFT, idempotency_key=uuid.uuid4(), request_id="r")


async def confirmed(shop: HttpShop, order: Order, key: uuid.UUID | None = None) -> Order:
    return await shop.orders.confirm_order(
        order.id, payment="cod", name="Олена", sms=True, idempotency_key=key or uuid.uuid4(), request_id="r"
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


# Fitting


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


# Writes and what goes wrong

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


# The stand-in itself


async def test_pages_cover_everything_once_in_order(url: str) -> None:
    pages = [(await get(url, "/tires/search", sort="price_asc", per_page=20, page=n)).json() for n in (1, 2, 3, 4)]
    rows = [row for p in pages for row in p["data"]]
    assert pages[0]["pagination"] == {"page": 1, "per_page": 20, "total": len(rows), "total_pages": 3}
    assert len({r["id"] for r in rows}) == len(rows) >= 40
    assert [r["price"] for r in rows] == sorted(r["price"] for r in rows)
    assert pages[3]["data"] == []


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        ("/tires/T9", {}, 404, "not_found"),
        ("/nowhere", {}, 404, "not_found"),
        ("/tires/search", {"per_page": 51}, 422, "validation_error"),
        ("/tires/search", {"season": "autumn"}, 422, "validation_error"),
        ("/tires/search", {"colour": "black"}, 422, "validation_error"),
    ],
)
async def test_every_error_has_the_one_shape_and_a_request_id(
    url: str, path: str, parameters: dict[str, Any], status: int, code: str
) -> None:
    answer = await get(url, path, **parameters)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]


async def test_details_and_recommendations_are_of_the_tyre_and_the_car(url: str) -> None:
    detail = (await get(url, "/tires/T1001")).json()
    assert detail["size"] == f"{detail['width']}/{detail['profile']} R{detail['diameter']}"
    car = (await get(url, "/vehicles/tires", make="toyota", model="CAMRY", year=2020, season="winter")).json()
    assert car["vehicle"]["oem_sizes"][0] == "215/55 R17"
    assert {t["season"] for t in car["recommended_tires"]["215/55 R17"]} == {"winter"}


async def test_health_needs_no_key(url: str) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.get(f"{url}/api/v1/health")).json() == {"status": "ok"}
