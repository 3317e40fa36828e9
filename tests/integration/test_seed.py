"""The seed of a staging stack on a private one: what it puts there, that it puts it once, and that its customers really ring."""

from __future__ import annotations

import asyncio
import shlex
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from agent.prompt.system import PROMPT_VERSION
from controller.board.past import PastWish, past_call, past_page
from controller.cli import app
from controller.journal.partitions import TABLES
from controller.reader import Reader
from ops.devstack import DevStack, unpacked
from ops.seed import calls, one_call, run
from ops.seed.calls import ALL, Rung, number_of, ring_all
from ops.seed.life import APP
from ops.seed.settings import Target
from ops.system import System

INTERRUPTS, GETS_A_HUMAN, KEY_ZERO, SHOP_FAILS = ALL[2], ALL[4], ALL[5], ALL[6]
pytestmark = pytest.mark.timeout(300)  # the first time sipp is fetched


@pytest.fixture(scope="module")
def system(stack: DevStack) -> Iterator[System]:
    """A stack of its own: two months of calls would be in the way of other tests."""
    with DevStack() as own, System(own, WORKER_STANDBY="false") as system:
        system.controller.start()
        yield system


@pytest.fixture
def seeded(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """The environment of the seed, as the compose file gives it, and a sipp on the PATH."""
    sipp = tmp_path / "sipp"
    sipp.write_text(f'#!/bin/sh\nexec {shlex.join(unpacked(["sip-tester"]).command(["sipp"]))} "$@"\n')
    sipp.chmod(0o755)

    def control(name: str) -> str:
        return f"http://127.0.0.1:{system.standins.control(name).port}"

    environment = {
        **system.controller.environment,
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "ENVIRONMENT": "development",
        "SEED_SIP": f"127.0.0.1:{system.stack.asterisk.sip_port}",
        "SEED_CONTROLLER_URL": system.controller.api_url,
        "SEED_OPERATOR_PASSWORD": system.stack.asterisk.operator_password,
        "SEED_SHOP_CONTROL": control("shop"),
        "SEED_STT_CONTROL": control("google_stt"),
        "SEED_TTS_CONTROL": control("google_tts"),
        "SEED_MODEL_CONTROL": control("anthropic"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return system


def rows(system: System) -> dict[str, int]:
    """How many rows every table has."""
    tables = (*TABLES, "customers", "operators", "knowledge_articles", "callbacks")
    with psycopg.connect(system.stack.postgres.dsn) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # type: ignore[index]


def shop_has(what: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{Target.load().seed.shop_control}/control/{what}", trust_env=False)
    return list(answer.json())


def test_the_past_is_there_once_however_often_it_is_seeded(seeded: System) -> None:
    assert run.main(["--no-calls"]) == 0
    first, orders, visits = rows(seeded), shop_has("orders"), shop_has("bookings")
    assert first["calls"] > 400
    assert first["call_turns"] > 5 * first["calls"]
    assert all(first.values())
    assert len([order for order in orders if order["origin"] == "control"]) > 50
    assert any(visit["origin"] == "control" for visit in visits)

    assert run.main(["--no-calls"]) == 0
    assert rows(seeded) == first
    assert (shop_has("orders"), shop_has("bookings")) == (orders, visits)


def test_callctl_lists_and_shows_and_replays_what_was_seeded(seeded: System) -> None:
    assert run.main(["--no-calls"]) == 0
    environment = {**seeded.controller.environment, "COLUMNS": "200"}
    listed = CliRunner().invoke(app, ["calls", "-d", "60", "-n", "900"], env=environment).stdout
    assert "transferred" in listed
    with psycopg.connect(seeded.stack.postgres.dsn) as connection:
        ordered = "SELECT call_id FROM call_tool_calls WHERE name = 'confirm_order' ORDER BY created_at DESC LIMIT 1"
        call_id = str(connection.execute(ordered).fetchone()[0])  # type: ignore[index]
    assert call_id in listed
    shown = CliRunner().invoke(app, ["show", call_id, "--events"], env=environment).stdout
    for part in ("Підтверджуєте замовлення?", "confirm_order", PROMPT_VERSION, "goodbye, ended by agent", "timings in ms", "TurnSpoken"):
        assert part in shown, part
    replayed = CliRunner().invoke(app, ["replay", call_id], env=environment)
    assert replayed.exit_code == 0, replayed.output


async def test_the_console_finds_all_kinds_of_outcome_and_trouble(seeded: System) -> None:
    assert await asyncio.to_thread(run.main, ["--no-calls"]) == 0
    now = datetime.now(UTC)
    wish: dict[str, Any] = {"since": now - timedelta(days=62), "until": now}
    async with Reader.open(seeded.stack.postgres.dsn, "test") as reader:
        for outcome in ("order", "booked", "human", "cb", "info", "left"):
            page = await past_page(reader, PastWish(**wish, outcome=outcome))
            assert page["items"], outcome
        troubled = await past_page(reader, PastWish(**wish, trouble=True, numbers=True))
        assert {item["trouble"]["code"] for item in troubled["items"]} >= {"asked_human", "slow"}
        human = (await past_page(reader, PastWish(**wish, outcome="human", q="оператором")))["items"][0]
        call = await past_call(reader, uuid.UUID(human["id"]))
        assert call is not None
        assert call["summary"]
        assert call["line"]
        assert call["operator"] in {"op1", "op2"}
        assert call["lat"]


def test_production_is_refused_before_anything_is_written(seeded: System, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(seeded)
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert run.main([]) == 1
    assert rows(seeded) == before


def test_customers_ring_over_sip_and_are_recorded_as_they_should_be(seeded: System) -> None:
    told: list[Rung] = []
    target = Target.load()
    before = asyncio.run(calls.counted(target.seed.controller_url))
    wanted = [INTERRUPTS, GETS_A_HUMAN, SHOP_FAILS, KEY_ZERO]
    rung = asyncio.run(ring_all(target, wanted, told.append))
    assert [one.trouble for one in rung] == ["", "", "", ""]
    assert len(told) == len(wanted)
    assert asyncio.run(calls.counted(target.seed.controller_url)) - before == len(wanted)
    assert seeded.standins.control("shop").settings()["fail_next"] == 0
    assert seeded.standins.control("google_tts").settings()["speed"] == 1.0
    assert 'callctl_transfers_total{reason="asked"} 1.0' in seeded.controller.metrics()
    with psycopg.connect(target.dsn) as connection:
        asked = "SELECT app FROM calls WHERE caller_id = ANY(%s)"
        assert {row[0] for row in connection.execute(asked, [[number_of(call) for call in wanted]])} == {"callctl"} != {APP}


def test_the_smoke_tests_call_is_answered_and_recorded(seeded: System, capsys: pytest.CaptureFixture[str]) -> None:
    seeded.standins.control("google_tts").set(speed=2.0)
    assert one_call.main() == 0
    assert "closed as hung_up" in capsys.readouterr().out


def test_without_asterisk_the_smoke_tests_call_says_so(
    seeded: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEED_SIP", "127.0.0.1:1")
    assert one_call.main() == 1
    assert "answer to the INVITE" in capsys.readouterr().out
