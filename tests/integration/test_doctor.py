"""``callctl doctor`` against the private stack and the stand-ins: all well, then each thing broken in turn."""

from __future__ import annotations

import asyncio
import io
import os
import socket
from pathlib import Path

import pytest
from rich.console import Console

import migrations
from controller.ari.rest import AriRest
from controller.doctor import Finding, Level, examine, exit_code, print_findings
from controller.settings import Settings, variables
from ops.devstack import DevStack
from ops.devstack.ports import free_port
from ops.standins.launcher import Standins, start_standins


@pytest.fixture(scope="module")
def standins(stack: DevStack) -> Standins:
    migrations.upgrade(stack.postgres.dsn)
    return start_standins(stack)


@pytest.fixture
def environment(stack: DevStack, standins: Standins, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    own = {"JOURNAL_DIRECTORY": str(tmp_path / "journal"), "AUDIOSOCKET_PORT": str(free_port()), "API_PORT": str(free_port())}
    for name, value in (stack.environment() | standins.environment() | own).items():
        monkeypatch.setenv(name, value)
    return monkeypatch


async def consult() -> list[Finding]:
    return await examine(Settings.load(None))


def wrong(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level is Level.FAIL]


async def left_in_asterisk(stack: DevStack) -> list[str]:
    async with AriRest(stack.asterisk.ari_url, stack.asterisk.ari_username, stack.asterisk.ari_password, "callctl") as rest:
        return [channel.id for channel in await rest.channels()] + [bridge.id for bridge in await rest.bridges()]


async def test_when_all_is_well_nothing_fails_and_nothing_is_left_behind(environment: pytest.MonkeyPatch, stack: DevStack) -> None:
    findings = await consult()
    assert wrong(findings) == []
    said = "\n".join(finding.what for finding in findings)
    for part in (
        "Asterisk 22.",
        "kind 0x12",
        "dialplan has the contexts",
        "PostgreSQL",
        "schema is",
        "Redis answers",
        "Claude answers",
        "shop's API",
    ):
        assert part in said
    assert await left_in_asterisk(stack) == []


async def test_the_report_is_readable_and_gives_the_exit_code(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    findings = await consult()
    stream = io.StringIO()
    assert print_findings(findings, Console(file=stream, width=200)) == exit_code(findings) == 0
    assert "WARN  Redis: " in stream.getvalue()
    assert "→ Start Redis or Valkey" in stream.getvalue()
    assert "Calls will work, with what the warnings say." in stream.getvalue()


async def test_everything_that_is_down_is_told_at_once_each_with_advice(environment: pytest.MonkeyPatch) -> None:
    for name in ("STT_ENDPOINT", "TTS_ENDPOINT"):
        environment.setenv(name, "127.0.0.1:1")
    environment.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    environment.setenv("SHOP_BASE_URL", "http://127.0.0.1:1/api/v1")
    environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    environment.setenv("ARI_URL", "http://127.0.0.1:1")
    findings = await consult()
    told = wrong(findings)
    assert len(told) == 6
    for part in ("Asterisk does not answer", "PostgreSQL", "Speech to text", "Text to speech", "Claude", "The shop's API"):
        assert any(what.startswith(part) for what in told), part
    assert all(finding.advice for finding in findings if finding.level is not Level.OK)
    assert exit_code(findings) == 1


async def test_a_wrong_ari_password_is_told_from_an_asterisk_that_is_away(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ARI_PASSWORD", "not-the-password")
    assert any("refuses the user callctl: 401" in what for what in wrong(await consult()))


async def test_a_port_that_takes_connections_and_says_nothing_is_told(environment: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        environment.setenv("ARI_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        findings = await consult()
    assert any("does not answer as Asterisk does" in what for what in wrong(findings))
    assert not any("broke" in what for what in wrong(findings))


async def test_a_taken_port_is_told_and_the_media_leg_is_tried_on_another(environment: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(os.environ["AUDIOSOCKET_PORT"])))
        taken.listen()
        findings = await consult()
    assert [what for what in wrong(findings) if "for AudioSocket cannot be used" in what]
    assert any("kind 0x12" in finding.what for finding in findings if finding.level is Level.OK)


async def test_an_address_that_asterisk_cannot_dial_is_told(environment: pytest.MonkeyPatch, stack: DevStack) -> None:
    environment.setenv("AUDIOSOCKET_ADVERTISED", "127.0.0.1:1")
    assert any("media leg" in what for what in wrong(await consult()))
    assert await left_in_asterisk(stack) == []


async def test_an_empty_database_needs_its_schema(environment: pytest.MonkeyPatch, stack: DevStack) -> None:
    environment.setenv("DATABASE_URL", await asyncio.to_thread(stack.postgres.create_database, "doctor_empty"))
    findings = await consult()
    assert any("schema is missing" in what for what in wrong(findings))
    assert any(finding.advice == "Run: callctl db upgrade" for finding in findings)


async def test_a_refused_shop_key_is_told(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SHOP_API_KEY", "not-the-key")
    assert any(what.startswith("The shop's API") for what in wrong(await consult()))


async def test_a_journal_directory_that_cannot_be_written_is_told(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    environment.setenv("JOURNAL_DIRECTORY", str(tmp_path / "a-file" / "journal"))
    assert any("cannot be written" in what for what in wrong(await consult()))
