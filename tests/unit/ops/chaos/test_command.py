"""The command line, as far as it does nothing."""

from __future__ import annotations

import pytest

from ops.chaos.__main__ import exit_code, main
from ops.chaos.plan import plan
from tests.unit.ops.chaos.test_report import ORDERED_TWICE, VOID, done


def listed(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    assert main([*argv, "--list"]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_list_is_the_same_for_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    first = listed(capsys, "--seed", "4", "--runs", "20")
    assert len(first) == 20
    assert listed(capsys, "--seed", "4", "--runs", "20") == first
    assert listed(capsys, "--seed", "5", "--runs", "20") != first


def test_a_run_is_chosen_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, "--seed", "4", "--run", "7") == [listed(capsys, "--seed", "4", "--runs", "20")[6]]


def test_cases_are_chosen_by_name_and_a_wrong_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    lines = listed(capsys, "--only", "worker/kill", "ari/hole", "--runs", "4")
    assert len(lines) == 4
    assert all("worker/kill" in line or "ari/hole" in line for line in lines)
    with pytest.raises(SystemExit):
        main(["--only", "worker/cut", "--list"])


def test_the_exit_code_is_nought_only_when_every_run_was_judged_and_passed() -> None:
    runs = plan(7, 2, calls=1)
    assert exit_code(runs, [done(1), done(2)]) == 0
    assert exit_code(runs, [done(1), done(2, VOID), done(2)]) == 0
    assert exit_code(runs, [done(1), done(2, ORDERED_TWICE)]) == 1
    assert exit_code(runs, [done(1), done(2, VOID), done(2, VOID)]) == 1
    assert exit_code(runs, [done(1)]) == 1
