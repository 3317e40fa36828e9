from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from agent.shop import Booking
from agent.tools.bookings import book_fitting, cancel_fitting, get_customer_bookings
from agent.tools.tool import Desk, ToolResult
from tests.fakes.clock import virtual_time
from tests.fakes.desk import CALLER, a_desk, heard
from tests.fakes.shop import FakeShop

AT_TEN = {
    "station_id": "s1",
    "date": "2026-11-24",
    "time": "10:00",
    "service_type": "tire_change",
    "customer_name": "Олег",
}
AT_NOON = {**AT_TEN, "time": "12:00"}
EARLIER = Booking("b0", "s1", "Шиномонтаж на Подолі", dt.date(2026, 11, 26), dt.time(9), "balancing", CALLER, "booked")


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop(latency_s=0)


def agreed(desk: Desk, hour: str) -> Desk:
    """The caller has heard what is about to be written, and said yes."""
    asked = f"Шиномонтаж на Подолі, заміна шин, вівторок, 24 листопада, о {hour}. Записую?"
    return dataclasses.replace(desk, said=(*desk.said, *heard(asked, "Так, записуйте.")))


async def book(desk: Desk, wish: dict[str, str]) -> tuple[Desk, ToolResult]:
    desk = agreed(desk, wish["time"])
    return desk, await book_fitting.use(wish, desk)


async def cancel(desk: Desk, booking_id: str = "booking-1", hour: str = "10:00") -> tuple[Desk, ToolResult]:
    asked = f"Скасувати запис на вівторок, 24 листопада, о {hour}?"
    desk = dataclasses.replace(desk, said=(*desk.said, *heard(asked, "Так, скасуйте.")))
    return desk, await cancel_fitting.use({"booking_id": booking_id}, desk)


async def test_a_fitting_is_booked_for_the_callers_number(shop: FakeShop) -> None:
    desk, result = await book(a_desk(shop), AT_TEN)
    assert result.content == {
        "status": "записано",
        "booking_id": "booking-1",
        "station_id": "s1",
        "station": "Шиномонтаж на Подолі",
        "date": "2026-11-24",
        "day": "вівторок, 24 листопада",
        "time": "10:00",
        "service": "заміна шин",
        "service_type": "tire_change",
    }
    assert shop.booked["booking-1"].phone == CALLER
    assert desk.case.bookings == shop.booked
    assert desk.case.changed == {"booking-1": len(desk.said)}


@pytest.mark.parametrize("time", ["10:00", "10:00:00"])
async def test_an_hour_with_and_without_seconds_is_the_same(shop: FakeShop, time: str) -> None:
    desk = agreed(a_desk(shop), "10:00")
    assert (await book_fitting.use({**AT_TEN, "time": time}, desk)).success
    assert shop.booked["booking-1"].time == dt.time(10)


async def test_without_the_yes_nothing_is_booked_and_nothing_cancelled(shop: FakeShop) -> None:
    assert not (await book_fitting.use(AT_TEN, a_desk(shop))).success
    desk, _ = await book(a_desk(shop), AT_TEN)
    assert not (await cancel_fitting.use({"booking_id": "booking-1"}, desk)).success
    assert shop.writes == [("book", "booking-1")]


async def test_a_repeated_booking_is_the_first_one(shop: FakeShop) -> None:
    desk, first = await book(a_desk(shop), AT_TEN)
    desk, second = await book(desk, AT_TEN)
    assert first == second
    assert shop.writes == [("book", "booking-1")]


async def test_a_booking_can_be_moved_there_and_back(shop: FakeShop) -> None:
    desk, _ = await book(a_desk(shop), AT_TEN)
    for wish, hour in ((AT_NOON, 12), (AT_TEN, 10), (AT_NOON, 12)):
        desk, result = await book(desk, {**wish, "booking_id": "booking-1"})
        assert result.content["time"] == wish["time"]
        assert shop.booked["booking-1"].time == dt.time(hour)
    assert len(shop.booked) == 1


async def test_a_repeated_move_is_the_first_one(shop: FakeShop) -> None:
    desk, _ = await book(a_desk(shop), AT_TEN)
    desk, first = await book(desk, {**AT_NOON, "booking_id": "booking-1"})
    assert await book_fitting.use({**AT_NOON, "booking_id": "booking-1"}, desk) == first
    assert shop.writes == [("book", "booking-1"), ("move", "booking-1")]


async def test_a_cancelled_booking_can_be_made_again(shop: FakeShop) -> None:
    desk, _ = await book(a_desk(shop), AT_TEN)
    desk, _ = await cancel(desk)
    desk, result = await book(desk, AT_TEN)
    assert result.content["booking_id"] == "booking-2"
    assert [booking.status for booking in shop.booked.values()] == ["cancelled", "booked"]


