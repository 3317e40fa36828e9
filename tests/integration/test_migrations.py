"""The schema on every PostgreSQL of this machine: from empty, back, and with its traps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import migrations
from controller.journal.ids import EPOCH, moment
from ops.devstack import DevStack
from ops.devstack.account import service_account
from ops.devstack.postgres import Postgres
from ops.devstack.postgres_program import PostgresProgram, installed_postgres

PROGRAMS = {program.version: program for program in installed_postgres(service_account(), lambda _: None)}
TABLES = {
    "customers",
    "operators",
    "knowledge_articles",
    "calls",
    "call_turns",
    "call_tool_calls",
    "call_events",
    "call_writes",
    "callbacks",
    "api_tokens",
    "audit",
}


@pytest.fixture(scope="module", params=sorted(PROGRAMS) or ["none"])
def server(stack: DevStack, request: pytest.FixtureRequest) -> Iterator[Postgres]:
    program: PostgresProgram | None = PROGRAMS.get(request.param)
    assert program is not None, "no PostgreSQL on this machine: see ops/devstack/postgres_program.py"
    folder = stack.folder / f"migrations-{sorted(PROGRAMS).index(program.version)}"
    postgres = Postgres(stack.supervisor, program, folder, service_account())
    postgres.start()
    yield postgres
    postgres.stop()


@pytest.fixture
def empty(server: Postgres) -> str:
    return server.create_database("migrations")


@pytest.fixture
def dsn(empty: str) -> str:
    migrations.upgrade(empty)
    return empty


def names(dsn: str, query: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        return {row[0] for row in connection.execute(query).fetchall()}


def relations(dsn: str) -> set[str]:
    return names(dsn, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')")


def names_of_indexes(connection: psycopg.Connection[tuple[str]], table: str) -> set[str]:
    return {row[0] for row in connection.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [table]).fetchall()}


def test_the_indexes_have_the_names_that_were_asked_for(dsn: str) -> None:
    asked = {"idx_calls_caller_id", "idx_calls_started_at", "idx_call_turns_call_id", "idx_customers_phone"}
    assert asked <= names(dsn, "SELECT indexname FROM pg_indexes")


def test_upgrade_from_empty_makes_the_tables_and_downgrade_leaves_nothing_of_them(dsn: str) -> None:
    assert relations(dsn) >= TABLES
    migrations.upgrade(dsn)  # again: nothing to do
    migrations.downgrade(dsn)
    assert relations(dsn) == {"alembic_version"}
    assert names(dsn, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == set()
    migrations.upgrade(dsn)
    assert relations(dsn) >= TABLES


def test_the_search_can_be_taken_back_with_articles_in_it_and_be_made_again(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO knowledge_articles (title, content) VALUES ('Гарантія на шини', 'П''ять років.')")
    found = "SELECT title FROM knowledge_articles WHERE words @@ to_tsquery('simple', 'garant:*') AND fold_words('гарантії') <% folded"
    assert names(dsn, found) == {"Гарантія на шини"}
    migrations.downgrade(dsn, "001")
    assert names(dsn, "SELECT extname FROM pg_extension") == {"plpgsql"}
    assert names(dsn, "SELECT title FROM knowledge_articles") == {"Гарантія на шини"}
    migrations.upgrade(dsn)
    assert names(dsn, found) == {"Гарантія на шини"}


def test_steps_of_older_calls_get_their_place_in_the_log(empty: str) -> None:
    call, step = "01a20399-d3a4-7571-a5c9-eda76f7988d2", "01a20399-d3a5-7571-a5c9-eda76f7988d3"
    at_ms = int(step[:8] + step[9:13], 16)
    migrations.upgrade(empty, "002")
    with psycopg.connect(empty) as connection:
        for table in ("calls", "call_events"):
            connection.execute("SELECT ensure_partition(%s::regclass, %s)", [table, moment(at_ms)])
        connection.execute(
            "INSERT INTO calls (id, started_at, revision, caller_id, app, channel_id, state)"
            " VALUES (%s, uuid7_ts(%s), 1, '', 'callctl-2', '', '')",
            [call, call],
        )
        connection.execute(
            "INSERT INTO call_events (id, created_at, call_id, sequence, state, event, commands)"
            " VALUES (%s, uuid7_ts(%s), %s, 7, 'talking', '{\"type\": \"line_joined.1\"}', '[]')",
            [step, step, call],
        )
    migrations.upgrade(empty)
    with psycopg.connect(empty) as connection:
        found = connection.execute("SELECT app, position, source, name, text FROM call_events").fetchall()
        connection.execute("SELECT ensure_partition('call_events', '2033-05-17Z')")
        indexes = names_of_indexes(connection, "call_events_y2033m05")
    assert found == [("callctl-2", at_ms * 1000 + 7, "ctl", "line_joined", "talking")]
    assert any("app_position" in name for name in indexes), "months to come have the index of the log's places"


def test_trigrams_that_were_there_before_stay(empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    migrations.upgrade(empty)
    migrations.downgrade(empty)
    assert "pg_trgm" in names(empty, "SELECT extname FROM pg_extension")


def test_an_owner_who_is_no_superuser_can_migrate(server: Postgres, empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS plain_owner")
        connection.execute("CREATE ROLE plain_owner LOGIN PASSWORD 'plain'")
        connection.execute("ALTER DATABASE migrations OWNER TO plain_owner")
    migrations.upgrade(make_conninfo(empty, user="plain_owner", password="plain"))
    migrations.downgrade(make_conninfo(empty, user="plain_owner", password="plain"))
    assert names(empty, "SELECT extname FROM pg_extension") == {"plpgsql"}


def test_programs_that_start_at_once_migrate_once(empty: str) -> None:
    with ThreadPoolExecutor(1) as other:  # Alembic's own state is per process; here two connections are enough
        with psycopg.connect(empty) as first:
            first.execute("SELECT pg_advisory_xact_lock(%s)", [0x63616C6C63746C])
            waiting = other.submit(migrations.upgrade, empty)
            with psycopg.connect(empty, autocommit=True) as watcher:
                for _ in range(1000):
                    if watcher.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone() is not None:
                        break
                    watcher.execute("SELECT pg_sleep(0.01)")
                else:
                    pytest.fail("the migration did not wait for the other one")
            assert not waiting.done()
        waiting.result(timeout=30)
    assert relations(empty) >= TABLES


def test_the_tables_of_calls_are_partitioned_by_month_without_a_default_partition(dsn: str) -> None:
    parted = "SELECT partrelid::regclass::text || ' ' || partstrat::text || ' ' || partdefid::text FROM pg_partitioned_table"
    assert names(dsn, parted) == {f"{table} r 0" for table in ("calls", "call_turns", "call_tool_calls", "call_events", "call_writes")}


def test_the_time_in_an_id_is_read_exactly_as_python_reads_it(dsn: str) -> None:
    times = [0, 1, 999, 1_000_000_000_001, 1_795_357_942_563, 1_795_357_942_999, 4_102_444_799_999]
    with psycopg.connect(dsn) as connection:
        for at_ms in times:
            id_ = f"{at_ms:012x}".join(["", "70008000000000000000"])
            row = connection.execute("SELECT uuid7_ts(%s::uuid)", [id_]).fetchone()
            assert row is not None
            assert row[0] - EPOCH == moment(at_ms) - EPOCH


def test_a_row_whose_time_is_not_its_ids_is_refused(dsn: str) -> None:
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.CheckViolation, match="calls_started_at_is_in_id"):
        connection.execute(
            "INSERT INTO calls (id, started_at, revision, caller_id, app, channel_id, state)"
            " VALUES ('01a20399-d3a4-7571-a5c9-eda76f7988d2', now(), 1, '', '', '', '')"
        )


def test_an_id_alone_leads_to_one_partition(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        plan = connection.execute(
            "EXPLAIN SELECT * FROM calls WHERE id = %s AND started_at = %s",
            ["01a20399-d3a4-7571-a5c9-eda76f7988d2", datetime(2026, 11, 22, tzinfo=UTC)],
        ).fetchall()
        connection.execute("SELECT ensure_partition('calls', '2026-11-01Z')")
    assert str(plan).count("calls_y") <= 2  # the scan and its index


def test_a_partition_is_made_while_readers_and_writers_hold_the_table(dsn: str) -> None:
    with psycopg.connect(dsn) as reader, psycopg.connect(dsn) as writer, psycopg.connect(dsn, autocommit=True) as maker:
        reader.execute("SELECT count(*) FROM calls")  # both stay in their transaction
        writer.execute("LOCK TABLE call_turns, calls IN ROW EXCLUSIVE MODE")
        maker.execute("SET lock_timeout = '2s'")
        assert maker.execute("SELECT ensure_partition('calls', '2031-05-17Z')").fetchone() == (True,)
        assert maker.execute("SELECT ensure_partition('calls', '2031-05-31 23:59:59Z')").fetchone() == (False,)
        assert "calls_y2031m05" in relations(dsn)


def test_several_who_want_the_same_month_make_it_once(dsn: str) -> None:
    barrier = threading.Barrier(4)

    def make() -> bool:
        with psycopg.connect(dsn, autocommit=True) as connection:
            barrier.wait(10)
            row = connection.execute("SELECT ensure_partition('call_turns', '2032-01-01Z')").fetchone()
            return bool(row and row[0])

    with ThreadPoolExecutor(4) as makers:
        made = [one.result(30) for one in [makers.submit(make) for _ in range(4)]]
    assert made.count(True) == 1
