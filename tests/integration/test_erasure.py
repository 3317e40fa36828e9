"""A customer erased: nothing of his number is left in any table, and nothing of anybody else's is gone."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from controller.cli import app
from controller.journal.ids import call_back_id
from controller.journal.partitions import LOCK
from controller.journal.records import Audited, CallBackNoted, CustomerNamed, Logged, Record, WriteStaged
from controller.livestate import LIVE
from controller.upkeep.erasure import SPARED
from controller.upkeep.numbers import pattern
from ops.devstack import DevStack
from tests.fakes.recorded_calls import call_revised, new_call_id, now_ms, turn_recorded, whole_call
from tests.integration.recorded import put

PHONE, OTHER = "+380671234567", "+380501112233"
MONTH_S = 32 * 86_400
PLANTED = {
    "text": "coalesce({1}, '') || 'x' || id || ' дзвоніть 067 123-45-67!'",
    "jsonb": """'{{"tel": "дзвоніть +38 (067) 123-45-67!", "bare": [380671234567, 7]}}'::jsonb || jsonb_build_object('was', {1})""",
}
"""A number put behind what is there, by the type of the column."""
WHOSE = "caller_id", "phone"
"""Columns whose number tells whose the row is."""
HARMLESS = "uuid", "timestamp with time zone", "integer", "bigint", "boolean", "double precision", "numeric", "bytea"
"""Types that hold no digits a person said. A column of another type in a table of ours must be thought about in erasure.py."""


def erase(dsn: str, *arguments: str, redis: str = "redis://127.0.0.1:1/0", **options: Any) -> Result:
    return CliRunner().invoke(app, ["db", "erase", *arguments], env={"DATABASE_URL": dsn, "REDIS_URL": redis, "COLUMNS": "200"}, **options)


def erased(dsn: str, phone: str = PHONE) -> dict[str, Any]:
    """The receipt."""
    done = erase(dsn, "--phone", phone, "--yes")
    assert done.exit_code == 0, done.output
    receipt: dict[str, Any] = json.loads(done.stdout)
    return receipt


def of(call_id: str, caller_id: str, *, phone: str = PHONE) -> list[Record]:
    """A whole call, with something in every table that a call can leave something in."""
    at_ms = int(call_id[:8] + call_id[9:13], 16)
    records = [
        msgspec.structs.replace(record, caller_id=caller_id) if hasattr(record, "caller_id") else record
        for record in whole_call(call_id, 2, at_ms=at_ms)
    ]
    return [
        *records,
        turn_recorded(call_id, 9, f"Мій номер 0{phone[4:6]} {phone[6:9]}-{phone[9:]}", at_ms=at_ms + 50),
        WriteStaged(call_id=call_id, sequence=1, at_ms=at_ms, intent="confirm_order", key="k", stage="done", result={"phone": phone}),
        Logged(call_id=call_id, sequence=90, at_ms=at_ms, position=at_ms, source="ari", name="ChannelCreated", text=f"from {caller_id}"),
        CallBackNoted(call_id=call_id, id=call_back_id(call_id, phone), at_ms=at_ms, phone=phone, name="Олена"),
        Audited(
            id=new_call_id(), at_ms=at_ms, actor="Olha", role="supervisor", action="say", call_id=call_id, arguments={"text": "Пані Олено"}
        ),
    ]


def fill(dsn: str) -> tuple[list[str], list[str]]:
    """Two months, callers in every form; the calls of PHONE and those of the others."""
    now = time.time()
    his = [new_call_id(now - 3600), new_call_id(now - 3000), new_call_id(now - MONTH_S), new_call_id(now - MONTH_S - 60)]
    others = [new_call_id(now - 3500), new_call_id(now - MONTH_S - 30)]
    records: list[Record] = [
        CustomerNamed(phone=PHONE, name="Олена", at_ms=now_ms()),
        CustomerNamed(phone=OTHER, name="Іван", at_ms=now_ms()),
    ]
    for call_id, caller_id in zip(his, (PHONE, "380671234567", "0671234567", "+38 (067) 123-45-67"), strict=True):
        records += of(call_id, caller_id)
    for call_id in others:
        records += of(call_id, OTHER, phone=OTHER)
    put(dsn, records)
    return his, others


def tables(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[str, str]]]:
    """Every table with rows that the database has at this moment, whoever made it, with names and types of its columns."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, type_ in connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns JOIN pg_class ON relname = table_name"
        " WHERE table_schema = 'public' AND relkind = 'r' AND is_generated = 'NEVER'"
    ).fetchall():
        found.setdefault(table, []).append((column, type_))
    return found