@virtual_time
async def test_a_booking_whose_answer_was_lost_is_found_by_reading_back(shop: FakeShop) -> None:
    shop.mishaps.append("answer_lost")
    _, result = await book(a_desk(shop), AT_TEN)
    assert result.content["booking_id"] == "booking-1"
    assert shop.writes == [("book", "booking-1")]


@virtual_time
async def test_a_booking_that_may_still_be_under_way_is_unknown_and_asking_again_settles_it(shop: FakeShop) -> None:
    shop.mishaps.append("request_lost")
    desk, result = await book(a_desk(shop), AT_TEN)
    assert "невідомо, чи це записано" in result.content["error"]
    _, result = await book(desk, AT_TEN)
    assert result.success
    assert shop.writes == [("book", "booking-1")]


@virtual_time
async def test_a_cancellation_whose_answer_was_lost_is_found_by_reading_back(shop: FakeShop) -> None:
    desk, _ = await book(a_desk(shop), AT_TEN)
    shop.mishaps.append("answer_lost")
    _, result = await cancel(desk)
    assert result.content["status"] == "скасовано"
    assert shop.writes == [("book", "booking-1"), ("cancel", "booking-1")]


async def test_a_taken_hour_is_refused_by_the_shop(shop: FakeShop) -> None:
    await book(a_desk(shop), AT_TEN)
    _, result = await book(a_desk(shop, caller_number="+380509998877", call_id="call-2"), AT_TEN)
    assert "не прийняв" in result.content["error"]
    assert len(shop.booked) == 1


async def test_a_booking_of_another_is_neither_moved_nor_cancelled(shop: FakeShop) -> None:
    await book(a_desk(shop), AT_TEN)
    stranger = a_desk(shop, caller_number="+380509998877", call_id="call-2")
    assert not (await book(stranger, {**AT_NOON, "booking_id": "booking-1"}))[1].success
    assert not (await cancel(stranger))[1].success
    assert shop.writes == [("book", "booking-1")]


async def test_a_booking_of_an_earlier_call_is_found_and_cancelled(shop: FakeShop) -> None:
    shop.booked["b0"] = EARLIER
    desk = a_desk(shop)
    result = await get_customer_bookings.use({}, desk)
    assert [(one["booking_id"], one["day"], one["service"]) for one in result.content["bookings"]] == [
        ("b0", "четвер, 26 листопада", "балансування")
    ]
    asked = "Скасувати балансування у четвер, 26 листопада, о 09:00?"
    desk = dataclasses.replace(desk, said=heard(asked, "Так."))
    assert (await cancel_fitting.use({"booking_id": "b0"}, desk)).success
    assert shop.booked["b0"].status == desk.case.bookings["b0"].status == "cancelled"
    assert (await get_customer_bookings.use({}, desk)).content["found"] == 0


async def test_what_else_the_shops_search_brings_is_not_told(shop: FakeShop) -> None:
    shop.booked = {"b0": EARLIER, "b1": dataclasses.replace(EARLIER, id="b1", phone="+380509998877", time=dt.time(10))}
    shop.searches_loosely = True
    desk = a_desk(shop)
    result = await get_customer_bookings.use({}, desk)
    assert [one["booking_id"] for one in result.content["bookings"]] == ["b0"]
    assert set(desk.case.bookings) == {"b0"}


async def test_bookings_that_have_passed_or_are_anothers_are_not_told(shop: FakeShop) -> None:
    shop.booked = {
        "b1": dataclasses.replace(EARLIER, id="b1", date=dt.date(2026, 11, 20)),
        "b2": dataclasses.replace(EARLIER, id="b2", phone="+380509998877"),
        "b3": dataclasses.replace(EARLIER, id="b3", status="cancelled"),
    }
    assert (await get_customer_bookings.use({}, a_desk(shop))).content["found"] == 0


async def test_a_caller_without_a_number_has_no_bookings_and_makes_none(shop: FakeShop) -> None:
    desk = a_desk(shop, caller_number="")
    assert "оператор" in (await get_customer_bookings.use({}, desk)).content["error"]
    assert not (await book(desk, AT_TEN))[1].success
    assert shop.request_ids == []


async def test_an_hour_that_has_passed_is_not_booked(shop: FakeShop) -> None:
    _, result = await book(a_desk(shop), {**AT_TEN, "date": "2026-11-23"})
    assert not result.success
    assert shop.writes == []


async def test_a_booking_for_an_order_that_is_not_his_is_not_made(shop: FakeShop) -> None:
    _, result = await book(a_desk(shop), {**AT_TEN, "order_id": "order-9"})
    assert not result.success
    assert shop.writes == []
