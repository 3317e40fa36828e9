"""Whether a customer got what he rang for is told by what is left, not by what was said."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ops.eval.customer import Booked, Expect
from ops.eval.judge import judge
from tests.unit.eval.calls import USES, WISH, booking, call, order, use


def expecting(**more: Any) -> Any:
    return dataclasses.replace(WISH, expect=dataclasses.replace(WISH.expect, **more))


def test_an_order_that_is_there_and_was_agreed_to_is_a_success() -> None:
    verdict = judge(WISH, call())
    assert verdict.passed, verdict
    assert (verdict.tools_right, verdict.tools_expected) == (2, 2)
    assert (verdict.arguments_right, verdict.arguments_expected) == (2, 2)
    assert (verdict.turns, verdict.latencies_ms, verdict.length_s) == (7, [640, 702], 61.0)


@pytest.mark.parametrize(
    "orders",
    [
        [],
        [order(status="draft")],
        [order(items=[{"name": "x", "quantity": 2}])],
        [order(delivery={"city": "Львів"})],
        [order(payment_method="online")],
        [order(), order(id="ord-2")],
    ],
    ids=["none", "only a draft", "two instead of four", "another city", "paid otherwise", "twice"],
)
def test_an_order_other_than_wished_is_a_failure(orders: list[dict[str, Any]]) -> None:
    assert judge(WISH, call(orders=orders)).failures


def test_an_order_that_was_there_before_the_call_does_not_count() -> None:
    assert judge(WISH, call(orders=[order(), order(origin="control", status="in_transit")])).passed


def test_whatever_is_written_unasked_is_a_failure() -> None:
    only_looks = dataclasses.replace(WISH, expect=Expect())
    assert judge(only_looks, call()).failures
    assert judge(only_looks, call(tool_calls=[], orders=[], bookings=[booking()])).failures


def test_a_tool_with_other_arguments_counts_as_used_but_not_as_right() -> None:
    other = [use(3, "search_tires", {"width": 195, "season": "winter"}, {"tires": [{"price": "4520 грн"}]}), *USES[1:]]
    verdict = judge(WISH, call(tool_calls=other))
    assert (verdict.tools_right, verdict.arguments_right) == (2, 1)
    assert verdict.failures == ["search_tires was not used with {'width': 205, 'season': 'winter'}"]


def test_a_tool_that_failed_was_not_used() -> None:
    verdict = judge(WISH, call(tool_calls=[{**USES[0], "success": False}, *USES[1:]]))
    assert verdict.tools_right == 1
    assert not verdict.passed


def test_a_tool_that_had_to_be_refused_must_not_have_worked() -> None:
    assert judge(expecting(refused=("confirm_order",)), call()).failures == ["confirm_order worked"]


@pytest.mark.parametrize(
    ("ends", "row", "passes"),
    [
        ("goodbye", {"outcome": "hung_up"}, True),
        ("goodbye", {"outcome": "failed"}, False),
        ("goodbye", {"outcome": "transferred", "transferred_to_operator": True}, False),
        ("operator", {"outcome": "transferred", "transferred_to_operator": True}, True),
        ("operator", {"outcome": "nobody_free"}, False),
    ],
)
def test_the_call_must_end_as_it_should(ends: str, row: dict[str, Any], passes: bool) -> None:
    assert judge(expecting(ends=ends), call(call=row)).passed is passes


@pytest.mark.parametrize(
    ("left", "passes"),
    [
        ([booking()], True),
        ([booking(status="cancelled")], False),
        ([booking(time="11:00")], False),
        ([booking(date="2026-11-26")], False),
        ([booking(), booking(id="b2", status="cancelled")], True),
    ],
    ids=["as wished", "cancelled", "another hour", "another day", "an old one was cancelled"],
)
def test_the_booking_must_stand_as_wished(left: list[dict[str, Any]], passes: bool) -> None:
    wished = expecting(bookings=(Booked("st-lviv-1", "10:00", weekday=2),))
    assert judge(wished, call(bookings=left)).passed is passes


def test_a_talk_that_went_wrong_is_a_failure_even_if_all_is_there() -> None:
    assert judge(WISH, call(trouble="no turn of the agent")).failures == ["no turn of the agent"]
