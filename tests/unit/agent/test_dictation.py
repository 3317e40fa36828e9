from __future__ import annotations

import pytest

from agent.dictation import TEXT_MAX, Dictation, Dictations, speakable


def dictations(*texts: str) -> Dictations:
    waiting = Dictations()
    for text in texts:
        waiting.add(Dictation(text.rstrip("!"), "Олена"), urgent=text.endswith("!"))
    return waiting


def order(waiting: Dictations) -> list[str]:
    return [waiting.next().text for _ in waiting.waiting]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Зробимо знижку.", "Зробимо знижку."),
        ("  Одну\n\tхвилинку,\x00 будь\u200bласка \x1b[31m", "Одну хвилинку, будь ласка [31m"),
        ("…", ""),
        (" \n ", ""),
        ("", ""),
    ],
)
def test_control_characters_are_no_words(text: str, said: str) -> None:
    assert speakable(text) == said


def test_a_long_text_ends_at_a_word() -> None:
    said = speakable("слово " * 200)
    assert len(said) <= TEXT_MAX
    assert said.endswith("слово")
    assert len(speakable("а" * 600)) == TEXT_MAX


def test_the_urgent_come_before_the_others_each_in_their_order() -> None:
    assert order(dictations("one", "two!", "three!")) == ["two", "three", "one"]


def test_three_wait_and_no_more() -> None:
    waiting = dictations("one", "two", "three")
    assert waiting.full
    waiting.add(Dictation("four", "Олена"), urgent=True)
    assert order(waiting) == ["one", "two", "three"]


def test_what_is_left_after_the_urgent_is_not_urgent() -> None:
    waiting = dictations("one", "two!")
    assert waiting.urgent
    waiting.next()
    assert waiting
    assert not waiting.urgent
