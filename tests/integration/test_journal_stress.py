"""The journal on a real PostgreSQL when its files are spoilt, clocks are set, and a second controller comes by mistake."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

import migrations
from controller.journal import partitions
from controller.journal.files import segment_numbers, segment_path
from controller.journal.frames import scan
from controller.journal.journal import Journal, JournalSettings
from controller.journal.spool import SpoolLimits
from controller.journal.writer import Pace, connect
from ops.devstack import DevStack
from tests.fakes.recorded_calls import new_call_id, now_ms, turn_recorded, whole_call
from tests.waiting import until

NOWHERE = "postgresql://callctl@127.0.0.1:1/callctl"
LIMITS = SpoolLimits(segment_bytes=2_000, interval_s=0.005)
QUICK = JournalSettings(drain_timeout_s=0.01, limits=LIMITS, pace=Pace(batch=20))
DAY_S = 86_400


@pytest.fixture
def dsn(stack: DevStack) -> Iterator[str]:
    dsn = stack.postgres.create_database("stress")
    migrations.upgrade(dsn)
    yield dsn
    stack.postgres.drop_database("stress")


def column(dsn: str, query: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute(query.encode()).fetchall()]


def kept(directory: Path) -> list[bytes]:
    """What was put aside of damaged places."""
    return [path.read_bytes() for path in directory.glob("*.damaged")]


async def waiting(directory: Path, turns: int) -> str:
    """So many turns of one call, durable and not yet in PostgreSQL; its id."""
    call_id, at_ms = new_call_id(), now_ms()
    async with Journal.open(directory, NOWHERE, QUICK) as journal:
        for number in range(1, turns + 1):
            journal.append(turn_recorded(call_id, number, at_ms=at_ms))
            if number % 4 == 0:
                await until(lambda number=number: journal.status().durable == number)  # type: ignore[misc]
    return call_id


@pytest.mark.parametrize("hit", [1, 9, 20])
async def test_a_spoilt_record_is_told_by_number_and_call_and_all_others_arrive(dsn: str, tmp_path: Path, hit: int) -> None:
    call_id = await waiting(tmp_path, 20)
    (path, at) = next(
        (path, one.end - 10)
        for path in (segment_path(tmp_path, number) for number in segment_numbers(tmp_path))
        for one in scan(path.read_bytes()).frames
        if one.sequence == hit
    )
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    with structlog.testing.capture_logs() as logged:
        async with Journal.open(tmp_path, dsn, QUICK) as journal:
            assert await journal.flush(20), "a lost record does not keep the others waiting"
            assert (journal.status().damaged_records, journal.status().backlog, journal.status().dead_letters) == (1, 0, 0)
    (told,) = [line for line in logged if line["event"] == "spool_damaged"]
    assert told["records"].startswith(f"{hit} (bytes ")
    assert (told["lost"], told["calls"]) == (1, [call_id])
    assert sorted(column(dsn, "SELECT turn_number FROM call_turns")) == [number for number in range(1, 21) if number != hit]
    assert any(call_id.encode() in data for data in kept(tmp_path))


async def test_a_clock_that_is_set_while_records_wait_loses_none_and_drops_no_month(dsn: str, tmp_path: Path) -> None:
    """Back by an hour, ahead by a month, ahead by two years, and right again: PostgreSQL's clock stays as it is."""
    step_s, steady_s = 0.0, 0.0
    began_s = datetime.now(UTC).timestamp()
    settings = JournalSettings(
        drain_timeout_s=0.01,
        limits=LIMITS,
        pace=Pace(batch=20),
        clock=lambda: began_s + steady_s + step_s,
        steady=lambda: steady_s,
    )
    calls = []
    async with Journal.open(tmp_path, NOWHERE, settings) as journal:
        for step_s in (0.0, -3_600.0, 31.0 * DAY_S, 0.0):  # noqa: B007 - the clock reads it
            steady_s += 5
            at_s = settings.clock()
            calls.append(new_call_id(at_s))
            for record in whole_call(calls[-1], 2, at_ms=int(at_s * 1000)):
                journal.append(record)
            await until(lambda: journal.status().durable == journal.status().appended)
            assert await journal.flush(0.02) is False
        await until(lambda: journal.status().oldest_age_s > 0)
        assert journal.status().oldest_age_s == pytest.approx(15, abs=0.01), "ages know of no steps"
    async with await connect(dsn, "test") as connection:
        await partitions.ensure(connection, [datetime(2025, 12, 1, tzinfo=UTC).date(), datetime.now(UTC).date().replace(day=1)])
    before = set(column(dsn, "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname ~ '_y20'"))
    step_s = 2 * 365.0 * DAY_S
    async with Journal.open(tmp_path, dsn, settings) as journal:
        assert await journal.flush(20)
        await until(lambda: journal.months_ready() == 2)
        await until(lambda: journal.status().upkeep_failing is None)
        assert (journal.status().dead_letters, journal.status().damaged_records) == (0, 0)
    assert sorted(column(dsn, "SELECT id::text FROM calls")) == sorted(calls)
    assert column(dsn, "SELECT count(*) FROM calls WHERE started_at = uuid7_ts(id)") == [len(calls)], "each at its own time"
    left = set(column(dsn, "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname ~ '_y20'"))
    keeps_calls = {name for name in before if name.startswith(("calls_", "call_writes_"))}
    assert keeps_calls <= left, "by PostgreSQL's clock their time is not over"


async def test_a_second_controller_on_one_directory_is_refused_by_name_and_a_successor_of_a_killed_one_is_not(
    stack: DevStack, tmp_path: Path
) -> None:
    def producer(number: int) -> Any:
        argv = [sys.executable, "-m", "tests.integration.journal_producer", str(tmp_path), NOWHERE, new_call_id(), str(number)]
        return stack.spawn("journal-producer", argv)

    first = producer(1)
    await until(lambda: first.log_path.stat().st_size > 0, 30)
    second = producer(1)
    assert await asyncio.to_thread(second.wait, 30) != 0
    holder = (tmp_path / "lock").read_text().strip()
    assert f"in use by process {holder}: give each controller its own JOURNAL_DIRECTORY" in second.log_path.read_text()
    assert first.poll() is None, "the first one goes on"
    os.kill(first.pid, signal.SIGKILL)
    await asyncio.to_thread(first.wait, 10)
    third = producer(1)
    await until(lambda: third.log_path.stat().st_size > 0, 30)
    assert third.poll() is None
    os.kill(third.pid, signal.SIGKILL)
    await asyncio.to_thread(third.wait, 10)
