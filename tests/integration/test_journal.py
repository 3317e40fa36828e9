"""The journal on a real PostgreSQL, with everything that may die in between."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

import migrations
from agent.ledger import Entry
from agent.records import TurnRecord
from controller.journal import codec, partitions, writer
from controller.journal.dead_letters import FILE as DEAD_LETTERS
from controller.journal.files import segment_numbers
from controller.journal.ids import call_back_id
from controller.journal.journal import Journal, JournalSettings
from controller.journal.ledger import LocalLedger
from controller.journal.queries import open_calls, recent_calls, show_call
from controller.journal.records import CallBackNoted, MachineStepped, TurnRecorded
from controller.journal.spool import SpoolLimits
from controller.journal.writer import Pace, connect
from ops.devstack import DevStack
from tests.fakes.recorded_calls import call_revised, machine_stepped, new_call_id, now_ms, tool_called, turn_recorded, whole_call
from tests.integration.moved_clock import moved_clock
from tests.waiting import until

QUICK = JournalSettings(limits=SpoolLimits(segment_bytes=20_000, interval_s=0.005), pace=Pace(batch=20))


@pytest.fixture
def empty(stack: DevStack) -> Iterator[str]:
    yield stack.postgres.create_database("journal")
    stack.postgres.drop_database("journal")


@pytest.fixture
def dsn(empty: str) -> str:
    migrations.upgrade(empty)
    return empty


def rows(dsn: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def counts(dsn: str) -> dict[str, int]:
    return {table: rows(dsn, f"SELECT count(*) FROM {table}")[0][0] for table in partitions.TABLES}


async def test_a_call_is_read_back_as_it_was_recorded(dsn: str, tmp_path: Path) -> None:
    call_id, at_ms = new_call_id(), now_ms()
    ended = msgspec.structs.replace(
        call_revised(call_id, 9, ended_at_ms=at_ms + 61_500),
        answered_at_ms=at_ms + 20,
        ended_by="caller",
        scenario="tyres",
        transferred=True,
        transfer_reason="asked",
        prompt_version="uk-1",
        quality=0.75,
        cost={"stt": 0.012},
        media={"frames_sent": 3000},
    )
    turn, tool, step = (
        turn_recorded(call_id, 1, at_ms=at_ms),
        tool_called(call_id, 1, at_ms=at_ms),
        machine_stepped(call_id, 1, at_ms=at_ms),
    )
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        for record in (call_revised(call_id), turn, tool, step, ended):
            journal.append(record)
        assert await journal.flush(10)
        assert (journal.status().backlog, journal.status().failing, journal.status().dead_letters) == (0, None, 0)

    async with await connect(dsn, "test") as connection:
        shown = await show_call(connection, uuid.UUID(call_id))
        missing = await show_call(connection, uuid.UUID(new_call_id()))
    assert missing is None
    assert shown is not None
    call = shown.call
    assert (call["revision"], call["state"], call["outcome"], call["ended_by"]) == (9, "ended", "goodbye", "caller")
    assert (call["caller_id"], call["app"], call["channel_id"]) == (ended.caller_id, "callctl", ended.channel_id)
    assert (call["transferred_to_operator"], call["transfer_reason"], call["scenario"]) == (True, "asked", "tyres")
    assert (call["prompt_version"], call["quality_score"], call["cost_breakdown"]) == ("uk-1", 0.75, {"stt": 0.012})
    assert call["media"] == {"frames_sent": 3000}
    assert call["ended_at"] - call["answered_at"] == timedelta(milliseconds=61_480)
    assert float(call["duration_s"]) == (call["ended_at"] - call["started_at"]).total_seconds()
    (said,) = shown.turns
    assert {name: said[name] for name in ("turn_number", "speaker", "text", "answer_ms", "usage", "interrupted")} == {
        "turn_number": 1,
        "speaker": "agent",
        "text": turn.turn.text,
        "answer_ms": 1060,
        "usage": {"input_tokens": 900},
        "interrupted": False,
    }
    (made,) = shown.tool_calls
    assert (made["name"], made["arguments"], made["result"]) == ("search_tires", tool.call.arguments, tool.call.result)
    assert (made["duration_ms"], made["success"], made["request_id"]) == (120, True, "r-1")
    (stepped,) = shown.events
    assert (stepped["sequence"], stepped["event"], stepped["commands"]) == (1, step.event, step.commands)
    assert said["created_at"] == made["created_at"] == stepped["created_at"]


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
async def test_the_highest_revision_wins_in_whatever_order_they_come(dsn: str, tmp_path: Path, order: tuple[int, ...]) -> None:
    call_id, at_ms = new_call_id(), now_ms()
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        for revision in order:
            journal.append(call_revised(call_id, revision, state=f"state {revision}"))
            journal.append(turn_recorded(call_id, 1, f"text {revision}", revision=revision, at_ms=at_ms))
            assert await journal.flush(10)
    assert rows(dsn, "SELECT revision, state FROM calls") == [(3, "state 3")]
    assert rows(dsn, "SELECT revision, text FROM call_turns") == [(3, "text 3")]


async def test_every_record_is_there_once_after_postgresql_was_killed_during_writes(stack: DevStack, dsn: str, tmp_path: Path) -> None:
    calls: list[str] = []
    going = True

    async def talk(journal: Journal) -> None:
        while going:
            calls.append(new_call_id())
            for record in whole_call(calls[-1]):
                journal.append(record)
                await asyncio.sleep(0)
            await asyncio.sleep(0.005)

    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        talking = asyncio.create_task(talk(journal))
        for _ in range(2):
            stored = journal.status().stored
            await until(lambda stored=stored: journal.status().stored > stored + 200)  # type: ignore[misc]
            await asyncio.to_thread(stack.postgres.kill)
            try:
                appended = journal.status().appended
                await until(lambda: journal.status().database_failing)
                await until(lambda appended=appended: journal.status().appended > appended + 200)  # type: ignore[misc]
            finally:
                await asyncio.to_thread(stack.postgres.start)
        going = False
        await talking
        assert await journal.flush(60)  # how much was appended meanwhile, a busy machine decides
        assert (journal.status().failing, journal.status().dead_letters, journal.status().refused) == (None, 0, 0)
    count = len(calls)
    assert counts(dsn) == {
        "calls": count,
        "call_turns": 4 * count,
        "call_tool_calls": 4 * count,
        "call_events": count,
        "call_writes": 0,
    }
    assert rows(dsn, "SELECT count(*) FROM calls WHERE ended_at IS NULL OR revision <> 2") == [(0,)]
    assert rows(dsn, "SELECT count(*) FROM call_turns WHERE revision <> 2") == [(0,)]


async def test_what_was_durable_is_there_once_however_often_the_controller_is_killed(stack: DevStack, dsn: str, tmp_path: Path) -> None:
    call_id, durable = new_call_id(), 0
    for life in range(3):
        argv = [sys.executable, "-m", "tests.integration.journal_producer", str(tmp_path), dsn, call_id, str(durable + 1)]
        process = stack.spawn("journal-producer", argv)
        enough = durable + 100 * (life + 1)
        await until(lambda enough=enough, log=process.log_path: _last_number(log) > enough, 30)  # type: ignore[misc]
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        durable = _last_number(process.log_path)
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        assert await journal.flush(60)  # how much was appended meanwhile, a busy machine decides
    numbers = [number for (number,) in rows(dsn, "SELECT turn_number FROM call_turns ORDER BY 1")]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) >= set(range(1, durable + 1))


def _last_number(log: Path) -> int:
    lines = [line for line in log.read_text("utf-8").splitlines()[:-1] if line.isdecimal()]
    return int(lines[-1]) if lines else 0


async def test_months_make_themselves_as_time_goes_on(dsn: str, tmp_path: Path) -> None:
    clock_s = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC).timestamp()
    chosen = JournalSettings(limits=QUICK.limits, clock=lambda: clock_s)
    async with Journal.open(tmp_path, dsn, chosen) as journal:
        before = new_call_id(clock_s)
        for record in whole_call(before, 1, at_ms=int(clock_s * 1000)):
            journal.append(record)
        assert await journal.flush(10)
        await until(lambda: journal.months_ready() == 2)
        clock_s += 100 * 86_400  # further than the months that are kept ready
        after = new_call_id(clock_s)
        for record in whole_call(after, 1, at_ms=int(clock_s * 1000)):
            journal.append(record)
        assert await journal.flush(10)
        assert journal.months_ready() == -2, "February and the two after it were made; now it is June"
    places = rows(dsn, "SELECT tableoid::regclass::text FROM calls ORDER BY started_at")
    assert places == [("calls_y2028m02",), ("calls_y2028m06",)]
    assert counts(dsn) == {"calls": 2, "call_turns": 2, "call_tool_calls": 2, "call_events": 2, "call_writes": 0}


async def test_a_month_that_was_dropped_under_us_is_made_again(dsn: str, tmp_path: Path) -> None:
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        journal.append(turn_recorded(new_call_id(), 1))
        assert await journal.flush(10)
        (name,) = rows(dsn, "SELECT tableoid::regclass::text FROM call_turns")[0]
        with psycopg.connect(dsn) as connection:
            connection.execute(f"DROP TABLE {name}".encode())
        journal.append(turn_recorded(new_call_id(), 2))
        assert await journal.flush(10)
        assert journal.status().dead_letters == 0
    assert rows(dsn, "SELECT turn_number, tableoid::regclass::text FROM call_turns") == [(2, name)]


async def test_a_record_that_postgresql_refuses_is_set_aside_and_stops_nobody(dsn: str, tmp_path: Path) -> None:
    call_id = new_call_id()
    beyond = TurnRecord(turn_number=1 << 40, speaker="agent", text="", started_at_ms=now_ms())
    long_ago = TurnRecord(turn_number=1, speaker="agent", text="", started_at_ms=1000)
    good = whole_call(call_id, 12)
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        for record in (
            *good[:5],
            TurnRecorded(call_id=call_id, turn=beyond),
            *good[5:9],
            TurnRecorded(call_id=call_id, turn=long_ago),
            call_revised("not-a-call"),
            *good[9:],
            MachineStepped(call_id=call_id, sequence=2, at_ms=now_ms(), state="a\0b", event={"k": "\0"}, commands=[]),
        ):
            journal.append(record)
        assert await journal.flush(10)
        assert (journal.status().dead_letters, journal.status().backlog, journal.status().failing) == (3, 0, None)
    assert counts(dsn) == {"calls": 1, "call_turns": 12, "call_tool_calls": 12, "call_events": 2, "call_writes": 0}
    assert len((tmp_path / DEAD_LETTERS).read_text("utf-8").splitlines()) == 3


async def test_a_record_of_a_later_version_is_set_aside(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "encode", lambda _: msgspec.msgpack.encode({"type": "turn.2"}))
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        journal.append(turn_recorded(new_call_id(), 1))
        assert await journal.flush(10)
        assert journal.status().dead_letters == 1


async def test_a_missing_schema_is_told_and_records_arrive_once_it_is_there(empty: str, tmp_path: Path) -> None:
    async with Journal.open(tmp_path, empty, QUICK) as journal:
        journal.append(call_revised(new_call_id()))
        await until(lambda: "run the migrations" in (journal.status().failing or ""))
        await asyncio.to_thread(migrations.upgrade, empty)
        assert await journal.flush(10)
    assert counts(empty)["calls"] == 1


async def test_a_postgresql_that_does_not_answer_is_told(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SILENCE_S", 0.1)
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        assert await journal.flush(10)
        await until(lambda: journal.status().failing is None)
        with psycopg.connect(dsn) as connection:
            connection.execute("LOCK TABLE call_turns IN ACCESS EXCLUSIVE MODE")
            journal.append(turn_recorded(new_call_id(), 1))
            await until(lambda: "no answer" in (journal.status().failing or ""))
        assert await journal.flush(10)
        assert journal.status().failing is None


async def test_open_calls_are_known_also_when_their_records_have_left_the_spool(dsn: str, tmp_path: Path) -> None:
    left = call_revised(new_call_id(), 3, state="listening")
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        journal.append(left)
        for _ in range(60):
            for record in whole_call(new_call_id()):
                journal.append(record)
            assert await journal.flush(10)
    assert segment_numbers(tmp_path)[0] > 1  # the first segment, and the record in it, is gone
    async with Journal.open(tmp_path, "postgresql://callctl@127.0.0.1:1/callctl", JournalSettings(drain_timeout_s=0)) as journal:
        assert journal.open_calls() == [left]
    async with await connect(dsn, "test") as connection:  # and PostgreSQL knows it, should the directory be lost
        assert await open_calls(connection, "callctl", now=datetime.now(UTC)) == [left]
        assert await open_calls(connection, "another", now=datetime.now(UTC)) == []


async def test_what_was_written_to_the_shop_can_be_audited_and_is_there_once(dsn: str, tmp_path: Path) -> None:
    call_id, at_ms = new_call_id(), now_ms()
    begun = Entry(call_id=call_id, number="+380671112233", intent="confirm_order", stage="begun", at_ms=at_ms, key="k")
    done = msgspec.structs.replace(begun, stage="done", at_ms=at_ms + 250, result={"order": "1001"})
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        journal.ledger.note(Entry(call_id=call_id, number="", intent="search_tires", stage="used", at_ms=at_ms))
        await journal.ledger.record(begun)
        await journal.ledger.record(done)
        assert await journal.flush(10)
    async with Journal.open(tmp_path, dsn, QUICK) as journal:  # which sends its predecessor's last ones again
        assert journal.ledger.find("k") == done
        assert await journal.flush(10)
        assert journal.status().dead_letters == 0
    async with await connect(dsn, "test") as connection:
        shown = await show_call(connection, uuid.UUID(call_id))
    assert shown is None  # of the call itself nothing was recorded
    written = rows(dsn, "SELECT intent, key, stage, result FROM call_writes ORDER BY created_at")
    assert written == [("confirm_order", "k", "begun", {}), ("confirm_order", "k", "done", {"order": "1001"})]


async def test_a_write_that_only_the_ledger_kept_reaches_postgresql_after_the_restart(dsn: str, tmp_path: Path) -> None:
    entry = Entry(call_id=new_call_id(), number="", intent="book_fitting", stage="done", at_ms=now_ms(), key="k")
    ledger = LocalLedger(tmp_path)  # killed between the ledger's sync and the spool's
    await ledger.record(entry)
    ledger.close()
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        assert await journal.flush(10)
    assert rows(dsn, "SELECT call_id::text, stage FROM call_writes") == [(entry.call_id, "done")]


async def test_a_call_is_linked_to_the_customer_with_its_number(dsn: str, tmp_path: Path) -> None:
    call_id = new_call_id()
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        journal.append(call_revised(call_id, 1))
        assert await journal.flush(10)
        with psycopg.connect(dsn) as connection:
            customer = connection.execute("INSERT INTO customers (phone) VALUES ('+380500000001') RETURNING id").fetchone()
        journal.append(call_revised(call_id, 2))
        assert await journal.flush(10)
    assert rows(dsn, "SELECT customer_id FROM calls") == [customer]


async def test_recent_calls_are_listed_newest_first_with_what_happened_in_them(dsn: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    calls = [new_call_id(now.timestamp() - 60 + number) for number in range(4)]
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        for number, call_id in enumerate(calls):
            for record in whole_call(call_id, number):
                journal.append(record)
        assert await journal.flush(10)
    async with await connect(dsn, "test") as connection:
        found = await recent_calls(connection, since=now - timedelta(hours=1), until=now + timedelta(minutes=1), limit=3)
        for outcome, number in (("goodbye", 4), ("nobody_free", 0)):
            ended = await recent_calls(connection, since=now - timedelta(hours=1), until=now + timedelta(minutes=1), outcome=outcome)
            assert len(ended) == number
        assert await recent_calls(connection, since=now - timedelta(days=3), until=now - timedelta(days=2)) == []
    assert [(str(row["id"]), row["turns"], row["tool_calls"]) for row in found] == [(calls[n], n, n) for n in (3, 2, 1)]


async def test_months_whose_time_is_over_are_dropped_and_calls_are_kept_longer(dsn: str, tmp_path: Path) -> None:
    now = datetime(2028, 6, 15, tzinfo=UTC)
    old = [
        datetime(2027, 5, 1, tzinfo=UTC),
        datetime(2027, 6, 1, tzinfo=UTC),
        datetime(2028, 2, 1, tzinfo=UTC),
        datetime(2028, 3, 1, tzinfo=UTC),
    ]
    async with await connect(dsn, "test") as connection:
        await partitions.ensure(connection, [moment.date() for moment in old])
        await connection.execute("ALTER TABLE call_events DETACH PARTITION call_events_y2027m05")  # a drop that was cut short
        settings = JournalSettings(limits=QUICK.limits, clock=now.timestamp)
        with psycopg.connect(dsn) as reader:
            reader.execute("SELECT count(*) FROM customers")
            with moved_clock(dsn, now):
                async with Journal.open(tmp_path, dsn, settings) as journal:
                    await until(lambda: "calls_y2027m05" not in _months(dsn, "calls"))
                    await until(lambda: "call_events_y2028m02" not in _months(dsn, "call_events"))
                    assert journal.status().upkeep_failing is None
    assert _months(dsn, "calls") >= {"calls_y2027m06", "calls_y2028m02", "calls_y2028m06", "calls_y2028m07", "calls_y2028m08"}
    for table in ("call_turns", "call_tool_calls", "call_events"):
        left = _months(dsn, table)
        assert left >= {f"{table}_y2028m03", f"{table}_y2028m06"}
        assert not left & {f"{table}_y2027m05", f"{table}_y2027m06", f"{table}_y2028m02"}


async def test_a_drop_that_a_reader_held_up_is_finished_the_next_time(dsn: str) -> None:
    now = datetime(2028, 6, 15, tzinfo=UTC)
    async with await connect(dsn, "test") as connection:
        await partitions.ensure(connection, [datetime(2027, 5, 1, tzinfo=UTC).date()])
        await connection.execute("SET lock_timeout = '100ms'")
        with psycopg.connect(dsn) as reader:
            reader.execute("SELECT count(*) FROM calls")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await partitions.drop_expired(connection, now)
        await connection.execute("SET lock_timeout = '5s'")
        assert "calls_y2027m05" in await partitions.drop_expired(connection, now)
        assert await partitions.drop_expired(connection, now) == []
    assert "calls_y2027m05" not in _months(dsn, "calls")


def _months(dsn: str, table: str) -> set[str]:
    return {name for (name,) in rows(dsn, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ %s", f"^{table}_y")}


async def test_a_call_back_is_one_row_with_the_callers_latest_wish_until_it_was_worked_off(dsn: str, tmp_path: Path) -> None:
    call_id, phone = new_call_id(), "+380671234567"
    ours = CallBackNoted(call_id=call_id, id=call_back_id(call_id, phone), at_ms=now_ms(), phone=phone, why="ніхто не відповів")
    wish = msgspec.structs.replace(ours, why="зимові шини", name="Олена", revision=2)
    later = msgspec.structs.replace(wish, name="", due_at_ms=now_ms(), revision=3)

    async def there_is(*records: CallBackNoted) -> list[tuple[Any, ...]]:
        async with Journal.open(tmp_path / str(len(records)) / str(records[0].revision), dsn, QUICK) as journal:
            for record in records:
                journal.append(record)
                await until(lambda journal=journal: journal.status().backlog == 0, 10.0)  # type: ignore[misc]
        return rows(dsn, "SELECT phone, name, why, due_at IS NOT NULL, state FROM callbacks")

    assert await there_is(ours) == [(phone, "", "ніхто не відповів", False, "open")]
    assert await there_is(later, wish, ours) == [(phone, "", "зимові шини", True, "open")]
    rows(dsn, "UPDATE callbacks SET state = 'done' RETURNING id")
    assert await there_is(msgspec.structs.replace(later, why="ще щось", revision=9)) == [(phone, "", "зимові шини", True, "done")]
