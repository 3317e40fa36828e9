"""The command line, as far as it does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.chaos.__main__ import exit_code, main
from ops.chaos.observations import as_json
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


def test_runs_that_were_kept_make_one_table_and_are_judged_as_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_bytes(as_json(done(1)) + b"\n" + as_json(done(2, VOID)) + b"\n")
    second.write_bytes(as_json(done(3)) + b"\n")
    assert main(["--report", str(first), str(second)]) == 0
    assert "2 runs of 1 cases, seed 7, with 2 calls" in capsys.readouterr().out
    second.write_bytes(as_json(done(3, ORDERED_TWICE)) + b"\n")
    assert main(["--report", str(first), str(second)]) == 1


def test_the_exit_code_is_nought_only_when_every_run_was_judged_and_passed() -> None:
    runs = plan(7, 2, calls=1)
    assert exit_code(runs, [done(1), done(2)]) == 0
    assert exit_code(runs, [done(1), done(2, VOID), done(2)]) == 0
    assert exit_code(runs, [done(1), done(2, ORDERED_TWICE)]) == 1
    assert exit_code(runs, [done(1), done(2, VOID), done(2, VOID)]) == 1
    assert exit_code(runs, [done(1)]) == 1
