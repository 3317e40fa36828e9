from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.watchdog.restarts import FORGET_S, LONGEST_S, Restarts


def test_the_first_death_is_repaired_at_once() -> None:
    restarts = Restarts()
    restarts.died(100.0)
    assert restarts.next_at <= 100.0


def test_deaths_in_a_row_slow_the_restarts_down_to_one_in_thirty_seconds() -> None:
    restarts, now, pauses = Restarts(), 100.0, []
    for _ in range(12):
        restarts.died(now)
        pauses.append(restarts.next_at - now)
        now = max(now, restarts.next_at)  # each is started as soon as may be, and dies at once
    assert pauses == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0, 30.0]


def test_one_that_dies_half_a_minute_after_each_start_does_not_count_as_quiet() -> None:
    restarts, now = Restarts(), 100.0
    for _ in range(12):
        restarts.died(now)
        now = max(now, restarts.next_at) + LONGEST_S
    assert restarts.in_a_row == 12


@given(st.lists(st.floats(min_value=0.0, max_value=FORGET_S - 0.1), max_size=20))
def test_a_quiet_minute_forgets_whatever_was(gaps: list[float]) -> None:
    restarts, now = Restarts(), 100.0
    for gap in gaps:
        restarts.died(now)
        now = max(now, restarts.next_at) + gap
    restarts.died(now)
    now = restarts.next_at + FORGET_S + 0.001
    restarts.died(now)
    assert restarts.next_at <= now


@given(st.lists(st.floats(min_value=0.0, max_value=300.0), min_size=1, max_size=30))
def test_no_pause_is_longer_than_thirty_seconds_and_the_next_start_never_moves_back(gaps: list[float]) -> None:
    restarts, now, before = Restarts(), 100.0, 0.0
    for gap in gaps:
        now += gap
        restarts.died(now)
        assert restarts.next_at - now <= LONGEST_S
        assert restarts.next_at >= before
        before = restarts.next_at
