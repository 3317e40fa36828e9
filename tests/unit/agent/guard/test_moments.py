from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.guard.moments import hours_in, names_day, names_hour
from agent.spoken.grammar import Case, Gender
from agent.spoken.numerals import ordinal

TODAY = dt.date(2026, 11, 23)  # a Monday
TUESDAY = dt.date(2026, 11, 24)
MONTHS = ("січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня")


@pytest.mark.parametrize(
    "text",
    [
        "Записую на завтра о 10:00.",
        "у вівторок, 24 листопада, о десятій",
        "на двадцять четверте листопада",
        "на 24-го числа",
        "24.11 о 10:00",
        "завтра, у вівторок, 24 листопада",
    ],
)
def test_a_day_is_named_in_many_ways(text: str) -> None:
    assert names_day(text, TUESDAY, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "о 10:00",
        "сьогодні о 10:00",
        "післязавтра о 10:00",
        "у середу",
        "25 листопада",
        "24 грудня",
        "завтра або у середу",
        "завтра чи післязавтра",
        "24 шини",
        "24 чи 25 листопада, у вівторок чи середу",
    ],
)
def test_another_day_or_a_choice_of_days_is_not_this_day(text: str) -> None:
    assert not names_day(text, TUESDAY, TODAY)


def test_a_move_may_name_the_day_it_moves_from() -> None:
    text = "Переношу запис із завтра, 24 листопада, на п'ятницю, 27 листопада"
    friday = dt.date(2026, 11, 27)
    assert names_day(text, friday, TODAY, beside=[TUESDAY])
    assert not names_day(text, friday, TODAY)


@pytest.mark.parametrize(
    "text", ["о 10:00", "о 10.00", "о десятій", "о 10", "на десяту годину", "на 10 годину", "десята година", "на десяту"]
)
def test_an_hour_is_named_in_many_ways(text: str) -> None:
    assert names_hour(text, dt.time(10))


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("о 14:30", dt.time(14, 30)),
        ("о другій тридцять", dt.time(14, 30)),
        ("о пів на третю", dt.time(14, 30)),
        ("о дванадцятій", dt.time(12)),
        ("о 15 годині", dt.time(15)),
    ],
)
def test_halves_and_afternoons(text: str, hour: dt.time) -> None:
    assert names_hour(text, hour)


@pytest.mark.parametrize("text", ["", "о 11:00", "о 10:30", "вільно о 9:00, 10:00 та 11:00", "о десятій або об одинадцятій", "10 шин"])
def test_another_hour_or_a_choice_of_hours_is_not_this_hour(text: str) -> None:
    assert not names_hour(text, dt.time(10))


def test_dates_prices_and_sizes_are_no_hours() -> None:
    assert hours_in("24 листопада, 4 шини 215/55 R17 за 4 500 грн, до 24.11") == set()


@given(st.dates(TODAY, TODAY + dt.timedelta(60)), st.integers(0, 23), st.sampled_from([0, 15, 30, 45]), st.booleans())
def test_a_booking_as_it_is_read_out_names_its_moment_and_no_other(day: dt.date, hour: int, minute: int, words: bool) -> None:
    said = ordinal(day.day, Gender.NEUTER) if words else str(day.day)
    text = f"Записую вас на {said} {MONTHS[day.month - 1]} о {hour}:{minute:02}. Підтверджуєте?"
    assert names_day(text, day, TODAY)
    assert names_hour(text, dt.time(hour, minute))
    assert not names_day(text, day + dt.timedelta(1), TODAY)
    assert not names_hour(text, dt.time((hour + 1) % 24, minute))


@given(st.integers(1, 23))
def test_every_hour_is_understood_in_words(hour: int) -> None:
    assert names_hour(f"о {ordinal(hour, Gender.FEMININE, Case.LOCATIVE)}", dt.time(hour))
