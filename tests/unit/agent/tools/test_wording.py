from __future__ import annotations

import datetime as dt

import pytest

from agent.case import Case
from agent.tools.wording import counted, day, day_of, hour, sums_in, told, weekday_and_day


def test_days_and_hours_are_told_as_they_are_said() -> None:
    assert day(dt.date(2026, 11, 24)) == "24 листопада"
    assert weekday_and_day(dt.date(2026, 11, 24)) == "вівторок, 24 листопада"
    assert hour(dt.time(9, 5)) == "09:05"


@pytest.mark.parametrize(
    ("text", "said"),
    [("2026-01-03", "3 січня"), ("2026-01-03T10:00:00+02:00", "3 січня"), ("скоро", "скоро"), (None, None)],
)
def test_the_shops_dates_become_days_and_anything_else_stays(text: str | None, said: str | None) -> None:
    assert day_of(text) == said


def test_a_sum_that_is_told_is_remembered() -> None:
    case = Case()
    assert told(4690, case) == "4690 грн"
    assert case.amounts_uah == {4690}


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("від 1 500 грн до 2\u00a0000 гривень", {1500, 2000}),
        ("150грн", {150}),
        ("розмір 215/55 R17 за 4690 грн", {4690}),
        ("R17, 14 днів", set()),
    ],
)
def test_sums_are_found_in_a_text(text: str, sums: set[int]) -> None:
    assert sums_in(text) == sums


@pytest.mark.parametrize(("count", "said"), [(1, "1 день"), (3, "3 дні"), (5, "5 днів"), (11, "11 днів"), (13, "13 днів"), (22, "22 дні")])
def test_days_are_counted_in_ukrainian(count: int, said: str) -> None:
    assert counted(count, "день", "дні", "днів") == said
