"""A check of nothing is a failure, a missing program is named, and every file gets its own command."""

from pathlib import Path

import pytest

from ops.check_ops.checks import CHECKS, Check, Command
from ops.check_ops.plan import CannotRun, Missing, NoFile, Run, plan

SHELLCHECK = Check("scripts", ("ops/*.sh",), (("shellcheck", "{}"),))


class Programs:
    """A machine that has these programs, each in /bin."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def command(self, program: str) -> Command | Missing:
        return (f"/bin/{program}",) if program in self._names else Missing(program, "buy it")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "ops").mkdir()
    for name in ("b.sh", "a.sh"):
        (tmp_path / "ops" / name).touch()
    return tmp_path


def test_each_file_is_a_step_of_its_own(tree: Path) -> None:
    assert list(plan(tree, [SHELLCHECK], Programs("shellcheck"))) == [
        Run("scripts: ops/a.sh", (("/bin/shellcheck", "ops/a.sh"),), silent=False),
        Run("scripts: ops/b.sh", (("/bin/shellcheck", "ops/b.sh"),), silent=False),
    ]


def test_a_pattern_that_finds_nothing_does_not_pass(tree: Path) -> None:
    moved = Check("scripts", ("ops/*.sh", "scripts/*.sh"), (("shellcheck", "{}"),))
    assert list(plan(tree, [moved], Programs("shellcheck")))[-1] == NoFile("scripts", "scripts/*.sh")


def test_a_program_that_is_not_there_is_named(tree: Path) -> None:
    assert next(plan(tree, [SHELLCHECK], Programs())) == CannotRun("scripts: ops/a.sh", Missing("shellcheck", "buy it"))


def test_the_second_command_of_a_check_is_looked_for_as_well(tree: Path) -> None:
    piped = Check("piped", ("ops/a.sh",), (("render", "{dir}"), ("validate", "-")))
    assert list(plan(tree, [piped], Programs("render"))) == [CannotRun("piped: ops/a.sh", Missing("validate", "buy it"))]
    assert list(plan(tree, [piped], Programs("render", "validate"))) == [
        Run("piped: ops/a.sh", (("/bin/render", "ops"), ("/bin/validate", "-")), silent=False)
    ]


def test_every_compose_file_is_checked_with_its_profiles() -> None:
    compose = [check for check in CHECKS if check.commands[0][0] == "docker-compose"]
    assert {name for check in compose for name in check.files} == {
        "docker-compose.yml",
        "docker-compose.dev.yml",
        "docker-compose.staging.yml",
    }
    assert all(check.silent and "--profile=*" in check.commands[0] for check in compose)
