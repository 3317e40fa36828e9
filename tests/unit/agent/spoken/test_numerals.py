from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.spoken.grammar import HRYVNIA, MONEY, UNITS, Case, Gender
from agent.spoken.numerals import BEYOND, cardinal, decimal, ordinal
from ops.standins.anthropic_api.brain.numbers import plain
from tests.unit.agent.spoken.reading import number_in

NOUN_ENDINGS = {1: "гривня", 2: "гривні", 3: "гривні", 4: "гривні"}


@given(st.integers(0, 999_999_999))
def test_every_number_can_be_read_back(number: int) -> None:
    assert number_in(cardinal(number)) == number


def test_every_number_of_four_digits_can_be_read_back() -> None:
    assert [number_in(cardinal(number)) for number in range(10_000)] == list(range(10_000))


@given(st.integers(1, 999_999))
def test_a_listener_of_ours_understands_the_number(number: int) -> None:
    assert plain(cardinal(number)) == str(number)


@given(st.integers(0, BEYOND - 1), st.sampled_from(Gender), st.sampled_from(Case))
def test_every_case_has_as_many_words_as_the_nominative(number: int, gender: Gender, case: Case) -> None:
    assert len(cardinal(number, gender, case).split()) == len(cardinal(number).split())


@pytest.mark.parametrize("number", [-1, BEYOND])
def test_what_has_no_words_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no words"):
        cardinal(number)


@given(st.integers(1, 10**6))
def test_hryvnias_agree_with_the_end_of_the_number(number: int) -> None:
    teens = 11 <= number % 100 <= 14
    assert HRYVNIA.after(number, Case.NOMINATIVE) == ("гривень" if teens else NOUN_ENDINGS.get(number % 10, "гривень"))


def test_the_tables_of_nouns_have_no_digit_and_no_latin_letter() -> None:
    for noun in {**UNITS, **MONEY}.values():
        for form in (*noun.singular, *noun.plural):
            assert form.isalpha()
            assert not any(char.isascii() for char in form)


@pytest.mark.parametrize(
    ("number", "gender", "case", "words"),
    [
        (1, Gender.FEMININE, Case.ACCUSATIVE, "одну"),
        (2, Gender.FEMININE, Case.NOMINATIVE, "дві"),
        (2, Gender.NEUTER, Case.NOMINATIVE, "два"),
        (21, Gender.NEUTER, Case.NOMINATIVE, "двадцять одне"),
        (1000, Gender.MASCULINE, Case.ACCUSATIVE, "тисячу"),
        (2000, Gender.FEMININE, Case.GENITIVE, "двох тисяч"),
        (21_000, Gender.MASCULINE, Case.NOMINATIVE, "двадцять одна тисяча"),
        (4690, Gender.MASCULINE, Case.GENITIVE, "чотирьох тисяч шестисот дев'яноста"),
        (1_001_000, Gender.MASCULINE, Case.NOMINATIVE, "мільйон одна тисяча"),
        (45, Gender.MASCULINE, Case.INSTRUMENTAL, "сорока п'ятьма"),
        (245, Gender.MASCULINE, Case.LOCATIVE, "двохстах сорока п'яти"),
    ],
)
def test_a_number_in_its_case_and_gender(number: int, gender: Gender, case: Case, words: str) -> None:
    assert cardinal(number, gender, case) == words


@pytest.mark.parametrize(
    ("number", "gender", "case", "words"),
    [
        (3, Gender.MASCULINE, Case.GENITIVE, "третього"),
        (3, Gender.FEMININE, Case.NOMINATIVE, "третя"),
        (10, Gender.FEMININE, Case.LOCATIVE, "десятій"),
        (11, Gender.FEMININE, Case.GENITIVE, "одинадцятої"),
        (24, Gender.NEUTER, Case.ACCUSATIVE, "двадцять четверте"),
        (30, Gender.MASCULINE, Case.GENITIVE, "тридцятого"),
        (40, Gender.MASCULINE, Case.NOMINATIVE, "сороковий"),
        (100, Gender.MASCULINE, Case.NOMINATIVE, "сотий"),
        (200, Gender.MASCULINE, Case.NOMINATIVE, "двохсотий"),
        (1900, Gender.MASCULINE, Case.GENITIVE, "тисяча дев'ятисотого"),
        (2000, Gender.MASCULINE, Case.GENITIVE, "двохтисячного"),
        (2019, Gender.MASCULINE, Case.GENITIVE, "дві тисячі дев'ятнадцятого"),
        (2026, Gender.MASCULINE, Case.LOCATIVE, "дві тисячі двадцять шостому"),
        (0, Gender.FEMININE, Case.LOCATIVE, "нульовій"),
    ],
)
def test_an_ordinal_declines_its_last_word_alone(number: int, gender: Gender, case: Case, words: str) -> None:
    assert ordinal(number, gender, case) == words


@pytest.mark.parametrize(
    ("whole", "fraction", "gender", "words"),
    [
        (1, "5", Gender.FEMININE, "півтори"),
        (1, "5", Gender.MASCULINE, "півтора"),
        (2, "5", Gender.FEMININE, "дві з половиною"),
        (1, "1", Gender.MASCULINE, "одна ціла одна десята"),
        (3, "14", Gender.MASCULINE, "три цілих чотирнадцять сотих"),
        (0, "125", Gender.MASCULINE, "нуль цілих сто двадцять п'ять тисячних"),
        (3, "1415", Gender.MASCULINE, "три кома один чотири один п'ять"),
    ],
)
def test_decimals_are_told_in_parts(whole: int, fraction: str, gender: Gender, words: str) -> None:
    assert decimal(whole, fraction, gender) == words
