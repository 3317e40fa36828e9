from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.chaos.plan import LATEST_S, STAGES, Case, Moment, matrix, plan

seeds = st.integers(0, 2**32)
few = settings(max_examples=25, deadline=None)  # a plan is a thousand runs


def test_the_matrix_is_every_process_with_three_faults_and_every_link_with_four() -> None:
    assert len(matrix()) == 9 * 3 + 8 * 4
    assert len(matrix(parent=False)) == 8 * 3 + 8 * 4
    assert len(set(matrix())) == len(matrix())


@few
@given(seeds, st.integers(1, 150), st.integers(0, 100))
def test_a_run_is_told_by_seed_and_number_alone(seed: int, runs: int, more: int) -> None:
    assert plan(seed, runs + more, calls=2)[:runs] == plan(seed, runs, calls=2)


@few
@given(seeds, st.integers(1, 250), st.booleans())
def test_no_case_comes_again_before_every_other_has_come(seed: int, runs: int, parent: bool) -> None:
    drawn = Counter(run.case for run in plan(seed, runs, calls=1, parent=parent))
    times = [drawn[case] for case in matrix(parent=parent)]
    assert drawn.total() == runs
    assert max(times) - min(times) <= 1


@few
@given(seeds)
def test_a_case_meets_every_stage_of_the_talk_before_one_again(seed: int) -> None:
    stages = defaultdict(list)
    for run in plan(seed, len(matrix()) * len(STAGES), calls=1):
        stages[run.case].append(run.moment.stage)
    assert all(sorted(met) == sorted(STAGES) for met in stages.values())


@few
@given(seeds, st.sets(st.sampled_from(matrix()), min_size=1, max_size=3), st.integers(1, 20))
def test_a_chosen_case_is_the_same_run_as_in_the_whole_plan(seed: int, only: set[Case], runs: int) -> None:
    whole = {run.number: run for run in plan(seed, len(matrix()) * 21, calls=1)}
    chosen = plan(seed, runs, calls=1, only=frozenset(only))
    assert len(chosen) == runs
    assert all(run.case in only and whole[run.number] == run for run in chosen)


@few
@given(seeds)
def test_moments_lie_within_the_talk(seed: int) -> None:
    assert all(0 <= run.moment.after_s <= LATEST_S for run in plan(seed, 60, calls=1))


def test_two_seeds_are_two_plans() -> None:
    assert plan(1, 59, calls=1) != plan(2, 59, calls=1)


def test_cases_are_written_as_target_and_fault() -> None:
    assert all(Case.parse(str(case)) == case for case in matrix())
    with pytest.raises(ValueError, match="worker/kill"):
        Case.parse("worker/cut")


@few
@given(seeds, st.integers(1, 150))
def test_a_run_has_its_number_whether_or_not_there_is_a_parent(seed: int, runs: int) -> None:
    whole = {run.number: run for run in plan(seed, 200, calls=1)}
    assert all(whole[run.number] == run for run in plan(seed, runs, calls=1, parent=False))


def test_a_moment_may_be_given() -> None:
    moment = Moment.parse("consent:1.5")
    assert {run.moment for run in plan(1, 9, calls=1, at=moment)} == {Moment("consent", 1.5)}
    with pytest.raises(ValueError, match="greeting"):
        Moment.parse("lunch:1")


def test_a_parent_that_is_not_there_cannot_be_chosen() -> None:
    with pytest.raises(ValueError, match="parent/kill"):
        plan(1, 1, calls=1, only=frozenset({Case("parent", "kill")}), parent=False)
