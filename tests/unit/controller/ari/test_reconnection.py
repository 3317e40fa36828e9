from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.ari.reconnection import LONGEST_DELAY_S, TAKE_BACKS, TAKE_BACKS_WITHIN_S, Reconnection


def test_waits_double_up_to_five_seconds() -> None:
    reconnection = Reconnection(chance=lambda: 1.0)
    waits = [reconnection.lost(float(n)) for n in range(9)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_a_connection_that_lived_a_while_starts_the_waits_anew() -> None:
    reconnection = Reconnection(chance=lambda: 1.0)
    for _ in range(8):
        reconnection.lost(0)
    reconnection.opened(10)
    assert reconnection.lost(10.5) == 5.0, "a connection that dies at once was no good one"
    reconnection.opened(20)
    assert reconnection.lost(30) == 0.1


def test_jitter_spreads_a_wait_over_its_upper_half() -> None:
    assert Reconnection(chance=lambda: 0.0).lost(0) == 0.05


@given(st.lists(st.floats(min_value=0.0, max_value=40.0), min_size=4, max_size=30), st.randoms())
def test_no_minute_sees_more_than_three_take_backs(lives_s: list[float], chance: object) -> None:
    reconnection = Reconnection(chance=chance.random)  # type: ignore[attr-defined]
    now = 0.0
    attempts: list[float] = []
    for life_s in lives_s:
        reconnection.opened(now)
        now += life_s
        delay_s = reconnection.replaced(now)
        assert 0 <= delay_s <= TAKE_BACKS_WITHIN_S + LONGEST_DELAY_S
        now += delay_s
        attempts.append(now)
    for earlier, later in zip(attempts, attempts[TAKE_BACKS:], strict=False):
        assert later - earlier >= TAKE_BACKS_WITHIN_S - 1e-6
