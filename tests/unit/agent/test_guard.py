from __future__ import annotations

from agent.guard import TRANSFER, Guard


def test_ten_calls_are_allowed_and_the_eleventh_goes_to_a_human() -> None:
    guard = Guard(["search_tires", TRANSFER])
    assert [guard.check("search_tires") for _ in range(10)] == [None] * 10
    refusal = guard.check("search_tires")
    assert refusal is not None
    assert refusal.hand_off


def test_a_transfer_is_not_counted_and_always_allowed() -> None:
    guard = Guard(["search_tires", TRANSFER], calls_max=1)
    assert guard.check(TRANSFER) is None
    assert guard.check("search_tires") is None
    assert guard.check(TRANSFER) is None


def test_an_unknown_tool_is_refused_in_words_and_not_counted() -> None:
    guard = Guard(["search_tires"], calls_max=1)
    refusal = guard.check("drop_database")
    assert refusal is not None
    assert "search_tires" in refusal.words
    assert not refusal.hand_off
    assert guard.check("search_tires") is None
