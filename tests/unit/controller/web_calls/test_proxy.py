"""How many messages a browser may send."""

from __future__ import annotations

from controller.web_calls.proxy import Allowance


def test_a_burst_passes_and_then_so_many_a_second() -> None:
    allowance = Allowance(3, 2.0, now_s=10.0)
    assert [allowance.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert [allowance.take(10.5), allowance.take(10.5)] == [True, False]


def test_a_long_silence_saves_up_no_more_than_a_burst() -> None:
    allowance = Allowance(3, 2.0, now_s=0.0)
    assert [allowance.take(1_000.0) for _ in range(4)] == [True, True, True, False]
