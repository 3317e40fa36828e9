from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.latest import Latest


def test_nothing_is_told_twice() -> None:
    latest = Latest(100)
    assert latest.take("a", 0) == "a"
    assert latest.take("a", 500) is None
    assert latest.deadline_ms is None


def test_of_what_comes_too_fast_the_newest_is_told_later() -> None:
    latest = Latest(100)
    latest.take("a", 0)
    assert latest.take("ab", 10) is None
    assert latest.take("abc", 20) is None
    assert latest.deadline_ms == 100
    assert latest.due(99) is None
    assert latest.due(100) == "abc"
    assert latest.deadline_ms is None


def test_what_was_taken_back_meanwhile_is_not_told() -> None:
    latest = Latest(100)
    latest.take("a", 0)
    latest.take("ab", 10)
    assert latest.take("a", 20) is None
    assert latest.deadline_ms is None


def test_words_that_were_taken_for_nothing_are_told_to_be_none() -> None:
    latest = Latest(100)
    latest.take("ага", 0)
    assert latest.take("", 200) == ""


def test_something_new_begins_without_a_trace_of_the_old() -> None:
    latest = Latest(100)
    latest.take("a", 0)
    latest.forget()
    assert latest.take("", 10) is None
    assert latest.take("a", 200) == "a"


@given(st.lists(st.tuples(st.integers(1, 60), st.text("ab", max_size=2)), max_size=60))
def test_never_faster_than_the_gap_and_in_the_end_the_newest(texts: list[tuple[int, str]]) -> None:
    latest, now_ms, told = Latest(100), 0, []
    for passed_ms, text in texts:
        now_ms += passed_ms
        told += [(now_ms, one) for one in (latest.due(now_ms), latest.take(text, now_ms)) if one is not None]
    if latest.deadline_ms is not None and (last := latest.due(latest.deadline_ms)) is not None:
        told.append((now_ms + 100, last))
    assert all(after - before >= 100 for (before, _), (after, _) in pairwise(told))
    assert all(one != other for (_, one), (_, other) in pairwise(told))
    assert (told[-1][1] if told else "") == (texts[-1][1] if texts else "")
