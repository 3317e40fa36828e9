"""What changed between two runs."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ops.eval.compare import Run, compare, percentile, summary_of
from ops.eval.judge import Verdict


def verdict(name: str, **more: object) -> Verdict:
    return msgspec.structs.replace(Verdict(name=name, topic="orders", language="uk", turns=4), **more)


def run(*verdicts: Verdict) -> Run:
    return Run(at="2026-11-23 10:00", model="stand-in", prompt="v2", verdicts=list(verdicts))


def test_better_and_worse_are_those_that_changed_sides() -> None:
    last = run(verdict("a"), verdict("b", failures=["x"]), verdict("c"), verdict("gone"))
    now = run(verdict("a", failures=["y"]), verdict("b"), verdict("c"), verdict("d"))
    told = compare(last, now)
    assert (told.worse, told.better, told.new) == (("a",), ("b",), ("d",))


def test_a_violation_is_worse_though_all_is_there() -> None:
    assert compare(run(verdict("a")), run(verdict("a", violations=["foreign data: 2045"]))).worse == ("a",)


def test_sums_are_compared_over_those_that_both_runs_had() -> None:
    last = run(verdict("a", latencies_ms=[600], tools_expected=2, tools_right=2), verdict("gone", latencies_ms=[9000]))
    now = run(verdict("a", latencies_ms=[900], tools_expected=2, tools_right=1), verdict("new", latencies_ms=[1], turns=40))
    assert compare(last, now).notes == ("tools 100.0% → 50.0%", "p95 600 → 900 ms")


def test_nothing_changed_is_told_by_nothing() -> None:
    told = compare(run(verdict("a", latencies_ms=[600])), run(verdict("a", latencies_ms=[640])))
    assert (told.better, told.worse, told.new, told.notes) == ((), (), (), ())


def test_shares_of_nothing_are_none() -> None:
    sums = summary_of([verdict("a")])
    assert (sums.tools, sums.arguments, sums.p50_ms, sums.p95_ms) == (None, None, None, None)
    assert summary_of([]).turns == 0


@given(st.lists(st.integers(0, 5000), min_size=1), st.sampled_from([50, 95, 100]))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    found = percentile(sorted(values), percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


def test_a_run_is_read_back_as_it_was_kept() -> None:
    kept = run(verdict("a", failures=["x"], latencies_ms=[1, 2]))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Run) == kept
