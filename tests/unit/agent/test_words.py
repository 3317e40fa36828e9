from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.ports import Heard
from agent.words import Taken, Words


def interim(text: str) -> Heard:
    return Heard(text, final=False)


def final(text: str) -> Heard:
    return Heard(text, final=True, confidence=0.9, language="uk-UA")


def test_interims_replace_each_other_and_finals_add_up() -> None:
    words = Words()
    words.hear(interim("потрібні"))
    words.hear(interim("потрібні шини"))
    words.hear(final("потрібні шини"))
    assert words.complete
    words.hear(interim("на"))
    words.hear(final("на Камрі"))
    assert words.take() == Taken("потрібні шини на Камрі", True, 0.9, "uk-UA")
    assert not words.any


def test_a_final_after_an_interim_was_taken_is_a_correction() -> None:
    words = Words()
    words.hear(interim("зимові"))
    assert words.take() == Taken("зимові", False)
    assert words.hear(interim("зимові шини")) is None
    assert words.hear(final("зимові шини")) == Taken("зимові шини", True, 0.9, "uk-UA")
    assert not words.any


def test_a_correction_keeps_the_finals_that_were_taken_with_the_interim() -> None:
    words = Words()
    words.hear(final("добрий день"))
    words.hear(interim("зимові"))
    words.take()
    assert words.hear(final("зимові шини")) == Taken("добрий день зимові шини", True, 0.9, "uk-UA")


def test_words_after_he_spoke_again_are_of_the_next_turn() -> None:
    words = Words()
    words.hear(interim("зимові шини"))
    words.take()
    words.spoke()
    words.hear(interim("зимові шини на"))
    assert words.any
    assert words.hear(final("зимові шини на Камрі")) == Taken("зимові шини", True, 0.9, "uk-UA")
    assert words.take().text == "на Камрі"


def test_three_turns_in_one_segment_are_kept_apart() -> None:
    words = Words()
    words.hear(interim("раз"))
    assert words.take().text == "раз"
    words.spoke()
    words.hear(interim("раз два"))
    assert words.take().text == "два"
    words.spoke()
    correction = words.hear(final("раз два три"))
    assert correction is not None
    assert correction.text == "два"
    assert words.take().text == "три"


def test_a_final_that_nothing_is_owed_to_is_new() -> None:
    words = Words()
    words.hear(final("перше"))
    words.take()
    assert words.hear(final("друге")) is None
    assert words.take().text == "друге"


def test_a_sound_after_the_final_may_be_more_words() -> None:
    words = Words()
    words.spoke()
    words.hear(final("добрий день"))
    assert words.complete
    words.spoke()
    assert not words.complete


def test_an_empty_final_corrects_nothing() -> None:
    words = Words()
    words.hear(interim("так"))
    words.take()
    assert words.hear(final("")) is None
    assert words.hear(final("ні")) is None
    assert words.take().text == "ні"


SEGMENT = st.lists(st.sampled_from(["а", "бе", "це", "де"]), min_size=1, max_size=5)


@given(st.lists(st.tuples(SEGMENT, st.integers(0, 5)), max_size=6))
def test_every_word_is_in_exactly_one_turn_however_turns_fall_into_segments(segments: list[tuple[list[str], int]]) -> None:
    words, taken = Words(), list[str]()
    for segment, taken_after in segments:
        words.spoke()
        for count in range(1, len(segment)):
            words.hear(interim(" ".join(segment[:count])))
            if count == taken_after and words.any:
                taken += words.take().text.split()
                words.spoke()
        words.hear(final(" ".join(segment)))
    if words.any:
        taken += words.take().text.split()
    assert taken == [word for segment, _ in segments for word in segment]
