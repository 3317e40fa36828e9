from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.echo import Echo

GREETING = "Вашу розмову обробляє автоматизована система. Чим можу допомогти?"


def speaking(text: str = GREETING) -> Echo:
    echo = Echo()
    echo.began(text)
    return echo


@pytest.mark.parametrize(
    "heard",
    [
        "вашу розмову обробляє автоматизована",
        "розмову обробляє автоматизована система чим можу",
        "система чим можу допомогти",
        "нашу розмову обробляє автоматична система",  # as recognisers err
        "автоматизована система чим можу помогти",
    ],
)
@pytest.mark.parametrize("his_sound_ms", [None, 900])
def test_our_own_words_are_nobodys_while_we_speak(heard: str, his_sound_ms: int | None) -> None:
    assert speaking().strip(heard, 1_000, his_sound_ms=his_sound_ms) == ""


@pytest.mark.parametrize("heard", ["мені потрібні зимові шини", "стоп", "а що за система така", "можу я спитати", "ні чим"])
def test_his_words_are_his(heard: str) -> None:
    assert speaking().strip(heard, 1_000, his_sound_ms=900) == heard


def test_his_words_behind_ours_are_kept() -> None:
    heard = "Система. Чим можу допомогти? Мені потрібні шини"
    assert speaking().strip(heard, 1_000, his_sound_ms=900) == "Мені потрібні шини"
    assert speaking().strip("Чим можу допомогти? Мені потрібні шини", 1_000, his_sound_ms=None) == "Мені потрібні шини"


def test_one_or_two_of_our_words_are_ours_only_without_a_sound_of_his() -> None:
    echo = speaking("Є Мішлен та Нокіан. Які вам цікавіші?")
    assert echo.strip("нокіан", 1_000, his_sound_ms=900) == "нокіан"
    assert echo.strip("нокіан", 1_000, his_sound_ms=None) == ""
    assert echo.strip("нокіан давайте", 1_000, his_sound_ms=None) == "нокіан давайте"


def test_an_echo_may_be_recognised_a_little_later_but_not_for_ever() -> None:
    echo = speaking()
    echo.ended(GREETING, 5_000)
    assert echo.strip("чим можу допомогти", 7_400, his_sound_ms=None) == ""
    assert echo.strip("чим можу допомогти", 7_600, his_sound_ms=None) == "чим можу допомогти"


def test_who_repeats_us_after_we_ended_is_heard() -> None:
    echo = speaking("Оформлюємо чотири шини Мішлен?")
    assert echo.strip("оформлюємо чотири шини Мішлен", 4_900, his_sound_ms=4_000) == ""
    echo.ended("Оформлюємо чотири шини Мішлен?", 5_000)
    assert echo.strip("оформлюємо чотири шини Мішлен", 6_500, his_sound_ms=5_100) == "оформлюємо чотири шини Мішлен"


def test_who_said_nothing_has_no_echo() -> None:
    assert Echo().strip("чим можу допомогти", 1_000, his_sound_ms=None) == "чим можу допомогти"


@given(st.text("аб в,.", max_size=40), st.text("аб в,.", max_size=40), st.booleans())
def test_what_is_left_is_the_end_of_what_was_heard(said: str, heard: str, sound: bool) -> None:
    left = speaking(said).strip(heard, 1_000, his_sound_ms=900 if sound else None)
    assert heard.endswith(left)
