"""Days, hours, places, amounts, names and numbers as callers say them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.standins.anthropic_api.brain import details
from ops.standins.anthropic_api.brain.moments import day_in, time_in, today_in
from ops.standins.anthropic_api.brain.places import address_in, city_in

MONDAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("На завтра", dt.date(2026, 11, 24)),
        ("післязавтра зранку", dt.date(2026, 11, 25)),
        ("У середу", dt.date(2026, 11, 25)),
        ("у понеділок", dt.date(2026, 11, 30)),
        ("В четверг, пожалуйста", dt.date(2026, 11, 26)),
        ("У п'ятницю", dt.date(2026, 11, 27)),
        ("двадцять сьомого листопада", dt.date(2026, 11, 27)),
        ("десятого січня", dt.date(2027, 1, 10)),
        ("25 ноября", dt.date(2026, 11, 25)),
        ("о десятій", None),
    ],
)
def test_days_are_read_from_today_on(said: str, day: dt.date | None) -> None:
    assert day_in(said, MONDAY) == day


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("О десятій", "10:00"),
        ("о дев'ятій ранку", "09:00"),
        ("О чотирнадцятій", "14:00"),
        ("о другій", "14:00"),
        ("десять тридцять", "10:30"),
        ("о пів на одинадцяту", "10:30"),
        ("В одиннадцать", "11:00"),
        ("В пятнадцать часов", "15:00"),
        ("на 16:30", "16:30"),
    ],
)
def test_hours_are_read_in_answers(said: str, hour: str) -> None:
    assert f"{time_in(said, asked=True):%H:%M}" == hour


@pytest.mark.parametrize("said", ["двадцять п'ятого листопада", "чотири шини", "радіус шістнадцять", "У середу"])
def test_other_numbers_are_no_hours(said: str) -> None:
    assert time_in(said, asked=False) is None


def test_today_is_read_from_the_prompt() -> None:
    assert today_in("- Сьогодні понеділок, 23 листопада 2026 року (2026-11-23).") == MONDAY
    assert today_in("Сьогодні 23 листопада 2026 року") == MONDAY
    assert today_in("Ти консультант") is None


@pytest.mark.parametrize(
    ("said", "city"), [("До Києва", "Київ"), ("во Львове", "Львів"), ("в Днепр", "Дніпро"), ("у Полтаву", "Полтава"), ("на дачу", None)]
)
def test_cities_are_read_in_any_case_and_language(said: str, city: str | None) -> None:
    assert city_in(said) == city


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("Вулиця Шевченка, будинок десять", "Вулиця Шевченка, будинок 10"),
        ("Нова пошта, відділення сім", "Нова пошта, відділення 7"),
        ("Улица Садовая, дом пять", "Улица Садовая, дом 5"),
        ("На Хрещатик двадцять два", "Хрещатик 22"),
        ("так", None),
    ],
)
def test_addresses_are_read_in_answers(said: str, address: str | None) -> None:
    assert address_in(said, asked=True) == address


@pytest.mark.parametrize(
    ("said", "quantity"),
    [
        ("Беру чотири штуки", 4),
        ("Ні, краще дві", 2),
        ("Я беру комплект", 4),
        ("пару штук", 2),
        ("Беру сто тисяч штук", 100_000),
        ("давайте перший варіант", None),
        ("зимові 205/55 R16", None),
        ("до трьох тисяч гривень", None),
    ],
)
def test_amounts_are_read(said: str, quantity: int | None) -> None:
    assert details.quantity_in(said, asked=False) == quantity


@pytest.mark.parametrize(
    ("said", "asked", "name"),
    [
        ("Мене звати Андрій Бондаренко", False, "Андрій Бондаренко"),
        ("Олена Коваль", True, "Олена Коваль"),
        ("Записуйте на Марію", True, "Марію"),
        ("Меня зовут Сергей Иванов", False, "Сергей Иванов"),
        ("так, добре", True, None),
        ("Беру чотири", False, None),
    ],
)
def test_names_are_read(said: str, asked: bool, name: str | None) -> None:
    assert details.name_in(said, asked=asked) == name


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("сто чотири вісімсот один", "104801"),
        ("один нуль чотири один дев'ять вісім", "104198"),
        ("104217", "104217"),
        ("замовлення номер сто чотири сто дев'яносто вісім", "104198"),
        ("чотири шини", None),
    ],
)
def test_numbers_of_orders_are_read_in_groups_and_digit_by_digit(said: str, number: str | None) -> None:
    assert details.number_in(said) == number


@given(st.text(alphabet=st.sampled_from("абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАБВ'’ 0123456789,.:-/№"), max_size=80), st.booleans())
def test_no_speech_confuses_it(said: str, asked: bool) -> None:
    day_in(said, MONDAY)
    time_in(said, asked=asked)
    city_in(said)
    address_in(said, asked=asked)
    details.quantity_in(said, asked=asked)
    details.name_in(said, asked=asked)
    details.number_in(said)
    details.diameter_in(said, asked=asked)
