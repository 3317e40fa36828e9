from __future__ import annotations

import pytest

from agent.shop import Booking
from agent.tools.fitting import get_fitting_price, get_fitting_slots, get_fitting_stations
from tests.fakes.desk import CALLER, NOW, a_desk
from tests.fakes.shop import HOURS, FakeShop

SLOTS = {"station_id": "s1", "service_type": "tire_change"}


def booked(shop: FakeShop, *hours: int, day: int = 24) -> None:
    for hour in hours:
        name = f"{day}-{hour}"
        date = NOW.date().replace(day=day)
        shop.booked[name] = Booking(name, "s1", "Шиномонтаж на Подолі", date, HOURS[hour - 9], "tire_change", CALLER, "booked")


async def test_stations_of_a_city_are_told_with_their_ids() -> None:
    result = await get_fitting_stations.use({"city": "Львів"}, a_desk())
    assert result.content["stations"] == [{"id": "s2", "name": "Шиномонтаж на Городоцькій", "address": "вул. Городоцька, 174"}]


async def test_a_city_without_stations_is_told_as_such() -> None:
    assert (await get_fitting_stations.use({"city": "Умань"}, a_desk())).content["found"] == 0


async def test_free_hours_are_told_by_day_with_the_weekday() -> None:
    shop = FakeShop(latency_s=0)
    booked(shop, 9, 11, 12, 13, 14, 15, 16)
    result = await get_fitting_slots.use({**SLOTS, "date_from": "2026-11-24", "date_to": "2026-11-24"}, a_desk(shop))
    assert result.content == {"days": [{"date": "2026-11-24", "day": "вівторок, 24 листопада", "times": ["10:00", "17:00"]}]}


async def test_hours_of_today_that_have_passed_are_not_offered() -> None:
    result = await get_fitting_slots.use({**SLOTS, "date_from": "2026-11-23", "date_to": "2026-11-23"}, a_desk())
    (day,) = result.content["days"]
    assert day["times"] == ["13:00", "14:00", "15:00", "16:00", "17:00"]  # it is noon


async def test_without_a_last_day_three_days_are_looked_at() -> None:
    result = await get_fitting_slots.use({**SLOTS, "date_from": "2026-11-24"}, a_desk())
    assert [day["date"] for day in result.content["days"]] == ["2026-11-24", "2026-11-25", "2026-11-26"]


async def test_no_more_than_three_days_are_told_and_full_ones_are_passed_over() -> None:
    shop = FakeShop(latency_s=0)
    booked(shop, *range(9, 18), day=25)
    result = await get_fitting_slots.use({**SLOTS, "date_from": "2026-11-24", "date_to": "2026-12-20"}, a_desk(shop))
    assert [day["date"] for day in result.content["days"]] == ["2026-11-24", "2026-11-26", "2026-11-27"]


async def test_full_days_are_told_as_full() -> None:
    shop = FakeShop(latency_s=0)
    booked(shop, *range(9, 18))
    result = await get_fitting_slots.use({**SLOTS, "date_from": "2026-11-24", "date_to": "2026-11-24"}, a_desk(shop))
    assert result.success
    assert result.content["days"] == []


@pytest.mark.parametrize(
    "when",
    [
        {"date_from": "2026-11-22"},
        {"date_from": "2026-11-26", "date_to": "2026-11-24"},
        {"date_from": "2027-11-26"},
        {"date_from": "завтра"},
    ],
)
async def test_days_that_make_no_sense_are_asked_about(when: dict[str, str]) -> None:
    shop = FakeShop(latency_s=0)
    assert not (await get_fitting_slots.use({**SLOTS, **when}, a_desk(shop))).success
    assert shop.request_ids == []


async def test_a_price_by_diameter_is_a_sum_that_was_told() -> None:
    desk = a_desk()
    result = await get_fitting_price.use({"tire_diameter": 17}, desk)
    assert result.content == {"diameter": "R17", "prices": [{"service": "заміна шин", "price": "1200 грн"}]}
    assert desk.case.amounts_uah == {1200}


async def test_where_stations_differ_the_lowest_price_is_told() -> None:
    shop = FakeShop(latency_s=0)
    shop.fitting_uah = [1200, 900, 1200]
    desk = a_desk(shop)
    result = await get_fitting_price.use({"tire_diameter": 17}, desk)
    assert result.content["prices"] == [{"service": "заміна шин", "price": "від 900 грн"}]
    assert desk.case.amounts_uah == {900}
