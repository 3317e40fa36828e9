"""How fitting is asked for and booked, and how the answers are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import respx

from agent.errors import ShopFailed
from agent.shop import Booking, BookingWish, DaySlots, FittingPrice, Station
from tests.unit.adapters.shop_client import BASE, ShopClient, page, sent_body

DAY = dt.date(2026, 12, 1)
ROW: dict[str, Any] = {
    "id": "b1",
    "station_id": "s1",
    "station_name": "На Подолі",
    "date": "2026-12-01",
    "time": "10:00",
    "service_type": "tire_change",
    "phone": "+380671112233",
    "name": "Олена",
    "vehicle_info": None,
    "tire_diameter": 17,
    "linked_order_id": None,
    "status": "booked",
}
BOOKING = Booking("b1", "s1", "На Подолі", DAY, dt.time(10), "tire_change", "+380671112233", "booked")
WISH = BookingWish("s1", DAY, dt.time(10), "tire_change", "067 111-22-33", "Олена")
FULL_WISH = BookingWish("s1", DAY, dt.time(9, 30), "storage", "+380671112233", "Олена", "Toyota Camry", 17, "o1")


@pytest.fixture
async def client() -> AsyncIterator[ShopClient]:
    client = ShopClient()
    yield client
    await client.shop.aclose()


@respx.mock
@pytest.mark.parametrize(("city", "asked"), [("Київ", {"city": "Київ"}), (None, {})])
async def test_stations_are_those_of_a_city_or_all(client: ShopClient, city: str | None, asked: dict[str, str]) -> None:
    row = {"id": "s1", "name": "На Подолі", "city": "Київ", "address": "вул. Нижній Вал, 5", "services": ["balancing"]}
    route = respx.get(f"{BASE}/fitting/stations").mock(return_value=page(row))
    assert await client.fitting.stations(city, request_id="r") == [Station("s1", "На Подолі", "Київ", "вул. Нижній Вал, 5")]
    assert dict(route.calls.last.request.url.params) == asked


def days(*rows: tuple[str, list[tuple[str, bool]]]) -> httpx.Response:
    slots = [{"date": date, "times": [{"time": time, "available": free} for time, free in times]} for date, times in rows]
    return httpx.Response(200, json={"station_id": "s1", "slots": slots})


@respx.mock
async def test_free_times_come_day_by_day_in_order(client: ShopClient) -> None:
    answer = days(("2026-12-02", [("09:00", False)]), ("2026-12-01", [("15:30", True), ("09:00", True), ("10:00:00", False)]))
    route = respx.get(f"{BASE}/fitting/stations/s1/slots").mock(return_value=answer)
    found = await client.fitting.slots("s1", date_from=DAY, date_to=dt.date(2026, 12, 2), service="balancing", request_id="r")
    assert found == [DaySlots(DAY, (dt.time(9), dt.time(15, 30))), DaySlots(dt.date(2026, 12, 2), ())]
    assert dict(route.calls.last.request.url.params) == {
        "date_from": "2026-12-01",
        "date_to": "2026-12-02",
        "service_type": "balancing",
    }


@respx.mock
@pytest.mark.parametrize("time", ["25:00", "10:60", "ten", "", "1:00", "10:00+02:00"])
async def test_a_time_that_no_clock_shows_is_a_failure(client: ShopClient, time: str) -> None:
    respx.get(f"{BASE}/fitting/stations/s1/slots").mock(return_value=days(("2026-12-01", [(time, True)])))
    with pytest.raises(ShopFailed, match="unknown shape"):
        await client.fitting.slots("s1", date_from=DAY, date_to=DAY, service="balancing", request_id="r")


@respx.mock
async def test_prices_are_those_of_the_services_that_we_book(client: ShopClient) -> None:
    rows: list[dict[str, Any]] = [
        {"station_id": "s1", "service_type": "tire_change", "tire_diameter": "17", "price": "1200.00"},
        {"station_id": "s1", "service_type": "car_wash", "tire_diameter": 17, "price": 300},
        {"station_id": "s1", "service_type": "storage", "tire_diameter": 17, "price": 0},
    ]
    route = respx.get(f"{BASE}/fitting/prices").mock(return_value=page(*rows))
    found = await client.fitting.prices(station_id="s1", diameter=17, request_id="r")
    assert found == [FittingPrice("tire_change", 17, 1200), FittingPrice("storage", 17, 0)]
    assert dict(route.calls.last.request.url.params) == {"station_id": "s1", "tire_diameter": "17"}
    await client.fitting.prices(station_id=None, diameter=None, request_id="r")
    assert not route.calls.last.request.url.params


@respx.mock
async def test_a_price_list_without_pages_is_read(client: ShopClient) -> None:
    row = {"station_id": "s1", "service_type": "balancing", "tire_diameter": 17, "price": 600}
    respx.get(f"{BASE}/fitting/prices").mock(return_value=httpx.Response(200, json={"data": [row]}))
    assert await client.fitting.prices(station_id=None, diameter=17, request_id="r") == [FittingPrice("balancing", 17, 600)]


@respx.mock
async def test_all_bookings_of_a_customer_are_told_cancelled_ones_too(client: ShopClient) -> None:
    route = respx.get(f"{BASE}/fitting/bookings").mock(
        side_effect=[page(ROW, total_pages=2), page({**ROW, "id": 2, "status": "cancelled", "phone": "0671112233"}, total_pages=2)]
    )
    found = await client.fitting.bookings_of("0671112233", request_id="r")
    assert [(b.id, b.status, b.phone) for b in found] == [("b1", "booked", "+380671112233"), ("2", "cancelled", "+380671112233")]
    assert route.calls[0].request.url.query == b"phone=%2B380671112233"


@respx.mock
@pytest.mark.parametrize("wrong", [{"service_type": "car_wash"}, {"date": "tomorrow"}, {"time": "25:00"}, {"status": None}])
async def test_a_booking_that_cannot_be_told_rightly_is_a_failure(client: ShopClient, wrong: dict[str, Any]) -> None:
    respx.get(f"{BASE}/fitting/bookings").mock(return_value=page({**ROW, **wrong}))
    with pytest.raises(ShopFailed, match="unknown shape"):
        await client.fitting.bookings_of("+380671112233", request_id="r")


@respx.mock
@pytest.mark.parametrize(
    ("wish", "more"),
    [
        (WISH, {"time": "10:00", "service_type": "tire_change"}),
        (
            FULL_WISH,
            {"time": "09:30", "service_type": "storage", "vehicle_info": "Toyota Camry", "tire_diameter": 17, "linked_order_id": "o1"},
        ),
    ],
    ids=["bare", "full"],
)
@pytest.mark.parametrize("move", [False, True], ids=["book", "move"])
async def test_a_booking_says_who_comes_when_for_what(client: ShopClient, wish: BookingWish, more: dict[str, Any], move: bool) -> None:
    answer = httpx.Response(200 if move else 201, json=ROW)
    route = (respx.patch(f"{BASE}/fitting/bookings/b1") if move else respx.post(f"{BASE}/fitting/bookings")).mock(return_value=answer)
    made = client.fitting.move("b1", wish, request_id="r") if move else client.fitting.book(wish, request_id="r")
    assert await made == BOOKING
    body = {"station_id": "s1", "date": "2026-12-01", "phone": "+380671112233", "name": "Олена"}
    assert sent_body(route.calls.last.request) == {**body, **more}


@respx.mock
async def test_a_cancellation_has_no_words_either_way(client: ShopClient) -> None:
    route = respx.delete(f"{BASE}/fitting/bookings/b%2F1").mock(return_value=httpx.Response(204))
    await client.fitting.cancel("b/1", request_id="r")
    assert route.calls.last.request.content == b""
