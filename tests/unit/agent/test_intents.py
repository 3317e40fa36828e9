from __future__ import annotations

import pytest

from agent.intents import only_closes, says_goodbye, wants_human


@pytest.mark.parametrize(
    "text",
    [
        "оператор",
        "З'єднайте мене з оператором",
        "дайте живу людину",
        "хочу поговорити з людиною",
        "покличте менеджера",
        "позовите живого человека",
        "переключите на оператора пожалуйста",
        "мені потрібен живий консультант",
    ],
)
def test_a_wish_for_a_human_is_understood_in_both_languages(text: str) -> None:
    assert wants_human(text)


@pytest.mark.parametrize("text", ["", "шини на Камрі", "не треба оператора", "без оператора", "не хочу оператора", "зимові, живопис"])
def test_other_words_are_no_wish_for_a_human(text: str) -> None:
    assert not wants_human(text)


@pytest.mark.parametrize("text", ["Дякую за дзвінок. До побачення!", "Гарного дня, до побачення.", "На все добре!"])
def test_a_reply_that_ends_with_a_goodbye_says_goodbye(text: str) -> None:
    assert says_goodbye(text)


@pytest.mark.parametrize("text", ["", "Ви сказали до побачення. Ще щось?", "Сказати вам до побачення?", "Є шини."])
def test_a_reply_that_goes_on_does_not(text: str) -> None:
    assert not says_goodbye(text)


@pytest.mark.parametrize(
    ("text", "closes"), [("Дякую, до побачення!", True), ("Спасибо", True), ("Ні, дякую", True), ("А ще диски є?", False)]
)
def test_an_answer_to_our_goodbye_either_closes_or_wants_more(text: str, closes: bool) -> None:
    assert only_closes(text) is closes
