"""Every place that holds something of a customer, and the clock moved on: when the periods are over, nothing is left in any of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
import redis
import structlog
from typer.testing import CliRunner

import migrations
from agent.ledger import Entry
from agent.records import TurnRecord
from controller.cli import app
from controller.journal import journal as journal_module
from controller.journal.files import segment_numbers, segment_path
from controller.journal.ids import call_back_id
from controller.journal.journal import Journal, JournalSettings
from controller.journal.ledger import LedgerLimits
from controller.journal.records import CallBackNoted, CustomerNamed, Logged, Record, TurnRecorded, WriteStaged
from controller.journal.spool import SpoolLimits
from controller.livestate import LIVE, LiveState, LiveStateSettings
from ops.devstack import DevStack
from tests.fakes.recorded_calls import new_call_id, now_ms, turn_recorded, whole_call
from tests.integration.moved_clock import moved_clock
from tests.integration.test_erasure import PHONE, everything
from tests.waiting import until

NAME = "Олександра"
HIS = re.compile(f"671234567|{NAME}|067 123-45-67")
NOWHERE = "postgresql://callctl@127.0.0.1:1/callctl"
LATER = timedelta(days=365 + 31 + 1)
QUICK = JournalSettings(drain_timeout_s=0.01, limits=SpoolLimits(interval_s=0.005))


@pytest.fixture
def dsn(stack: DevStack) -> Iterator[str]:
    dsn = stack.postgres.create_database("left")
    migrations.upgrade(dsn)
    yield dsn
    stack.postgres.drop_database("left")


def places(dsn: str, directory: Path, redis_url: str) -> set[str]:
    """Where something of him stands: tables, files, keys of Redis."""
    found = {re.sub(r"_y\d{4}m\d\d$", "", table) for table, rows in everything(dsn).items() if any(HIS.search(row) for row in rows)}
    for path in directory.rglob("*"):
        if path.is_file() and HIS.search(path.read_bytes().decode("utf-8", "replace")):
            found.add(re.sub(r"[0-9-]{6,}", "N", str(path.relative_to(directory))))
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter(f"{LIVE}*"):
            if HIS.search(repr(client.dump(key)) + (client.dump(key) or b"").decode("utf-8", "replace")):
                found.add("redis")
    return found


def call_of_his(call_id: str) -> list[Record]:
    at_ms = now_ms()
    records = [
        msgspec.structs.replace(record, caller_id=PHONE) if hasattr(record, "caller_id") else record
        for record in whole_call(call_id, 2, at_ms=at_ms)
    ]
    return [
        *records,
        turn_recorded(call_id, 9, f"Мене звати {NAME}, мій номер 067 123-45-67", at_ms=at_ms),
        WriteStaged(call_id=call_id, sequence=1, at_ms=at_ms, intent="confirm_order", key="k", stage="done", result={"phone": PHONE}),
        Logged(call_id=call_id, sequence=90, at_ms=at_ms, position=at_ms, source="ari", name="ChannelCreated", text=f"from {PHONE}"),
        CallBackNoted(call_id=call_id, id=call_back_id(call_id, PHONE), at_ms=at_ms, phone=PHONE, name=NAME),
        CustomerNamed(phone=PHONE, name=NAME, at_ms=at_ms),
        TurnRecorded(
            call_id=call_id, turn=TurnRecord(turn_number=1 << 40, speaker="caller", text=NAME, started_at_ms=at_ms)
        ),  # PostgreSQL refuses it: a dead letter
    ]


async def spoilt(directory: Path) -> None:
    """A record of his that waits for PostgreSQL, with a bit flipped."""
    async with Journal.open(directory, NOWHERE, QUICK) as journal:
        journal.append(turn_recorded(new_call_id(), 1, f"Я {NAME}, 067 123-45-67"))
        journal.append(turn_recorded(new_call_id(), 1, "Добрий день"))
    path = segment_path(directory, segment_numbers(directory)[-1])
    content = bytearray(path.read_bytes())
    content[20] ^= 1  # its stamp
    path.write_bytes(content)


async def lived(dsn: str, directory: Path, redis_url: str) -> set[str]:
    """A customer rang, and something of him came into every place; which ones."""
    await spoilt(directory)
    call_id = new_call_id()
    async with Journal.open(directory, dsn, QUICK) as journal, LiveState.open(redis_url, LiveStateSettings(ttl_s=0.5)) as live:
        done = Entry(call_id=call_id, number=PHONE, intent="confirm_order", stage="done", at_ms=now_ms(), key="k", result={"to": NAME})
        await journal.ledger.record(done)
        for record in call_of_his(call_id):
            journal.append(record)
        live.append(msgspec.structs.replace(call_of_his(call_id)[0], revision=9, ended_at_ms=None))
        assert await journal.flush(20)
        await until(lambda: live.status().pending == 0)
        found = places(dsn, directory, redis_url)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE callbacks SET state = 'done'")
    return found


EVERYWHERE = {
    "calls",
    "call_turns",
    "call_events",
    "call_writes",
    "callbacks",
    "customers",
    "N.segment",
    "ledger/N.segment",
    "dead-letters.jsonl",
    "N.damaged",
    "redis",
}


async def test_when_the_periods_are_over_nothing_of_him_is_left_anywhere(
    dsn: str, stack: DevStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await lived(dsn, tmp_path, stack.valkey.url) == EVERYWHERE
    later = datetime.now(UTC) + LATER
    monkeypatch.setattr(journal_module, "UPKEEP_INTERVAL_S", 0.05)
    settings = JournalSettings(
        limits=SpoolLimits(interval_s=0.005, segment_age_s=0.01), ledger=LedgerLimits(segment_age_s=0), clock=later.timestamp
    )

    def nothing_left() -> bool:
        try:
            return places(dsn, tmp_path, stack.valkey.url) == set()
        except psycopg.errors.UndefinedTable:  # a month was dropped while we looked
            return False

    with structlog.testing.capture_logs() as logged, moved_clock(dsn, later):
        async with Journal.open(tmp_path, dsn, settings):
            await until(nothing_left, 30.0)
    assert not HIS.search(json.dumps(logged, ensure_ascii=False, default=str))


async def test_erased_he_is_left_only_where_it_is_said_and_for_so_long(dsn: str, stack: DevStack, tmp_path: Path) -> None:
    assert await lived(dsn, tmp_path, stack.valkey.url) == EVERYWHERE
    await until(lambda: "redis" not in places(dsn, tmp_path, stack.valkey.url), 10.0)
    done = await asyncio.to_thread(
        CliRunner().invoke,
        app,
        ["db", "erase", "--phone", PHONE, "--yes"],
        env={"DATABASE_URL": dsn, "REDIS_URL": stack.valkey.url, "JOURNAL_DIRECTORY": str(tmp_path), "COLUMNS": "200"},
    )
    assert done.exit_code == 0, done.output
    left = places(dsn, tmp_path, stack.valkey.url)
    assert left == {"N.segment", "ledger/N.segment"}
    assert "1 dead letters and 1 files of damaged bytes erased" in done.stderr
    assert "still in the spool (gone within an hour" in done.stderr
    assert "the ledger of the last two days" in done.stderr
