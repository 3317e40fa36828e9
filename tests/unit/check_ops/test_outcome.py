"""A step is run as it stands, and a failure brings the tool's own words."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from ops.check_ops.__main__ import exit_code, line
from ops.check_ops.outcome import Outcome, Verdict, outcome
from ops.check_ops.plan import CannotRun, Missing, NoFile, Run


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def run(*programs: str, silent: bool = False) -> Run:
    return Run("it", tuple(python(program) for program in programs), silent)


def test_what_ends_well_is_ok_and_says_nothing(tmp_path: Path) -> None:
    assert outcome(run("print('fine')"), tmp_path) == Outcome("it", Verdict.OK)


def test_what_fails_says_why_in_its_own_words(tmp_path: Path) -> None:
    result = outcome(run("import sys; print('line 3: no'); sys.exit(2)"), tmp_path)
    assert result == Outcome("it", Verdict.FAIL, "line 3: no")


def test_a_failure_without_a_word_is_told_by_its_number(tmp_path: Path) -> None:
    assert outcome(run("raise SystemExit(7)"), tmp_path).words.endswith("ended with 7 and no word")


def test_a_warning_of_a_silent_program_is_a_failure_although_it_exits_with_0(tmp_path: Path) -> None:
    warns = "import sys; print('variable is not set', file=sys.stderr)"
    assert outcome(run(warns, silent=True), tmp_path).verdict is Verdict.FAIL
    assert outcome(run(warns), tmp_path).verdict is Verdict.OK


def test_the_output_of_each_command_is_the_input_of_the_next(tmp_path: Path) -> None:
    result = outcome(run("print('rendered')", "raise SystemExit('got ' + input())"), tmp_path)
    assert result == Outcome("it", Verdict.FAIL, "got rendered")


def test_after_a_failed_command_the_next_is_not_run(tmp_path: Path) -> None:
    outcome(run("raise SystemExit(1)", "open('it ran', 'w')"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_commands_run_where_the_files_are(tmp_path: Path) -> None:
    outcome(run("open('here', 'w')"), tmp_path)
    assert (tmp_path / "here").exists()


def test_a_check_without_a_file_fails_and_a_missing_program_is_named_with_its_remedy(tmp_path: Path) -> None:
    assert outcome(NoFile("it", "*.sh"), tmp_path) == Outcome("it", Verdict.FAIL, "no file matches *.sh")
    warned = outcome(CannotRun("it", Missing("promtool", "install it")), tmp_path)
    assert (warned.verdict, warned.words) == (Verdict.WARN, "not on this machine: promtool; install it")


@pytest.mark.parametrize(
    ("verdicts", "here", "complete"),
    [
        ([Verdict.OK], 0, 0),
        ([Verdict.OK, Verdict.WARN], 0, 1),
        ([Verdict.OK, Verdict.FAIL], 1, 1),
    ],
)
def test_one_failure_fails_all_and_a_missing_tool_where_nothing_may_be_missing(verdicts: list[Verdict], here: int, complete: int) -> None:
    assert exit_code(Counter(verdicts), complete=False) == here
    assert exit_code(Counter(verdicts), complete=True) == complete


def test_under_a_failed_check_stands_what_its_tool_said() -> None:
    failed = Outcome("hadolint: Dockerfile", Verdict.FAIL, "3 DL3008\n9 DL3025")
    assert line(failed, coloured=False) == "FAIL  hadolint: Dockerfile\n      3 DL3008\n      9 DL3025"


def test_the_verdict_is_coloured_and_nothing_else() -> None:
    colours = {verdict: line(Outcome("it", verdict), coloured=True) for verdict in Verdict}
    assert colours[Verdict.OK] == "\033[32mOK  \033[0m  it"
    assert colours[Verdict.WARN].startswith("\033[33mWARN\033[0m")
    assert colours[Verdict.FAIL].startswith("\033[31mFAIL\033[0m")
