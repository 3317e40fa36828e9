from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.chaos.course import ANSWERS, HUMAN, Course
from ops.chaos.plan import STAGES
from ops.standins.phrasebook import phrase

QUESTIONS = {
    "name": "Як до вас звертатися?",
    "delivery": "Вам доставити чи заберете самі?",
    "address": "На яку адресу доставити?",
    "confirm": "Підтверджуєте замовлення?",
}


def test_who_understands_nothing_orders_all_the_same_and_then_takes_his_leave() -> None:
    course = Course()
    said = list(iter(lambda: course.next(None), None))
    assert [stage for _, stage in said if stage is not None] == [stage for stage in STAGES if stage != "greeting"]
    assert [key for key, stage in said if stage is None] == ["no_thanks", "thanks_bye"]


def test_a_question_is_answered_whenever_it_comes() -> None:
    course = Course()
    for topic, words in QUESTIONS.items():
        assert course.next(words) == ANSWERS[topic]


def test_who_is_asked_the_same_again_and_again_wants_a_human() -> None:
    course = Course()
    said = [course.next(QUESTIONS["name"]) for _ in range(4)]
    assert said[-1] == (HUMAN, None)
    assert HUMAN not in [step[0] for step in said[:-1] if step]


def test_who_has_waited_too_long_wants_a_human_and_in_the_end_hangs_up() -> None:
    course = Course()
    said = [course.next(None, impatient=True) for _ in range(4)]
    assert said == [(HUMAN, None)] * 3 + [None]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from(sorted(QUESTIONS.values())), st.text(max_size=20)), max_size=40))
def test_whatever_he_hears_he_says_phrases_of_the_phrasebook_and_comes_to_an_end(heard: list[str | None]) -> None:
    course = Course()
    for words in heard:
        step = course.next(words)
        if step is None:
            return
        assert phrase(step[0]).text
    assert sum(course.next(None) is not None for _ in range(20)) < 20
