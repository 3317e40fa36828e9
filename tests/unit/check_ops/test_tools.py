"""Which of several copies of a program is taken, and what is said where there is none."""

from pathlib import Path

import pytest

from ops.check_ops.plan import Missing
from ops.check_ops.tools import Machine, image_in


def program(folder: Path, name: str, does: str = "exit 0") -> str:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Machine(tmp_path, environment=tmp_path / "own")


def stack(root: Path) -> None:
    (root / "docker-compose.yml").write_text("services:\n  prometheus:\n    image: prom/prometheus:v9.9.9\n", encoding="utf-8")


def test_the_locked_release_comes_before_the_machines(machine: Machine, tmp_path: Path) -> None:
    machines = program(tmp_path / "bin", "shellcheck")
    assert machine.command("shellcheck") == (machines,)
    own = program(tmp_path / "own", "shellcheck")
    assert Machine(tmp_path, environment=tmp_path / "own").command("shellcheck") == (own,)


def test_a_program_that_is_nowhere_is_missing(machine: Machine) -> None:
    assert isinstance(machine.command("hadolint"), Missing)


def test_compose_is_missing_where_docker_has_no_such_plugin(machine: Machine, tmp_path: Path) -> None:
    program(tmp_path / "bin", "docker", does="exit 1")
    assert isinstance(machine.command("docker-compose"), Missing)


def test_compose_is_dockers_plugin(machine: Machine, tmp_path: Path) -> None:
    program(tmp_path / "bin", "docker")
    assert machine.command("docker-compose") == ("docker", "compose")


def test_promtool_comes_out_of_the_image_that_the_stack_runs(machine: Machine, tmp_path: Path) -> None:
    stack(tmp_path)
    program(tmp_path / "bin", "docker")
    command = machine.command("promtool")
    assert isinstance(command, tuple)
    assert command[:3] == ("docker", "run", "--rm")
    assert command[-2:] == ("--entrypoint=/bin/promtool", "prom/prometheus:v9.9.9")


def test_promtool_of_the_machine_spares_the_container(machine: Machine, tmp_path: Path) -> None:
    stack(tmp_path)
    program(tmp_path / "bin", "docker")
    own = program(tmp_path / "bin", "promtool")
    assert machine.command("promtool") == (own,)


def test_without_an_engine_promtool_is_missing_and_the_image_is_named(machine: Machine, tmp_path: Path) -> None:
    stack(tmp_path)
    missing = machine.command("promtool")
    assert isinstance(missing, Missing)
    assert "prom/prometheus:v9.9.9" in missing.remedy


@pytest.mark.parametrize(
    "line", ["image: prom/prometheus:v3.5.3", 'image: "prom/prometheus:v3.5.3"', "{image: prom/prometheus:v3.5.3, init: true}"]
)
def test_the_release_stands_in_the_compose_file(line: str) -> None:
    assert image_in(f"services:\n  a: b\n  {line}\n", "prom/prometheus") == "prom/prometheus:v3.5.3"


def test_another_image_is_not_taken_for_it() -> None:
    assert image_in("image: prom/prometheus-operator:v1\nimage: mirror/prom/prometheus:v1", "prom/prometheus") is None
