from __future__ import annotations

import pytest

from agent.guard.ring_back import asked_or_agreed, wants_ring_back
from agent.prompt.phrases import PHRASES
from tests.fakes.desk import a_desk, heard

HELLO, OFFER, BUSY = PHRASES["greeting"], "Оператори зайняті. Вам передзвонити?", PHRASES["nobody_free"]


@pytest.mark.parametrize(
    "words",
    [
        "Передзвоніть мені, будь ласка, пізніше",
        "Так, передзвоніть мені, будь ласка",
        "перезвоните мне завтра",
        "нехай мені передзвонять",
        "краще передзвоніть",
        "Можете мені передзвонити?",
        "зателефонуйте мені після обіду",
        "наберіть мене завтра о десятій",
        "наберите меня попозже",
        "ні, чекати не буду, передзвоніть",
        "буду чекати на дзвінок",
    ],
)
def test_who_asks_for_it_is_rung_back(words: str) -> None:
    assert wants_ring_back(heard(HELLO, words))
    assert wants_ring_back(heard(BUSY, words))


@pytest.mark.parametrize(
    "words",
    [
        "Потрібні зимові шини",
        "Я передзвоню пізніше",
        "я перезвоню сам",
        "Я вам уже дзвонив учора",
        "не передзвонюйте мені",
        "Не треба мені передзвонювати, дякую",
        "ви передзвоните?",
        "який у вас номер телефону?",
        "мій номер телефону нуль шістдесят сім",
        "Так",
        "З'єднайте ще раз",
    ],
)
def test_who_does_not_ask_is_not(words: str) -> None:
    assert not wants_ring_back(heard(HELLO, words))


@pytest.mark.parametrize("words", ["Так", "так, будь ласка", "ага", "давайте", "добре, завтра о десятій", "після шостої", "да, можно"])
def test_a_yes_or_a_time_agrees_to_an_offer(words: str) -> None:
    assert wants_ring_back(heard(HELLO, "Оператора", OFFER, words))
    assert wants_ring_back(heard(HELLO, "Оператора", PHRASES["after_hours"], words))


@pytest.mark.parametrize("words", ["Ні", "ні, дякую", "не треба", "А скільки чекати?", "з'єднайте ще раз", "так, але не треба дзвонити"])
def test_another_answer_does_not(words: str) -> None:
    assert not wants_ring_back(heard(HELLO, "Оператора", OFFER, words))


def test_a_yes_to_one_thing_or_another_is_no_choice() -> None:
    assert not wants_ring_back(heard(BUSY, "Так"))
    assert not wants_ring_back(heard("Вам передзвонити або спробувати ще раз?", "Так"))


def test_details_may_follow_the_yes() -> None:
    assert wants_ring_back(heard(HELLO, "Оператора", OFFER, "Так", "Як вас звати?", "Олег"))


def test_the_newest_word_counts() -> None:
    assert not wants_ring_back(heard(HELLO, "Передзвоніть мені", "Добре.", "Ні, не передзвонюйте"))
    assert wants_ring_back(heard(HELLO, "Не дзвоніть мені", OFFER, "Ну добре, передзвоніть"))


def test_an_offer_that_he_did_not_hear_was_not_made() -> None:
    assert not wants_ring_back(heard(HELLO, "Оператора", "Оператори зайняті.", "Так"))


def test_the_refusal_tells_what_to_ask() -> None:
    refusal = asked_or_agreed(None, a_desk(said=heard(HELLO, "Є зимові шини?")))
    assert refusal is not None
    assert "Вам передзвонити?" in refusal.words
    assert asked_or_agreed(None, a_desk(said=heard(HELLO, "Передзвоніть мені"))) is None
