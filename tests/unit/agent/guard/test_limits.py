from __future__ import annotations

import dataclasses
import datetime as dt
from types import SimpleNamespace

import pytest

from agent.case import Case, Said
from agent.guard.limits import TRANSFER, accountable, note_use, only_listed, orders_today, within_calls
from agent.ledger import Entry, Stage
from agent.once import Write
from agent.shop import Order
from tests.fakes.desk import CALLER, NOW, FakeLedger, a_desk

ORDER = Order("o9", "1009", "+380509998877", "draft", "чернетка", 18_000, "Michelin X-Ice Snow, 4 шт.")
CONFIRM = SimpleNamespace(order_id="o9")


def confirmed(
    ledger: FakeLedger, count: int, *, number: str = CALLER, at: dt.datetime = NOW, stage: Stage = "done", first: int = 0
) -> None:
    for n in range(first, first + count):
        at_ms = int(at.timestamp() * 1000)
        ledger.note(Entry(call_id=f"call-{n}", number=number, intent="confirm_order", stage=stage, at_ms=at_ms, key=f"{number}{at_ms}{n}"))


def test_ten_uses_are_allowed_and_the_eleventh_goes_to_a_human_with_the_callers_words() -> None:
    desk = a_desk(said=(Said("caller", "А ще диски?"),))
    for _ in range(10):
        assert within_calls("search_tires", desk) is None
        note_use("search_tires", desk)
    refusal = within_calls("search_tires", desk)
    assert refusal is not None
    assert refusal.summary is not None
    assert "А ще диски?" in refusal.summary


def test_a_transfer_is_not_counted_and_always_allowed() -> None:
    desk = a_desk()
    for _ in range(11):
        note_use(TRANSFER, desk)
    assert within_calls("search_tires", desk, calls_max=1) is None
    note_use("search_tires", desk)
    assert within_calls(TRANSFER, desk, calls_max=1) is None
    assert within_calls("search_tires", desk, calls_max=1) is not None


def test_uses_are_counted_by_call_and_by_what_the_ledger_keeps_over_a_restart() -> None:
    ledger = FakeLedger()
    note_use("search_tires", a_desk(ledger=ledger))
    assert within_calls("search_tires", a_desk(ledger=ledger), calls_max=1) is not None
    assert within_calls("search_tires", a_desk(ledger=ledger, call_id="call-2"), calls_max=1) is None


def test_an_unknown_tool_is_refused_in_words() -> None:
    assert only_listed("search_tires", ["search_tires"]) is None
    refusal = only_listed("drop_database", ["search_tires"])
    assert refusal is not None
    assert "search_tires" in refusal.words
    assert refusal.summary is None


def test_the_fourth_order_of_a_day_goes_to_a_human() -> None:
    ledger = FakeLedger()
    desk = a_desk(ledger=ledger, case=Case(orders={"o9": ORDER}))
    confirmed(ledger, 2)
    assert orders_today(CONFIRM, desk) is None
    confirmed(ledger, 1, first=2)
    refusal = orders_today(CONFIRM, desk)
    assert refusal is not None
    assert refusal.summary


def test_the_third_order_confirmed_once_more_is_not_a_fourth() -> None:
    ledger = FakeLedger()
    confirmed(ledger, 3)
    again = dataclasses.replace(ORDER, status="confirmed")
    assert orders_today(CONFIRM, a_desk(ledger=ledger, case=Case(orders={"o9": again}))) is None


@pytest.mark.parametrize(("stage", "counts"), [("begun", True), ("unknown", True), ("done", True), ("refused", False)])
def test_orders_that_may_have_been_confirmed_count(stage: Stage, counts: bool) -> None:
    ledger = FakeLedger()
    confirmed(ledger, 3, stage=stage)
    assert (orders_today(CONFIRM, a_desk(ledger=ledger)) is not None) is counts


def test_the_third_confirmation_whose_outcome_is_unknown_may_be_repeated() -> None:
    ledger = FakeLedger()
    confirmed(ledger, 2)
    desk = a_desk(ledger=ledger, case=Case(orders={"o9": ORDER}))
    this = Write(desk.call_id, desk.caller_number, "confirm_order", {"order": "o9"})
    at_ms = int(NOW.timestamp() * 1000)
    ledger.note(Entry(call_id=desk.call_id, number=desk.caller_number, intent="confirm_order", stage="unknown", at_ms=at_ms, key=this.key))
    assert orders_today(CONFIRM, desk) is None


def test_yesterdays_orders_and_others_orders_do_not_count() -> None:
    ledger = FakeLedger()
    midnight = NOW.replace(hour=0, minute=0)
    confirmed(ledger, 3, at=midnight - dt.timedelta(seconds=1))
    confirmed(ledger, 3, number="+380670000000")
    assert orders_today(CONFIRM, a_desk(ledger=ledger)) is None
    confirmed(ledger, 3, at=midnight)
    assert orders_today(CONFIRM, a_desk(ledger=ledger)) is not None


def test_a_withheld_number_is_limited_by_the_phone_the_order_is_made_with() -> None:
    ledger = FakeLedger()
    desk = a_desk(ledger=ledger, case=Case(orders={"o9": ORDER}), caller_number="")
    assert accountable(desk, ORDER.phone) == ORDER.phone
    assert accountable(a_desk(), ORDER.phone) == CALLER
    confirmed(ledger, 3, number="+380670000000")
    assert orders_today(CONFIRM, desk) is None
    confirmed(ledger, 3, number=ORDER.phone)
    assert orders_today(CONFIRM, desk) is not None