def everything(dsn: str, *but: str) -> dict[str, set[str]]:
    """Each row of each table as text."""
    with psycopg.connect(dsn) as connection:
        return {
            table: {
                row
                for (row,) in connection.execute(
                    sql.SQL("SELECT to_jsonb(found)::text FROM {} found").format(sql.Identifier(table))
                ).fetchall()
            }
            for table in tables(connection)
            if table not in but
        }


def assert_no_trace(dsn: str) -> None:
    found = re.compile(pattern(PHONE) + "|671234567")
    for table, rows in everything(dsn).items():
        for row in rows:
            assert not found.search(row), f"{table}: {row}"


def test_nothing_of_the_number_is_left_and_nothing_of_anybody_elses_is_gone(dsn: str) -> None:
    his, others = fill(dsn)
    before = everything(dsn)
    receipt = erased(dsn, "067 123 45 67")
    assert_no_trace(dsn)
    after = everything(dsn, "audit")
    for table, rows in after.items():
        gone = before[table] - rows
        assert rows <= before[table], f"{table}: rows were changed"
        assert not any(call_id in row for row in gone for call_id in others), f"{table}: another's rows are gone"
        assert not any(call_id in row for row in rows for call_id in his)
    assert sorted(receipt["calls"]) == sorted(his)
    assert len(receipt["customers"]) == 1
    assert len(receipt["callbacks"]) == 4
    counted = {name: sum(months.values()) for name, months in receipt["deleted"].items()}
    missing = {
        base: sum(len(before[table] - after[table]) for table in after if re.sub(r"_y\d{4}m\d\d$", "", table) == base) for base in counted
    }
    assert counted == missing, "the receipt tells what is gone"
    assert counted["call_turns"] == 12
    assert len(receipt["deleted"]["call_turns"]) == 2, "month by month"
    assert receipt["blanked"]["audit"] == {"audit": 4}


def test_what_people_did_stays_in_the_audit_trail_without_their_words_and_the_erasure_is_in_it(dsn: str) -> None:
    his, others = fill(dsn)
    receipt = erased(dsn)
    with psycopg.connect(dsn) as connection:
        said = connection.execute("SELECT call_id::text, actor, arguments FROM audit WHERE action = 'say'").fetchall()
        (proof,) = connection.execute("SELECT actor, role, arguments FROM audit WHERE action = 'customer.erase'").fetchall()
    assert sorted(row for row in said if row[0] in his) == sorted((call_id, "Olha", {}) for call_id in his)
    assert [row[2] for row in said if row[0] in others] == [{"text": "Пані Олено"}] * 2
    assert proof[0].endswith("(callctl)")
    assert proof[1:] == ("terminal", receipt)
    assert receipt["number"] == "+38067***4567"


def test_a_second_time_there_is_nothing_and_that_is_written_down_too(dsn: str) -> None:
    fill(dsn)
    erased(dsn)
    receipt = erased(dsn)
    assert (receipt["calls"], receipt["customers"], receipt["callbacks"]) == ([], [], [])
    assert set(receipt["deleted"]) >= {"calls", "call_turns", "call_tool_calls", "call_events", "call_writes", "callbacks", "customers"}
    assert not any([*receipt["deleted"].values(), *receipt["blanked"].values()])
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM audit WHERE action = 'customer.erase'").fetchone() == (2,)


