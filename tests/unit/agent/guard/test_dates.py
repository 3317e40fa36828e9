from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.guard.dates import AHEAD_MAX_DAYS, in_the_future
from tests.fakes.desk import NOW, a_desk

TODAY = NOW.date()


def fitting(day: dt.date, hour: dt.time) -> SimpleNamespace:
    return SimpleNamespace(date=day, time=hour)


@pytest.mark.parametrize(
    ("days", "hour", "allowed"),
    [(0, 13, True), (0, 12, False), (0, 9, False), (-1, 13, False), (1, 9, True), (60, 9, True), (61, 9, False), (365, 9, False)],
)
def test_a_fitting_is_between_now_and_sixty_days_ahead(days: int, hour: int, allowed: bool) -> None:
    assert (in_the_future(fitting(TODAY + dt.timedelta(days), dt.time(hour)), a_desk()) is None) is allowed


@pytest.mark.parametrize(("first", "last", "allowed"), [(0, 7, True), (-1, 7, False), (0, 61, False)])
def test_days_are_looked_up_only_where_a_fitting_can_be(first: int, last: int, allowed: bool) -> None:
    wanted = SimpleNamespace(date_from=TODAY + dt.timedelta(first), date_to=TODAY + dt.timedelta(last))
    assert (in_the_future(wanted, a_desk()) is None) is allowed


def test_what_is_not_given_is_not_checked() -> None:
    assert in_the_future(SimpleNamespace(date_from=None, date_to=None), a_desk()) is None


@given(st.dates(TODAY - dt.timedelta(400), TODAY + dt.timedelta(400)), st.times())
def test_exactly_the_moments_of_the_next_sixty_days_are_allowed(day: dt.date, hour: dt.time) -> None:
    allowed = in_the_future(fitting(day, hour), a_desk()) is None
    assert allowed == ((TODAY, NOW.time()) < (day, hour) and day <= TODAY + dt.timedelta(AHEAD_MAX_DAYS))
