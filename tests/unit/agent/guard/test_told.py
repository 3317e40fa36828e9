from __future__ import annotations

import pytest

from agent.guard.told import Told


def told_of(*texts: str, caller: str = "") -> Told:
    told = Told()
    for text in texts:
        told.take_result({"tires": [{"price": text}]})
    told.take_caller(caller)
    return told


def test_what_tools_tell_is_found_however_deep_it_stands() -> None:
    told = Told()
    told.take_result({"orders": [{"total": "18150 грн", "id": "7700"}], "note": "знижка 5 %, доставка 150 гривень", "left": 12})
    assert told.amounts_uah == {18_150, 150}
    assert told.percents == {5}
    assert not told.free


@pytest.mark.parametrize("amount", [4_500, 9_000, 18_000, 36_000, 150, 4_650, 300])
def test_a_price_is_one_that_was_told_or_some_of_them_or_two_together(amount: int) -> None:
    assert told_of("4500 грн", "150 грн").may_be_a_price(amount, set())


@pytest.mark.parametrize("amount", [0, 1, 4_499, 45_000, 17_000])
def test_any_other_sum_is_none(amount: int) -> None:
    assert not told_of("4500 грн", "150 грн").may_be_a_price(amount, set())


def test_the_count_may_be_large_if_the_caller_named_it() -> None:
    assert not told_of("4500 грн").may_be_a_price(20 * 4_500, set())
    assert told_of("4500 грн", caller="мені двадцять шин").may_be_a_price(20 * 4_500, set())


def test_what_the_caller_named_may_be_his_budget_and_never_a_price() -> None:
    told = told_of(caller="до п'яти тисяч")
    assert told.may_be_a_price(5_000, set(), budget=True)
    assert not told.may_be_a_price(5_000, set())


def test_nothing_is_never_a_price_even_if_it_was_told() -> None:
    assert not told_of("0 грн").may_be_a_price(0, {0})
    assert not told_of("0 грн").may_be_a_price(17, {0})


def test_sums_of_the_call_count_as_told() -> None:
    assert Told().may_be_a_price(4_500, {4_500})


def test_a_tool_may_tell_that_something_is_free() -> None:
    assert told_of("доставка безкоштовна від 5000 грн").free
