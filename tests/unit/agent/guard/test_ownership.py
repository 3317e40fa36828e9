from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from agent.case import Case
from agent.guard.ownership import own_booking, own_order
from agent.shop import Booking, Order
from tests.fakes.desk import CALLER, a_desk

MINE = Order("o1", "1001", CALLER, "draft", "чернетка", 18_000, "Michelin X-Ice Snow, 4 шт.")
OTHERS = Order("o2", "1002", "+380500000000", "draft", "чернетка", 18_000, "Michelin X-Ice Snow, 4 шт.")
MY_FITTING = Booking("b1", "s1", "На Подолі", dt.date(2026, 11, 24), dt.time(10), "tire_change", "067 111 22 33", "booked")
CASE = Case(orders={"o1": MINE, "o2": OTHERS}, bookings={"b1": MY_FITTING})


@pytest.mark.parametrize(("order_id", "allowed"), [("o1", True), ("o2", False), ("o3", False), ("", False)])
def test_only_an_order_of_the_callers_number_is_his(order_id: str, allowed: bool) -> None:
    assert (own_order(SimpleNamespace(order_id=order_id), a_desk(case=CASE)) is None) is allowed


def test_another_ones_order_and_none_at_all_are_refused_in_the_same_words() -> None:
    desk = a_desk(case=CASE)
    assert own_order(SimpleNamespace(order_id="o2"), desk) == own_order(SimpleNamespace(order_id="o3"), desk)


def test_who_withholds_his_number_has_what_he_made_in_this_call() -> None:
    desk = a_desk(case=CASE, caller_number="")
    assert own_order(SimpleNamespace(order_id="o2"), desk) is None
    assert own_order(SimpleNamespace(order_id="o3"), desk) is not None


@pytest.mark.parametrize(("booking_id", "allowed"), [("b1", True), ("b2", False), (None, True)])
def test_only_a_known_booking_is_his_and_a_new_one_belongs_to_nobody(booking_id: str | None, allowed: bool) -> None:
    assert (own_booking(SimpleNamespace(booking_id=booking_id), a_desk(case=CASE)) is None) is allowed


def test_a_booking_of_another_number_is_nobodys_business() -> None:
    desk = a_desk(case=CASE, caller_number="+380500000000")
    assert own_booking(SimpleNamespace(booking_id="b1"), desk) is not None
