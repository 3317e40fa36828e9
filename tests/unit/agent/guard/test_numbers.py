from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.guard.numbers import numbers_in
from agent.spoken.grammar import Case, Gender
from agent.spoken.numerals import cardinal, ordinal


def values(text: str) -> list[int]:
    return [number.value for number in numbers_in(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("разом 18 150 грн", [18_150]),
        ("разом 18150 грн", [18_150]),
        ("по 4\u00a0500 за штуку", [4_500]),
        ("18 тисяч гривень", [18_000]),
        ("4,5 тисячі", [4_500]),
        ("півтори тисячі", [1_500]),
        ("чотири тисячі п’ятсот гривень", [4_500]),
        ("до пяти тысяч", [5_000]),
        ("четыре тысячи пятьсот", [4_500]),
        ("тысяча двести", [1_200]),
        ("двадцять четвертого, о десятій", [24, 10]),
        ("о 10:30", [10, 30]),
        ("215/55 R17", [215, 55, 17]),
        ("по дві тисячі, чотири шини", [2_000, 4]),
        ("два, три", [2, 3]),
        ("друга 4500", [2, 4_500]),
        ("нуль гривень", [0]),
        ("шини для тойоти, стоп", []),
        ("", []),
    ],
)
def test_numbers_are_read_in_digits_and_words(text: str, found: list[int]) -> None:
    assert values(text) == found


@given(st.integers(0, 999_999), st.sampled_from(Gender), st.sampled_from(Case))
def test_every_number_said_in_ukrainian_is_understood(number: int, gender: Gender, case: Case) -> None:
    assert values(cardinal(number, gender, case)) == [number]


@given(st.integers(1, 31), st.sampled_from(Gender), st.sampled_from(Case))
def test_every_day_and_hour_is_understood(number: int, gender: Gender, case: Case) -> None:
    assert [(one.value, one.ordinal) for one in numbers_in(ordinal(number, gender, case))] == [(number, True)]


@given(st.integers(1, 9_999_999), st.sampled_from([" ", "\u00a0", "\u202f", "."]))
def test_digits_may_be_grouped(number: int, gap: str) -> None:
    assert values(f"{number:,}".replace(",", gap)) == [number]


def test_digits_without_end_are_a_number_that_nobody_told() -> None:
    assert values("9" * 400) == [10**15]


@given(st.text(alphabet="0123456789 двтрисотячнульп'ьюя.,:-", max_size=40))
def test_any_text_is_read_and_numbers_stand_in_its_order(text: str) -> None:
    found = numbers_in(text)
    assert [number.start for number in found] == sorted(number.start for number in found)
    assert all(number.end > number.start for number in found)
