from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.words import LONGEST_QUESTION, fold, stem, words_of


def test_ukrainian_and_russian_spelling_fold_into_one() -> None:
    assert fold("Гарантія на шини") == fold("гарантия на шины") == "garantia na wini"
    assert fold("П'ять об’їздів") == "pat obizdiv"


@pytest.mark.parametrize(
    "forms",
    [
        ["гарантія", "гарантії", "гарантію", "гарантий"],
        ["доставка", "доставки", "доставку", "доставок"],
        ["всесезонні", "всесезонних", "всесезонними"],
        ["шина", "шини", "шин", "шиною"],
    ],
)
def test_the_stem_of_one_form_begins_another(forms: list[str]) -> None:
    stems = [stem(fold(form)) for form in forms]
    assert all(fold(form).startswith(min(stems, key=len)) for form in forms)


def test_numbers_and_short_words_have_no_ending() -> None:
    assert [stem(word) for word in ("205", "r16", "abs")] == ["205", "r16", "abs"]


def test_small_words_and_repetitions_are_left_out() -> None:
    assert [word.whole for word in words_of("Скажіть, а яка у вас гарантія на шини, на ці шини?")] == ["garantia", "wini"]
    assert words_of("ну а що у вас є") == []


@given(st.text(max_size=2_000))
def test_whatever_is_asked_becomes_a_few_plain_words(question: str) -> None:
    words = words_of(question)
    assert len(words) <= LONGEST_QUESTION
    assert all(re.fullmatch("[a-z0-9]+", word.stem) and word.whole.startswith(word.stem) for word in words)
