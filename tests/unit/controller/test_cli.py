from __future__ import annotations

import pytest
from typer.testing import CliRunner

from controller.cli import app
from controller.settings import variables


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(str(tmp_path))  # no .env.local


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_missing_settings_are_listed_and_the_exit_code_is_two(command: str) -> None:
    ended = CliRunner().invoke(app, [command])
    assert ended.exit_code == 2
    for name in ("ARI_PASSWORD", "DATABASE_URL", "ANTHROPIC_API_KEY", "SHOP_BASE_URL", "SHOP_API_KEY", "STT_PROJECT"):
        assert name in ended.stderr
    assert "Traceback" not in ended.output


def test_looking_at_calls_needs_the_database_alone() -> None:
    ended = CliRunner().invoke(app, ["calls"])
    assert ended.exit_code == 2
    assert "DATABASE_URL" in ended.stderr
    assert "ANTHROPIC_API_KEY" not in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["calls"],
        ["show", "0198a5f0-0000-7000-8000-000000000001"],
        ["db", "upgrade"],
        ["db", "status"],
        ["db", "partitions"],
    ],
)
def test_a_database_that_is_away_is_told_in_one_line(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://callctl:hunter2@127.0.0.1:1/callctl")
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 1
    assert "port 1" in ended.stderr
    assert "DATABASE_URL" in ended.stderr, "what to look at"
    assert len(ended.stderr.splitlines()) == 1
    assert "hunter2" not in ended.output


def test_what_is_no_calls_id_is_told() -> None:
    ended = CliRunner().invoke(app, ["show", "yesterday"])
    assert ended.exit_code == 1
    assert "'yesterday' is not the id of a call" in ended.stderr


def test_help_names_every_command_and_where_to_begin() -> None:
    text = CliRunner().invoke(app, ["--help"]).output
    for part in ("run", "doctor", "calls", "show", "db", "callctl doctor"):
        assert part in text


@pytest.mark.parametrize("arguments", [["drain"], ["drain", "--app", "callctl-2", "--wait", "5"], ["undrain"], ["workers"]])
def test_an_asterisk_that_is_away_is_told_in_one_line(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_PASSWORD", "hunter2")
    monkeypatch.setenv("ARI_URL", "http://127.0.0.1:1")
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Asterisk at http://127.0.0.1:1 does not answer")
    assert "ARI_URL" in ended.stderr, "what to look at"
    assert "hunter2" not in ended.output


def test_draining_needs_asterisks_password_alone() -> None:
    ended = CliRunner().invoke(app, ["drain"])
    assert ended.exit_code == 2
    assert "ARI_PASSWORD" in ended.stderr
    assert "DATABASE_URL" not in ended.stderr
