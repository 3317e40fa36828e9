"""``callctl db`` on a real database: schema, months, state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from typer.testing import CliRunner, Result

import migrations
from controller.cli import app
from controller.journal.partitions import LOCK, TABLES, months_from, part_name
from ops.devstack import DevStack

OLD = datetime.now(UTC) - timedelta(days=200)
"""Transcripts of that time are over, calls are not."""


def db(dsn: str, *arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(app, ["db", *arguments], env={"DATABASE_URL": dsn, "COLUMNS": "200", **settings})


def months(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid AND relkind = 'r'")
        return {name for (name,) in found.fetchall()}


def make_month(dsn: str, at: datetime) -> None:
    with psycopg.connect(dsn) as connection:
        for table in TABLES:
            connection.execute("SELECT ensure_partition(%s::regclass, %s)", [table, at])


def test_upgrade_tells_each_step_and_a_second_time_has_nothing_to_do(stack: DevStack) -> None:
    dsn = stack.postgres.create_database("upgraded")
    first = db(dsn, "upgrade", "001")
    assert first.exit_code == 0, first.output
    assert "001  The first schema" in first.stderr
    second = db(dsn, "upgrade")
    assert second.exit_code == 0
    assert "001" not in second.stderr
    assert "003  People in the loop" in second.stderr
    third = db(dsn, "upgrade")
    assert (third.exit_code, third.stderr, third.stdout) == (0, "", "The schema is up to date.\n")
    assert db(dsn, "status").exit_code == 0
    stack.postgres.drop_database("upgraded")


def test_a_database_that_is_newer_than_the_program_is_left_alone_and_told(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '999'")
    failed = db(dsn, "upgrade")
    assert failed.exit_code == 1
    assert "999" in failed.stderr
    assert f"This program's newest is {migrations.head()}" in failed.stderr
    state = db(dsn, "status")
    assert state.exit_code == 1
    assert f"The schema is 999, needed is {migrations.head()}" in state.stderr


def test_a_database_without_our_tables_is_told_what_to_do(stack: DevStack) -> None:
    empty = stack.postgres.create_database("without")
    assert "callctl db upgrade" in db(empty, "status").stderr
    for command in (("partitions",), ("retention",), ("erase", "--phone", "0671234567", "--yes")):
        failed = db(empty, *command)
        assert failed.exit_code == 1
        assert "callctl db upgrade" in failed.stderr
        assert "Traceback" not in failed.output
    stack.postgres.drop_database("without")


def test_status_tells_of_a_missing_month_and_partitions_makes_it(dsn: str) -> None:
    this, after, _ = months_from(datetime.now(UTC))
    shown = db(dsn, "status")
    assert shown.exit_code == 0, shown.output
    assert f"schema {migrations.head()}" in shown.stdout
    assert f"{this:%Y-%m} to" in shown.stdout
    with psycopg.connect(dsn) as connection:
        connection.execute(f"DROP TABLE {part_name('call_turns', after)}".encode())
    shown = db(dsn, "status")
    assert shown.exit_code == 1
    assert f"{after:%Y-%m} is missing in call_turns: callctl db partitions" in shown.stderr
    assert part_name("call_turns", after) in db(dsn, "partitions").stdout
    assert db(dsn, "partitions").stdout == "Every month is there.\n"
    assert db(dsn, "status").exit_code == 0


def test_retention_drops_what_is_over_as_long_as_the_settings_say(dsn: str) -> None:
    make_month(dsn, OLD)
    month = OLD.date().replace(day=1)
    before = months(dsn)
    tried = db(dsn, "retention", "--dry-run")
    assert part_name("call_turns", month) in tried.stdout
    assert f" {part_name('calls', month)}" not in tried.stdout, "calls are kept for a year"
    assert months(dsn) == before
    kept = db(dsn, "retention", RETENTION_TRANSCRIPTS_DAYS="300", RETENTION_CALLS_DAYS="400")
    assert (kept.stdout, months(dsn)) == ("No month's time is over.\n", before)
    assert db(dsn, "retention").stdout == "3 dropped.\n"
    assert before - months(dsn) == {part_name(table, month) for table in ("call_turns", "call_tool_calls", "call_events")}
    assert db(dsn, "retention").stdout == "No month's time is over.\n"


def test_retention_beside_another_one_drops_nothing_and_says_so(dsn: str) -> None:
    make_month(dsn, OLD)
    before = months(dsn)
    with psycopg.connect(dsn) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        failed = db(dsn, "retention")
        assert failed.exit_code == 1
        assert "Another program is dropping months" in failed.stderr
    assert months(dsn) == before


def test_retention_that_a_reader_holds_up_gives_way_and_is_finished_the_next_time(dsn: str) -> None:
    make_month(dsn, OLD)
    with psycopg.connect(dsn) as reader:
        reader.execute("SELECT count(*) FROM call_turns")
        failed = db(dsn, "retention")
        assert failed.exit_code == 1
        assert "Somebody else holds what must be changed" in failed.stderr
    assert db(dsn, "retention").exit_code == 0
    assert part_name("call_turns", OLD.date().replace(day=1)) not in months(dsn)


@pytest.mark.parametrize(("transcripts", "calls"), [("100", "99"), ("0", "99"), ("x", "99")])
def test_retention_by_settings_that_cannot_be_meant_drops_nothing(dsn: str, transcripts: str, calls: str) -> None:
    failed = db(dsn, "retention", RETENTION_TRANSCRIPTS_DAYS=transcripts, RETENTION_CALLS_DAYS=calls)
    assert failed.exit_code == 2
    assert "RETENTION_" in failed.stderr
