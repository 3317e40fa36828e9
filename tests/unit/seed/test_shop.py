"""Orders and visits in the words of the shop's stand-in, taken by the stand-in itself."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from ops.seed.shop import order_row, visit_row
from ops.seed.stories import Sold, Visit
from ops.standins.shop_api.catalogue import load
from ops.standins.shop_api.state import SeedBooking, SeedOrder, Shop

NOW = dt.datetime(2026, 11, 26, 12, 0)  # noqa: DTZ001 - the shop's local time
TODAY = NOW.date()


def shop() -> Shop:
    return Shop(load(), lambda: NOW)


@pytest.mark.parametrize(("days", "status"), [(1, "confirmed"), (3, "in_transit"), (40, "delivered")])
def test_an_order_has_come_the_further_the_older_it_is(days: int, status: str) -> None:
    sold = Sold("812300", "+380990000001", "Олена", TODAY - dt.timedelta(days=days), "T1012", 4, "Полтава", "відділення № 7", None)
    order = shop().add_order(msgspec.convert(order_row(sold, TODAY), SeedOrder), "control")
    assert (order.status, order.order_number, order.created_at.date()) == (status, "812300", sold.on)


@pytest.mark.parametrize("ahead", [1, 2, 3, 4, 5, 6, 8])
def test_a_visit_is_booked_for_its_very_day_sundays_between_or_not(ahead: int) -> None:
    date = TODAY + dt.timedelta(days=ahead)
    if date.weekday() == 6:
        date += dt.timedelta(days=1)
    visit = Visit("+380990000001", "Олена", "st-lviv-1", date, dt.time(10), "Toyota Camry", 17)
    booked = shop().add_booking(msgspec.convert(visit_row(visit, TODAY), SeedBooking), "control")
    assert (booked["date"], booked["time"]) == (date, "10:00")
