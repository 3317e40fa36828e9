"""Fitting at the shop's stand-in: stations, slots, prices, bookings made, moved and cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.standins.shop_counter import MONDAY, PHONE, Counter, fresh_shop, refusal


@pytest.fixture
def shop() -> Counter:
    return fresh_shop()


def free(shop: Counter, station: str, day: str) -> list[str]:
    [slots] = shop.get(f"/fitting/stations/{station}/slots", date_from=day, date_to=day)["slots"]
    return [time["time"] for time in slots["times"] if time["available"]]


def test_kyiv_has_three_stations_and_the_other_cities_one(shop: Counter) -> None:
    counts = {city: len(shop.get("/fitting/stations", city=city)["data"]) for city in ("Київ", "Львів", "Одесса", "Dnipro", "Ялта")}
    assert counts == {"Київ": 3, "Львів": 1, "Одесса": 1, "Dnipro": 1, "Ялта": 0}


def test_slots_are_given_out_for_two_weeks_without_sundays(shop: Counter) -> None:
    days = shop.get("/fitting/stations/st-kyiv-1/slots", date_to="2026-12-20")["slots"]
    assert [days[0]["date"], days[-1]["date"]] == [MONDAY, "2026-12-07"]
    assert {"2026-11-29", "2026-12-06"}.isdisjoint(day["date"] for day in days)
    assert [days[0]["times"][0]["time"], days[0]["times"][-1]["time"]] == ["09:00", "17:30"]
    assert [len(day["times"]) for day in shop.get("/fitting/stations/st-lviv-1/slots")["slots"]] == [9] * 6


def test_a_time_that_is_over_is_no_longer_free(shop: Counter) -> None:
    shop.control.change({"now": f"{MONDAY}T16:00:00"})
    assert free(shop, "st-kyiv-1", MONDAY) == ["16:30", "17:00", "17:30"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"date_from": "2026-11-25", "date_to": "2026-11-24"}, "bad_period"),
        ({"date_from": "2026-11-25", "date_to": "2027-11-24"}, "bad_period"),
        ({"date_from": "tomorrow"}, "validation_error"),
        ({"service_type": "painting"}, "validation_error"),
        ({"service_type": "alignment"}, "service_not_offered"),
        ({"phone": PHONE}, "validation_error"),
    ],
)
def test_slots_that_cannot_be_are_refused(shop: Counter, parameters: dict[str, str], code: str) -> None:
    assert refusal(shop.ask("GET", "/fitting/stations/st-kyiv-3/slots", **parameters)) == (422, code)


def test_a_booked_slot_is_free_no_more_until_it_is_cancelled(shop: Counter) -> None:
    booking = shop.book().json()
    assert (booking["status"], booking["station_name"], booking["time"]) == ("booked", "Шиномонтаж на Борщагівці", "10:00")
    assert "10:00" not in free(shop, "st-kyiv-1", "2026-11-25")
    assert refusal(shop.book()) == (422, "slot_taken")
    assert shop.ask("DELETE", f"/fitting/bookings/{booking['id']}").status_code == 204
    assert shop.book().status_code == 201


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"time": "07:30"}, "no_such_slot"),
        ({"time": "10:10"}, "no_such_slot"),
        ({"time": "18:00"}, "no_such_slot"),
        ({"date": "2026-11-29"}, "no_such_slot"),  # a Sunday
        ({"date": "2026-11-22"}, "slot_in_past"),
        ({"date": "2026-12-08"}, "slot_too_far"),
        ({"station_id": "st-moon"}, "unknown_station"),
        ({"station_id": "st-odesa-1", "service_type": "alignment"}, "service_not_offered"),
        ({"linked_order_id": "ord-1"}, "unknown_order"),
        ({"tire_diameter": 12}, "validation_error"),
        ({"time": "25:00"}, "validation_error"),
        ({"colour": "black"}, "validation_error"),
    ],
)
def test_a_booking_that_cannot_be_is_refused_with_the_reason(shop: Counter, wish: dict[str, Any], code: str) -> None:
    assert refusal(shop.book(**wish)) == (422, code)
    assert shop.written()["bookings"] == 0


def test_a_booking_is_moved_and_its_old_slot_is_free_again(shop: Counter) -> None:
    booking = shop.book().json()
    moved = shop.ask("PATCH", f"/fitting/bookings/{booking['id']}", {"station_id": "st-kyiv-2", "time": "15:00"}).json()
    assert moved == {**booking, "station_id": "st-kyiv-2", "station_name": "Шиномонтаж на Лівому березі", "time": "15:00"}
    assert "10:00" in free(shop, "st-kyiv-1", "2026-11-25")
    assert "15:00" not in free(shop, "st-kyiv-2", "2026-11-25")


def test_a_move_to_a_taken_slot_changes_nothing(shop: Counter) -> None:
    shop.book("11:00")
    booking = shop.book("12:00").json()
    path = f"/fitting/bookings/{booking['id']}"
    assert refusal(shop.ask("PATCH", path, {"time": "11:00"})) == (422, "slot_taken")
    assert refusal(shop.ask("PATCH", path, {"time": None})) == (422, "validation_error")
    assert shop.get("/fitting/bookings", phone=PHONE)["data"][1] == booking


def test_a_cancelled_booking_stays_in_the_customers_list_and_is_gone_otherwise(shop: Counter) -> None:
    path = f"/fitting/bookings/{shop.book().json()['id']}"
    shop.ask("DELETE", path)
    assert refusal(shop.ask("DELETE", path)) == (404, "not_found")
    assert refusal(shop.ask("PATCH", path, {"time": "11:00"})) == (404, "not_found")
    assert [row["status"] for row in shop.get("/fitting/bookings", phone=PHONE)["data"]] == ["cancelled"]
    assert shop.written() == {"orders": 0, "confirmed": 0, "bookings": 1, "moved": 0, "cancelled": 1}


def test_a_booking_may_name_an_order(shop: Counter) -> None:
    assert shop.book(linked_order_id="ord-104217").json()["linked_order_id"] == "ord-104217"


def test_prices_rise_with_the_diameter_and_are_of_what_the_station_does(shop: Counter) -> None:
    rows = shop.get("/fitting/prices", station_id="st-kyiv-1")["data"]
    change = [row["price"] for row in rows if row["service_type"] == "tire_change"]
    assert len(change) == 10
    assert change == sorted(change)
    odesa = shop.get("/fitting/prices", station_id="st-odesa-1", tire_diameter=17)["data"]
    assert {row["service_type"] for row in odesa} == {"tire_change", "balancing", "storage"}
    assert refusal(shop.ask("GET", "/fitting/prices", station_id="st-moon")) == (404, "not_found")
