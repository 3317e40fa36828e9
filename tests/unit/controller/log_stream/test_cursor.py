from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.log_stream.cursor import APPS, SLACK_US, BadCursor, absent_from, format_cursor, parse


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), st.integers(0, 10**18 - 1), max_size=APPS))
def test_a_place_is_read_back_as_it_was_written(cursor: dict[str, int]) -> None:
    assert parse(format_cursor(cursor)) == cursor


@pytest.mark.parametrize("text", ["callctl", "callctl:", ":1", "a:1,", "a:-1", "a:1;b:2", "a:9999999999999999999", "ї:1", "a:١"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        parse(text)


def test_a_place_of_very_many_apps_is_refused() -> None:
    with pytest.raises(BadCursor):
        parse(",".join(f"a{number}:1" for number in range(APPS + 1)))


def test_an_app_that_is_not_named_counts_from_a_little_before_the_newest_place() -> None:
    assert absent_from({"a": 500 + SLACK_US, "b": 1}) == 500
    assert absent_from({"a": 5}) == 0
