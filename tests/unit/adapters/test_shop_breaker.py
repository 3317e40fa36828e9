"""A shop that keeps failing is left alone, and asked again with one request."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.adapters.shop_breaker import FAILURES, REST_S, Breaker, BreakerOpen, BreakerState, Passage


class Bench:
    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.states: list[BreakerState] = []
        self.breaker = Breaker(self.states.append, clock=lambda: self.now_s)

    def request(self, *, fails: bool) -> None:
        with self.breaker.request() as passage:
            (passage.failed if fails else passage.answered)()

    def state(self) -> BreakerState:
        return self.breaker.state

    def open(self) -> None:
        for _ in range(FAILURES):
            self.request(fails=True)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_five_failures_in_a_row_open_it(bench: Bench) -> None:
    for _ in range(4):
        bench.request(fails=True)
    assert bench.state() == "closed"
    bench.request(fails=True)
    assert bench.state() == "open"
    with pytest.raises(BreakerOpen):
        bench.request(fails=False)


def test_each_request_is_told_with_whether_the_shop_failed_it_and_one_that_was_not_sent_is_none() -> None:
    ended: list[bool] = []
    bench = Bench()
    bench.breaker = Breaker(on_ended=ended.append, clock=lambda: bench.now_s)
    bench.request(fails=False)
    bench.open()
    with pytest.raises(BreakerOpen):
        bench.request(fails=False)
    assert ended == [False, True, True, True, True, True]


def test_an_answer_between_failures_starts_the_count_again(bench: Bench) -> None:
    for _ in range(3):
        for _ in range(4):
            bench.request(fails=True)
        bench.request(fails=False)
    assert bench.states == ["closed"]


def test_after_its_rest_one_answer_closes_it(bench: Bench) -> None:
    bench.open()
    bench.now_s += REST_S - 0.001
    with pytest.raises(BreakerOpen):
        bench.request(fails=False)
    bench.now_s += 0.001
    bench.request(fails=False)
    assert bench.states == ["closed", "open", "half_open", "closed"]
    for _ in range(4):
        bench.request(fails=True)
    assert bench.state() == "closed"


def test_a_failed_trial_begins_a_new_rest(bench: Bench) -> None:
    bench.open()
    bench.now_s += REST_S
    bench.request(fails=True)
    bench.now_s += REST_S - 1
    with pytest.raises(BreakerOpen):
        bench.request(fails=False)
    bench.now_s += 1
    bench.request(fails=False)
    assert bench.states == ["closed", "open", "half_open", "open", "half_open", "closed"]


def test_while_the_trial_is_under_way_nobody_else_passes_and_the_state_is_told(bench: Bench) -> None:
    bench.open()
    bench.now_s += REST_S
    with bench.breaker.request() as trial:
        assert bench.states[-1] == "half_open"
        for _ in range(3):
            with pytest.raises(BreakerOpen):
                bench.request(fails=False)
        trial.answered()
    bench.request(fails=False)
    assert bench.state() == "closed"


def test_a_trial_that_was_cut_short_tells_nothing_and_leaves_its_place_to_the_next(bench: Bench) -> None:
    bench.open()
    bench.now_s += REST_S
    with contextlib.suppress(KeyError), bench.breaker.request():
        raise KeyError("the caller hung up")
    assert bench.state() == "half_open"
    bench.request(fails=False)
    assert bench.state() == "closed"


def test_a_request_that_was_cut_short_does_not_count_either_way(bench: Bench) -> None:
    for _ in range(4):
        bench.request(fails=True)
    with bench.breaker.request():
        pass
    bench.request(fails=True)
    assert bench.state() == "open"


@pytest.mark.parametrize("old_fails", [True, False])
def test_an_answer_from_before_it_opened_decides_no_trial(bench: Bench, old_fails: bool) -> None:
    with bench.breaker.request() as old:
        bench.open()
        bench.now_s += REST_S
        with bench.breaker.request() as trial:
            (old.failed if old_fails else old.answered)()
            assert bench.state() == "half_open"
            trial.answered()
    assert bench.state() == "closed"


class AnyTraffic(RuleBasedStateMachine):
    """Requests that overlap, end in any order and any way, while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.under_way: list[tuple[contextlib.ExitStack, Passage]] = []
        self.failures_in_a_row = 0
        self.opened_at_s = 0.0

    @rule()
    def begin(self) -> None:
        state, stack = self.bench.state(), contextlib.ExitStack()
        rested = self.bench.now_s - self.opened_at_s >= REST_S
        trials = sum(passage.trial for _, passage in self.under_way)
        may_pass = state == "closed" or (trials == 0 and (state == "half_open" or rested))
        try:
            passage = stack.enter_context(self.bench.breaker.request())
        except BreakerOpen:
            assert not may_pass
        else:
            assert may_pass
            assert passage.trial == (state != "closed")
            self.under_way.append((stack, passage))

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 100), how=st.sampled_from(["answered", "failed", "failed", "failed", "cut short"]))
    def end(self, which: int, how: str) -> None:
        stack, passage = self.under_way.pop(which % len(self.under_way))
        before = self.bench.state()
        with stack:
            if how == "failed":
                passage.failed()
            elif how == "answered":
                passage.answered()
        self._follow(before, how, passage)

    def _follow(self, before: BreakerState, how: str, passage: Passage) -> None:
        """What the state must be now, by the drawing at the top of the module."""
        after = before
        if before == "closed" and how != "cut short":
            self.failures_in_a_row = self.failures_in_a_row + 1 if how == "failed" else 0
            after = "open" if self.failures_in_a_row == FAILURES else "closed"
        elif before == "half_open" and passage.trial and how != "cut short":
            after = "open" if how == "failed" else "closed"
        assert self.bench.state() == after
        if after != before:
            self.failures_in_a_row = 0
            self.opened_at_s = self.bench.now_s

    @rule(seconds=st.sampled_from([0.1, 5.0, REST_S]))
    def wait(self, seconds: float) -> None:
        self.bench.now_s += seconds

    @invariant()
    def the_last_told_state_is_the_state(self) -> None:
        assert self.bench.states[-1] == self.bench.state()

    @invariant()
    def no_state_is_told_twice_in_a_row(self) -> None:
        assert all(a != b for a, b in zip(self.bench.states, self.bench.states[1:], strict=False))


TestAnyTraffic = AnyTraffic.TestCase
TestAnyTraffic.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
