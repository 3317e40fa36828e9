"""Numerals, facts and intents as callers say them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.standins.anthropic_api.brain.facts import Facts, facts_in
from ops.standins.anthropic_api.brain.intents import Intent, choice_in, intents_in
from ops.standins.anthropic_api.brain.numbers import plain


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("двісті п'ять на п'ятдесят п'ять", "205 на 55"),
        ("двести пять пятьдесят пять шестнадцать", "205 55 16"),
        ("двісті двадцять п’ять", "225"),
        ("сто дев'яносто п'ять", "195"),
        ("дві тисячі дев'ятнадцятого року", "2019 року"),
        ("две тысячи четырнадцатый", "2014"),
        ("тисяча", "1000"),
        ("3 тисячі двісті", "3200"),
        ("до трьох тисяч п'ятисот", "до 3500"),
        ("сорок п'ять, радіус сімнадцять", "45 , радіус 17"),
        ("Стоп", "стоп"),
    ],
)
def test_numerals_become_digits(said: str, read: str) -> None:
    assert plain(said) == read


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("205/55 R16", (205, 55, 16)),
        ("205/55R16", (205, 55, 16)),
        ("205 55 16", (205, 55, 16)),
        ("двісті п'ятнадцять на п'ятдесят п'ять, радіус сімнадцять", (215, 55, 17)),
        ("Размер двести пять на пятьдесят пять, радиус шестнадцать", (205, 55, 16)),
        ("сто сімдесят п'ять на сімдесят р тринадцять", (175, 70, 13)),
        ("мій номер 067 123 45 67", None),
    ],
)
def test_sizes_are_read_however_they_are_said(said: str, size: tuple[int, int, int] | None) -> None:
    assert facts_in(said).size == size


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ("Камрі 2019", 2019),
        ("Гольф дев'ятнадцятого року", 2019),
        ("дев'яносто восьмого року", 1998),
        ("215/55 р17", None),
        ("до 2000 грн", None),
    ],
)
def test_years_are_told_from_sizes_and_prices(said: str, year: int | None) -> None:
    assert facts_in(said).year == year


@pytest.mark.parametrize(
    ("said", "car"),
    [
        ("на Камрі", ("Toyota", "Camry")),
        ("у мене Королла", ("Toyota", "Corolla")),
        ("Фольксваген Гольф", ("Volkswagen", "Golf")),
        ("шкода октавия", ("Skoda", "Octavia")),
        ("на Ланос", ("Daewoo", "Lanos")),
        ("Дастер", ("Renault", "Duster")),
        ("Рено", ("Renault", None)),
        ("на велосипед", (None, None)),
    ],
)
def test_cars_are_recognised(said: str, car: tuple[str | None, str | None]) -> None:
    assert (facts_in(said).make, facts_in(said).model) == car


def test_another_car_forgets_the_size_and_the_year_of_the_last() -> None:
    known = facts_in("зимові на Камрі 2019 року").updated(facts_in("ні, на Гольф"))
    assert known == Facts(season="winter", make="Volkswagen", model="Golf")


def test_the_maker_said_again_keeps_the_model() -> None:
    assert facts_in("на Камрі").updated(facts_in("так, Тойота, 2019 року")).model == "Camry"


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("З'єднайте з менеджером", Intent.OPERATOR),
        ("А дорогувато, є бюджетніше?", Intent.CHEAPER),
        ("Скільки коштує доставка?", Intent.KNOWLEDGE),
        ("Хочу оформити", Intent.ORDER),
        ("Алло, ви мене чуєте?", Intent.GREETING),
        ("Ага", Intent.BACKCHANNEL),
        ("Стоп, зачекайте!", Intent.STOP),
        ("Ні", Intent.NO),
    ],
)
def test_the_most_telling_intent_comes_first(said: str, intent: Intent) -> None:
    assert intents_in(said)[0] is intent


@pytest.mark.parametrize(
    ("said", "number"), [("давайте перший варіант", 1), ("Другий", 2), ("варіант 3", 3), ("чотири шини", None), ("одну хвилинку", None)]
)
def test_a_choice_among_offers_is_read(said: str, number: int | None) -> None:
    assert choice_in(said) == number


@given(st.text(alphabet=st.sampled_from("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'’ 0123456789,.-/R"), max_size=80))
def test_no_speech_confuses_it(said: str) -> None:
    facts_in(said)
    intents_in(said)
    choice_in(said)


@given(st.integers(105, 355).filter(lambda w: w % 10 == 5), st.sampled_from(range(25, 90, 5)), st.integers(12, 24))
def test_every_written_size_is_read_back(width: int, profile: int, diameter: int) -> None:
    assert facts_in(f"шини {width}/{profile} R{diameter} зимові").size == (width, profile, diameter)
