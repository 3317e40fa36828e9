from __future__ import annotations

import dataclasses
from types import SimpleNamespace

from agent.case import Case
from agent.guard.totals import order_total_allowed, within_total
from agent.shop import Order
from tests.fakes.desk import CALLER, a_desk

ORDER = Order("o1", "1001", CALLER, "draft", "чернетка", 50_000, "Michelin X-Ice Snow, 4 шт.")


def test_an_order_up_to_the_limit_is_ours() -> None:
    assert order_total_allowed(ORDER) is None


def test_an_order_above_the_limit_goes_to_a_human_who_learns_what_it_is() -> None:
    refusal = order_total_allowed(dataclasses.replace(ORDER, total_uah=50_001))
    assert refusal is not None
    assert refusal.summary is not None
    assert "X-Ice" in refusal.summary
    assert "50001" in refusal.summary


def test_as_a_rule_it_looks_at_the_order_as_the_shop_told_it() -> None:
    dear = a_desk(case=Case(orders={"o1": dataclasses.replace(ORDER, total_uah=99_000)}))
    assert within_total(SimpleNamespace(order_id="o1"), dear) is not None
    assert within_total(SimpleNamespace(order_id="o1"), a_desk(case=Case(orders={"o1": ORDER}))) is None
    assert within_total(SimpleNamespace(order_id="strange"), dear) is None
