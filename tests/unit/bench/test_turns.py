from __future__ import annotations

from ops.bench.turns import simulate


def test_the_one_with_the_fewest_calls_first_spreads_them_more_evenly_than_each_in_turn() -> None:
    in_turn, fewest = (simulate(rule, controllers=4, most=50, offered=120, whole_s=2_000) for rule in ("in turn", "fewest"))
    assert fewest.p95 < in_turn.p95 / 2


def test_no_rule_refuses_a_caller_for_whom_there_is_room_anywhere() -> None:
    shares = {simulate(rule, controllers=2, most=30, offered=80, whole_s=2_000).refused for rule in ("in turn", "fewest", "exact")}
    assert len(shares) == 1
    assert 0.1 < shares.pop() < 0.5