def test_wherever_the_number_stands_in_other_peoples_rows_it_is_taken_out(dsn: str) -> None:
    """Planted into every text of every table that the database has: a new table or column cannot be forgotten."""
    fill(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE made_later (id uuid PRIMARY KEY, note text, more jsonb)")
        connection.execute("INSERT INTO made_later VALUES (gen_random_uuid(), '', '{}')")
        fixed = connection.execute(
            "SELECT conrelid::regclass::text, attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)"
            " WHERE contype = 'c'"
        ).fetchall()
        for table, columns in tables(connection).items():
            if re.sub(r"_y\d{4}m\d\d$", "", table) in SPARED:
                continue
            unknown = {type_ for _, type_ in columns} - {*PLANTED, *HARMLESS}
            assert not unknown, f"{table}: does a column of type {unknown} hold what a caller says?"
            for column, type_ in columns:
                if type_ in PLANTED and column not in WHOSE and (table, column) not in fixed:
                    planting = "UPDATE {0} SET {1} = " + PLANTED[type_]
                    connection.execute(sql.SQL(planting).format(sql.Identifier(table), sql.Identifier(column)))
    receipt = erased(dsn)
    assert_no_trace(dsn)
    assert receipt["blanked"]["made_later"] == {"made_later": 1}
    with psycopg.connect(dsn) as connection:
        (later,) = connection.execute("SELECT note, more FROM made_later").fetchall()
        assert later[0].endswith(" дзвоніть ***!")
        assert later[1] == {"tel": "дзвоніть 0!", "bare": [0, 7], "was": {}}
        (turns,) = connection.execute("SELECT count(*) FROM call_turns WHERE text LIKE '%дзвоніть ***!'").fetchall()
    assert turns[0] == sum(receipt["blanked"]["call_turns"].values()) == 6, "turns of the others are kept"


def test_a_month_that_is_only_left_to_drop_is_erased_too(dsn: str) -> None:
    his, _ = fill(dsn)
    old = datetime.fromtimestamp(time.time() - MONTH_S, UTC)
    with psycopg.connect(dsn) as connection:
        for table in ("calls", "call_turns"):
            connection.execute(f"ALTER TABLE {table} DETACH PARTITION {table}_y{old:%Y}m{old:%m}".encode())
    assert sorted(erased(dsn)["calls"]) == sorted(his)
    assert_no_trace(dsn)


def test_who_is_talking_is_not_erased(dsn: str) -> None:
    his, _ = fill(dsn)
    call_id = new_call_id()
    put(dsn, [msgspec.structs.replace(call_revised(call_id), caller_id="0671234567")])
    before = everything(dsn)
    failed = erase(dsn, "--phone", PHONE, "--yes")
    assert failed.exit_code == 1
    assert f"He is talking with us, or a controller died and has not closed the call yet ({call_id})" in failed.stderr
    assert everything(dsn) == before
    put(dsn, [msgspec.structs.replace(call_revised(call_id, 2, ended_at_ms=now_ms()), caller_id="0671234567")])
    assert len(erased(dsn)["calls"]) == len(his) + 1


def test_a_call_that_was_never_closed_does_not_keep_him_for_ever(dsn: str) -> None:
    put(dsn, [msgspec.structs.replace(call_revised(new_call_id(time.time() - 90_000)), caller_id=PHONE)])
    assert len(erased(dsn)["calls"]) == 1


def test_who_is_talking_as_redis_knows_is_not_erased_though_his_records_are_still_on_their_way(dsn: str, stack: DevStack) -> None:
    import redis

    fill(dsn)
    before = everything(dsn)
    with redis.Redis.from_url(stack.valkey.url) as client:
        client.zadd(LIVE, {"c-1": time.time() + 60})
        client.hset(f"{LIVE}:c-1", mapping={"call_id": "c-1", "caller_id": "+38 067 123 45 67", "started_at_ms": "1"})
        failed = erase(dsn, "--phone", PHONE, "--yes", redis=stack.valkey.url)
        client.delete(LIVE, f"{LIVE}:c-1")
    assert failed.exit_code == 1
    assert "He is talking with us (c-1)" in failed.stderr
    assert everything(dsn) == before


def from_withheld(call_id: str, *phones: str, caller_id: str = "anonymous") -> list[Record]:
    """A call from no number, in which somebody asked to be rung back on *phones*."""
    at_ms = now_ms()
    records: list[Record] = [
        msgspec.structs.replace(record, caller_id=caller_id) if hasattr(record, "caller_id") else record
        for record in whole_call(call_id, 2)
    ]
    return [*records, *(CallBackNoted(call_id=call_id, id=call_back_id(call_id, phone), at_ms=at_ms, phone=phone) for phone in phones)]


@pytest.mark.parametrize("withheld", ["anonymous", "", "web"])
def test_a_call_from_no_number_is_his_if_he_asked_in_it_to_be_rung_back(dsn: str, withheld: str) -> None:
    his, others = new_call_id(), [new_call_id(), new_call_id()]
    put(dsn, from_withheld(his, PHONE, caller_id=withheld))
    put(dsn, [*from_withheld(others[0], OTHER, caller_id=withheld), *from_withheld(others[1], caller_id=withheld)])
    before = everything(dsn, "audit")
    receipt = erased(dsn)
    assert receipt["calls"] == [his]
    for table, rows in everything(dsn, "audit").items():
        assert rows == {row for row in before[table] if his not in row}, table


def test_who_asked_from_anothers_telephone_to_be_rung_back_takes_his_number_along_and_leaves_the_call(dsn: str) -> None:
    call_id = new_call_id()
    put(dsn, from_withheld(call_id, PHONE, caller_id=OTHER))
    before = everything(dsn, "audit", "callbacks")
    receipt = erased(dsn)
    assert (receipt["calls"], len(receipt["callbacks"])) == ([], 1)
    assert_no_trace(dsn)
    assert everything(dsn, "audit", "callbacks") == before


def test_who_is_talking_from_no_number_and_has_left_his_is_not_erased(dsn: str) -> None:
    call_id = new_call_id()
    put(dsn, [record for record in from_withheld(call_id, PHONE) if getattr(record, "ended_at_ms", None) is None])
    failed = erase(dsn, "--phone", PHONE, "--yes")
    assert failed.exit_code == 1
    assert call_id in failed.stderr


def while_asked(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Somebody says yes, and before that *happens*."""
    monkeypatch.setattr("controller.db_commands.typer.confirm", lambda *_, **__: happens())


def test_who_rings_while_the_question_stands_is_not_erased(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(dsn)
    call_id = new_call_id()
    while_asked(monkeypatch, lambda: put(dsn, [msgspec.structs.replace(call_revised(call_id), caller_id="0671234567")]))
    failed = erase(dsn, "--phone", PHONE)
    assert failed.exit_code == 1
    assert call_id in failed.stderr
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (7,), "nothing is gone"
        assert connection.execute("SELECT count(*) FROM audit WHERE action = 'customer.erase'").fetchone() == (0,)


def test_who_rings_while_the_question_stands_is_not_erased_though_only_redis_knows_of_him(
    dsn: str, stack: DevStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis

    fill(dsn)
    before = everything(dsn)
    with redis.Redis.from_url(stack.valkey.url) as client:

        def rings() -> None:
            client.zadd(LIVE, {"c-2": time.time() + 60})
            client.hset(f"{LIVE}:c-2", mapping={"call_id": "c-2", "caller_id": PHONE, "started_at_ms": "1"})

        while_asked(monkeypatch, rings)
        failed = erase(dsn, "--phone", PHONE, redis=stack.valkey.url)
        client.delete(LIVE, f"{LIVE}:c-2")
    assert failed.exit_code == 1
    assert "He is talking with us (c-2)" in failed.stderr
    assert everything(dsn) == before


def test_a_call_that_came_and_went_while_the_question_stood_is_erased_with_the_others(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    his, _ = fill(dsn)
    call_id = new_call_id()
    while_asked(monkeypatch, lambda: put(dsn, of(call_id, PHONE)))
    done = erase(dsn, "--phone", PHONE)
    assert done.exit_code == 0, done.output
    assert sorted(json.loads(done.stdout)["calls"]) == sorted([*his, call_id])
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM call_turns WHERE call_id = %s", [call_id]).fetchone() == (0,)


def test_what_comes_later_from_a_spool_is_found_the_next_time_though_its_call_is_gone(dsn: str) -> None:
    his, _ = fill(dsn)
    erased(dsn)
    put(dsn, [turn_recorded(his[0], 11, "щось без номера")])
    receipt = erased(dsn)
    assert sum(receipt["deleted"]["call_turns"].values()) == 1
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM call_turns WHERE call_id = %s", [his[0]]).fetchone() == (0,)


def test_it_asks_first_and_without_a_yes_does_nothing(dsn: str) -> None:
    fill(dsn)
    before = everything(dsn)
    asked = erase(dsn, "--phone", PHONE, input="n\n")
    assert asked.exit_code == 1
    assert "4 calls of +380671234567" in asked.stderr
    assert everything(dsn) == before
    assert erase(dsn, "--phone", PHONE, input="y\n").exit_code == 0
    assert_no_trace(dsn)


@pytest.mark.parametrize("number", ["anonymous", "101", "06712345", ""])
def test_what_is_no_number_is_told(dsn: str, number: str) -> None:
    failed = erase(dsn, "--phone", number, "--yes")
    assert failed.exit_code == 1
    assert "no telephone number" in failed.stderr or "Give either" in failed.stderr


def test_who_holds_a_row_of_his_is_waited_for_five_seconds_and_then_nothing_is_done(dsn: str) -> None:
    fill(dsn)
    before = everything(dsn)
    with psycopg.connect(dsn) as writer:
        writer.execute("SELECT FROM customers WHERE phone = %s FOR UPDATE", [PHONE])
        failed = erase(dsn, "--phone", PHONE, "--yes")
    assert failed.exit_code == 1
    assert "nothing is half done" in failed.stderr
    assert everything(dsn) == before
    erased(dsn)
    assert_no_trace(dsn)


def test_two_who_erase_the_same_at_once_do_it_one_behind_the_other(dsn: str) -> None:
    fill(dsn)
    results: list[dict[str, Any]] = []

    def one() -> None:
        from controller.journal.writer import connect
        from controller.terminal import audited, in_loop
        from controller.upkeep.erasure import erase as erase_plan
        from controller.upkeep.erasure import find

        async def work() -> None:
            from controller.api.database import QUERIES

            async with await connect(dsn, "erasing") as connection:
                plan = await find(connection, PHONE, datetime.now(UTC))
                barrier.wait(20)
                receipt = await erase_plan(connection, plan, lambda made: (QUERIES["note_command"], audited("customer.erase", {})))
                results.append({"rows": receipt.rows})

        in_loop(work())

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(result["rows"] > 0 for result in results) == [False, True]
    assert_no_trace(dsn)


def test_months_are_not_dropped_under_an_erasure(dsn: str) -> None:
    fill(dsn)
    with psycopg.connect(dsn) as dropping:
        dropping.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert "nothing is half done" in erase(dsn, "--phone", PHONE, "--yes").stderr


def test_what_an_old_backup_brings_back_is_erased_again_by_its_receipt(dsn: str, tmp_path: Path) -> None:
    his, _ = fill(dsn)
    before = everything(dsn)
    receipts = tmp_path / "erasures.jsonl"
    receipts.write_text(json.dumps(erased(dsn)) + "\n")
    with psycopg.connect(dsn) as connection:
        for table in before:  # the backup: everything is as it was
            if re.sub(r"_y\d{4}m\d\d$", "", table) not in SPARED:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    _, others = fill_again(dsn, his)
    done = erase(dsn, "--again", str(receipts))
    assert done.exit_code == 0, done.output
    assert sorted(json.loads(done.stdout)["calls"]) == sorted(his)
    assert_no_trace(dsn)
    with psycopg.connect(dsn) as connection:
        assert {str(row[0]) for row in connection.execute("SELECT id FROM calls").fetchall()} == set(others)
    nothing = erase(dsn, "--again", "-", input=receipts.read_text())
    assert nothing.exit_code == 0
    assert "nothing of them is in this database" in nothing.stderr


def test_whom_an_erased_caller_wanted_rung_back_is_not_erased_with_him_from_an_old_backup(dsn: str, tmp_path: Path) -> None:
    his, hers = new_call_id(), new_call_id()
    put(dsn, [*of(his, PHONE, phone=OTHER), *of(hers, OTHER, phone=OTHER)])
    receipts = tmp_path / "erasures.jsonl"
    receipts.write_text(json.dumps(erased(dsn)) + "\n")
    put(dsn, of(his, PHONE, phone=OTHER))  # the backup
    done = erase(dsn, "--again", str(receipts))
    assert done.exit_code == 0, done.output
    with psycopg.connect(dsn) as connection:
        assert [str(row[0]) for row in connection.execute("SELECT id FROM calls").fetchall()] == [hers]


def test_a_call_from_no_number_that_an_old_backup_brings_back_is_erased_again(dsn: str, tmp_path: Path) -> None:
    his = new_call_id()
    put(dsn, from_withheld(his, PHONE, OTHER))
    receipts = tmp_path / "erasures.jsonl"
    receipts.write_text(json.dumps(erased(dsn)) + "\n")
    put(dsn, from_withheld(his, PHONE, OTHER))
    done = erase(dsn, "--again", str(receipts))
    assert json.loads(done.stdout)["calls"] == [his]
    assert not any(everything(dsn, "audit", *SPARED).values())


def fill_again(dsn: str, his: list[str]) -> tuple[list[str], list[str]]:
    other = new_call_id(time.time() - 3500)
    records: list[Record] = [CustomerNamed(phone=PHONE, name="Олена", at_ms=now_ms())]
    for call_id in his:
        records += of(call_id, "0671234567")
    put(dsn, [*records, *of(other, OTHER, phone=OTHER)])
    return his, [other]


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "not json",
        '{"number": "+38067***4567", "calls": ["x"], "customers": [], "callbacks": []}',
        '{"calls": [], "customers": [], "callbacks": []}',
    ],
)
def test_what_is_no_receipt_is_refused(dsn: str, tmp_path: Path, line: str) -> None:
    file = tmp_path / "erasures.jsonl"
    file.write_text(line)
    failed = erase(dsn, "--again", str(file))
    assert failed.exit_code == 1
    assert "erasures.jsonl" in failed.stderr
    assert "Traceback" not in failed.output
