"""ops/backup.sh and ops/restore.sh on the private PostgreSQL, with the programs that came with it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

import migrations
from controller.cli import app
from controller.journal.records import CustomerNamed
from ops.devstack import DevStack
from ops.devstack.account import service_account
from ops.devstack.postgres_program import find_postgres
from tests.fakes.recorded_calls import new_call_id, now_ms
from tests.integration.recorded import put
from tests.integration.test_erasure import OTHER, PHONE, of

ROOT = Path(__file__).parents[2]
RUN_S = 100
DOCKER = """#!/bin/bash
# Docker, as far as the scripts use it: a command "in" a container runs here, with what the container would have.
echo "$*" >>"$DOCKER_LOG"
case "$1 $2 $3 $4" in
  "compose exec -T postgres") shift 4; exec env POSTGRES_USER="$USER_THERE" POSTGRES_DB="$DATABASE_THERE" "$@" ;;
  "compose run --rm -T") shift 6; exec env DATABASE_URL="$URL_THERE" $CALLCTL_THERE "$@" ;;
esac
exit 125
"""


@dataclass
class Scripts:
    """The two scripts with a database of their own, and a folder for the dumps."""

    stack: DevStack
    dsn: str
    folder: Path

    def run(self, script: str, *arguments: str, dsn: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        bin_ = find_postgres(service_account(), lambda _: None).bin
        found = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "DATABASE_URL": dsn or self.dsn}
        found |= {"CALLCTL": f"{sys.executable} -m controller", "COLUMNS": "200", **environment}
        argv = [str(ROOT / "ops" / script), *arguments]
        return subprocess.run(argv, env=found, cwd=ROOT, capture_output=True, text=True, timeout=RUN_S, check=False)

    def backup(self, **environment: str) -> Path:
        done = self.run("backup.sh", str(self.folder), **environment)
        assert done.returncode == 0, done.stderr
        return self.dumps()[-1]

    def dumps(self) -> list[Path]:
        return sorted(self.folder.glob("*.dump"))


@pytest.fixture
def scripts(stack: DevStack, dsn: str, tmp_path: Path) -> Scripts:
    return Scripts(stack, dsn, tmp_path / "backups")


@pytest.fixture
def empty(stack: DevStack) -> Iterator[str]:
    yield stack.postgres.create_database("restored")
    stack.postgres.drop_database("restored")


def fill(dsn: str) -> list[str]:
    """The calls of PHONE."""
    his = [new_call_id(time.time() - 3600), new_call_id(time.time() - 40 * 86_400)]
    other = new_call_id(time.time() - 3500)
    put(dsn, [CustomerNamed(phone=PHONE, name="Олена", at_ms=now_ms()), *of(his[0], PHONE), *of(his[1], "0671234567")])
    put(dsn, of(other, OTHER, phone=OTHER))
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO knowledge_articles (title, content) VALUES ('Гарантія на шини', 'П''ять років.')")
    return his


def contents(dsn: str) -> dict[str, tuple[int, str]]:
    """Rows and checksum of each table."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'").fetchall()
        found: dict[str, tuple[int, str]] = {}
        for (name,) in names:
            asked = sql.SQL("SELECT count(*), coalesce(md5(string_agg(row::text, chr(10) ORDER BY row::text)), '') FROM {} row")
            (found[name],) = connection.execute(asked.format(sql.Identifier(name))).fetchall()
        return found


def parents(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute("SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits").fetchall())


def test_a_restored_database_holds_the_same_rows_in_the_same_months_and_works(scripts: Scripts, empty: str) -> None:
    his = fill(scripts.dsn)
    dump = scripts.backup()
    assert oct(dump.stat().st_mode & 0o777) == "0o600"
    restored = scripts.run("restore.sh", str(dump), dsn=empty)
    assert restored.returncode == 0, restored.stderr
    before = contents(scripts.dsn)
    assert sum(rows for rows, _ in before.values()) > 30
    assert contents(empty) == before
    assert parents(empty) == parents(scripts.dsn)
    assert re.search(r"Restoring call_turns_y\d{4}m\d\d, \d+ of \d+", restored.stderr)
    assert f"schema {migrations.head()}" in restored.stdout, "the state at the end"
    listed = CliRunner().invoke(app, ["calls", "--numbers"], env={"DATABASE_URL": empty, "COLUMNS": "200"})
    assert his[0] in listed.stdout
    put(empty, of(new_call_id(), PHONE))  # and it takes new ones
    with psycopg.connect(empty) as connection:
        searched = (
            "SELECT title FROM knowledge_articles WHERE words @@ to_tsquery('simple', 'garant:*') AND fold_words('гарантії') <% folded"
        )
        assert connection.execute(searched).fetchall() == [("Гарантія на шини",)]


def test_a_restored_database_can_be_backed_up_and_restored_by_its_plain_owner(scripts: Scripts, empty: str) -> None:
    fill(scripts.dsn)
    name = urlsplit(empty).path[1:]
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS plain_keeper")
        connection.execute("CREATE ROLE plain_keeper LOGIN PASSWORD 'p@ss/word%'")
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO plain_keeper").format(sql.Identifier(name)))
    plain = f"postgresql://plain_keeper:p%40ss%2Fword%25@127.0.0.1:{urlsplit(empty).port}/{name}"
    dump = scripts.backup()
    first = scripts.run("restore.sh", str(dump), dsn=plain)
    assert first.returncode == 0, first.stderr
    scripts.folder = scripts.folder / "again"
    scripts.backup(DATABASE_URL=plain)
    again = scripts.run("restore.sh", "--replace", str(scripts.dumps()[-1]), dsn=plain)
    assert again.returncode == 0, again.stderr
    assert contents(empty) == contents(scripts.dsn)


def test_a_database_that_holds_something_is_not_overwritten_unless_told(scripts: Scripts) -> None:
    fill(scripts.dsn)
    dump, before = scripts.backup(), contents(scripts.dsn)
    with psycopg.connect(scripts.dsn) as connection:
        connection.execute("DELETE FROM customers")
    after = contents(scripts.dsn)
    refused = scripts.run("restore.sh", str(dump))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert contents(scripts.dsn) == after
    with psycopg.connect(scripts.dsn, application_name="callctl-journal"):
        beside = scripts.run("restore.sh", "--replace", str(dump))
    assert beside.returncode == 1
    assert "Controllers are connected" in beside.stderr
    assert contents(scripts.dsn) == after
    done = scripts.run("restore.sh", "--replace", str(dump))
    assert done.returncode == 0, done.stderr
    assert contents(scripts.dsn) == before


def test_a_customer_erased_after_the_backup_is_erased_again_when_it_is_restored(scripts: Scripts) -> None:
    his = fill(scripts.dsn)
    dump = scripts.backup()
    erasing = CliRunner().invoke(
        app, ["db", "erase", "--phone", PHONE, "--yes"], env={"DATABASE_URL": scripts.dsn, "REDIS_URL": "redis://127.0.0.1:1/0"}
    )
    assert erasing.exit_code == 0, erasing.output
    done = scripts.run("restore.sh", "--replace", str(dump))  # no backup in between: the receipt is only in the database that goes
    assert done.returncode == 0, done.stderr
    with psycopg.connect(scripts.dsn) as connection:
        assert connection.execute("SELECT caller_id FROM calls").fetchall() == [(OTHER,)]
        (proof,) = connection.execute("SELECT arguments -> 'calls' FROM audit WHERE action = 'customer.erase'").fetchall()
    assert sorted(proof[0]) == sorted(his)
    (kept,) = [json.loads(line) for line in (scripts.folder / "erasures.jsonl").read_text().splitlines()]
    assert sorted(kept["calls"]) == sorted(his)


def test_without_the_receipts_of_erased_customers_nothing_is_restored_unless_told(scripts: Scripts, empty: str) -> None:
    fill(scripts.dsn)
    dump = scripts.backup()
    receipts = scripts.folder / "erasures.jsonl"
    assert receipts.read_text() == "", "also when nobody was erased: what is missing was lost"
    receipts.unlink()
    refused = scripts.run("restore.sh", str(dump), dsn=empty)
    assert refused.returncode == 1
    assert "erasures.jsonl is not beside it" in refused.stderr
    assert "--no-erasures" in refused.stderr
    assert contents(empty) == {}
    done = scripts.run("restore.sh", "--no-erasures", str(dump), dsn=empty)
    assert done.returncode == 0, done.stderr
    assert "whoever was erased after this backup may be back" in done.stderr
    assert contents(empty) == contents(scripts.dsn)
    assert not receipts.exists(), "an empty one would say that nobody was erased"


def test_without_them_the_receipts_of_the_database_that_goes_are_used_all_the_same(scripts: Scripts) -> None:
    fill(scripts.dsn)
    dump = scripts.backup()
    (scripts.folder / "erasures.jsonl").unlink()
    CliRunner().invoke(app, ["db", "erase", "--phone", PHONE, "--yes"], env={"DATABASE_URL": scripts.dsn})
    done = scripts.run("restore.sh", "--replace", "--no-erasures", str(dump))
    assert done.returncode == 0, done.stderr
    with psycopg.connect(scripts.dsn) as connection:
        assert connection.execute("SELECT caller_id FROM calls").fetchall() == [(OTHER,)]


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        ("db upgrade", ["db upgrade", "db partitions", "db erase --again - <", "db status"]),
        ("db erase", ["db erase --again - <", "db status"]),
    ],
)
def test_what_a_restore_could_not_finish_is_told_with_what_is_left_to_do(
    scripts: Scripts, empty: str, tmp_path: Path, broken: str, left: list[str]
) -> None:
    fill(scripts.dsn)
    dump = scripts.backup()
    CliRunner().invoke(app, ["db", "erase", "--phone", PHONE, "--yes"], env={"DATABASE_URL": scripts.dsn})
    dump.rename(scripts.folder / "before.dump")
    scripts.backup()  # with the receipt
    failing = tmp_path / "failing"
    failing.write_text(f'#!/bin/bash\n[[ $* == "{broken}"* ]] && exit 3\nexec {sys.executable} -m controller "$@"\n')
    failing.chmod(0o755)
    failed = scripts.run("restore.sh", str(scripts.folder / "before.dump"), dsn=empty, CALLCTL=str(failing))
    assert failed.returncode == 3
    assert "NOT FINISHED" in failed.stderr
    assert "No controller may start" in failed.stderr
    told = [line.strip() for line in failed.stderr.splitlines() if line.startswith(f"  {failing} ")]
    assert len(told) == len(left)
    for line, expected in zip(told, left, strict=True):
        assert line.startswith(f"{failing} {expected}")
    assert "Restored from" not in failed.stderr
    for line in told:  # and that is all it needs
        env = {**os.environ, "DATABASE_URL": empty}
        subprocess.run(
            ["bash", "-c", line.replace(str(failing), f"{sys.executable} -m controller")], env=env, cwd=ROOT, check=True, timeout=RUN_S
        )
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT caller_id FROM calls").fetchall() == [(OTHER,)]


def test_receipts_are_kept_beside_the_backups_once_each(scripts: Scripts) -> None:
    fill(scripts.dsn)
    for _ in range(2):
        CliRunner().invoke(app, ["db", "erase", "--phone", PHONE, "--yes"], env={"DATABASE_URL": scripts.dsn})
    first = scripts.backup()
    first.rename(scripts.folder / "first.dump")  # the next one may be of the same second
    scripts.backup()
    assert len((scripts.folder / "erasures.jsonl").read_text().splitlines()) == 2


def test_so_many_backups_are_kept_as_asked_for_and_nothing_else_is_touched(scripts: Scripts) -> None:
    scripts.folder.mkdir()
    old = [scripts.folder / f"callctl-2026010{day}T000000Z.dump" for day in range(1, 5)]
    for path in (*old, scripts.folder / "mine.dump", scripts.folder / ".callctl-x.dump.partial"):
        path.write_text("x")
    scripts.backup(KEEP="3")
    (new,) = [path for path in scripts.dumps() if path.stat().st_size > 1]
    assert scripts.dumps() == sorted([*old[2:], new, scripts.folder / "mine.dump"])
    assert not list(scripts.folder.glob(".*.partial")), "what a predecessor left behind is gone"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"DATABASE_URL": "postgresql://nobody:secret-word@127.0.0.1:1/none"}, "no backup was made"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"KEEP": "0"}, "at least 1"),
    ],
)
def test_a_backup_that_fails_leaves_no_file_and_says_so(scripts: Scripts, environment: dict[str, str], told: str) -> None:
    failed = scripts.run("backup.sh", str(scripts.folder), **environment)
    assert failed.returncode == 1
    assert told in failed.stderr
    assert "secret-word" not in failed.stderr
    assert scripts.dumps() == []


def test_a_dump_that_is_cut_off_is_not_restored_and_nothing_is_lost(scripts: Scripts, empty: str) -> None:
    fill(scripts.dsn)
    dump, before = scripts.backup(), contents(scripts.dsn)
    whole = dump.read_bytes()
    for size in (0, 1000, len(whole) - 2000, len(whole) - 1):
        dump.write_bytes(whole[:size])
        failed = scripts.run("restore.sh", "--replace", str(dump))
        assert failed.returncode == 1, size
        assert "nothing was changed" in failed.stderr
    assert contents(scripts.dsn) == before


def test_a_restore_that_breaks_on_the_way_leaves_the_database_as_it_was(scripts: Scripts, tmp_path: Path) -> None:
    fill(scripts.dsn)
    dump = scripts.backup()
    real = find_postgres(service_account(), lambda _: None).bin / "pg_restore"
    broken = tmp_path / "bin" / "pg_restore"
    broken.parent.mkdir()
    broken.write_text(f'#!/bin/bash\n[[ $* != *--file=-* ]] && exec {real} "$@"\n{real} "$@" | head -c 20000\nexit 1\n')
    broken.chmod(0o755)
    with psycopg.connect(scripts.dsn) as connection:
        connection.execute("DELETE FROM customers")
    before = contents(scripts.dsn)
    bin_ = find_postgres(service_account(), lambda _: None).bin
    failed = scripts.run("restore.sh", "--replace", str(dump), PATH=f"{broken.parent}:{bin_}:{os.environ['PATH']}")
    assert failed.returncode == 1
    assert "the database is as it was" in failed.stderr
    assert contents(scripts.dsn) == before


def test_the_same_through_the_containers_of_a_stack(scripts: Scripts, empty: str, tmp_path: Path) -> None:
    fill(scripts.dsn)
    docker = tmp_path / "docker" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    bin_ = find_postgres(service_account(), lambda _: None).bin

    def there(dsn: str) -> dict[str, str]:
        parts = urlsplit(dsn)
        return {
            "PATH": f"{docker.parent}:{bin_}:{os.environ['PATH']}",
            "DOCKER_LOG": str(tmp_path / "docker.log"),
            "USER_THERE": parts.username or "",
            "DATABASE_THERE": parts.path[1:],
            "URL_THERE": dsn,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(parts.port),
            "PGPASSWORD": parts.password or "",
            "CALLCTL_THERE": f"{sys.executable} -m controller",
            "CALLCTL": "false",
            "DATABASE_URL": "",
        }

    done = scripts.run("backup.sh", "--compose", str(scripts.folder), **there(scripts.dsn))
    assert done.returncode == 0, done.stderr
    done = scripts.run("restore.sh", "--compose", str(scripts.dumps()[-1]), **there(empty))
    assert done.returncode == 0, done.stderr
    assert contents(empty) == contents(scripts.dsn)
    assert "compose run --rm -T --no-deps migrate db status" in (tmp_path / "docker.log").read_text()


def test_a_backup_of_an_older_schema_is_brought_up_to_date_when_it_is_restored(scripts: Scripts, empty: str) -> None:
    migrations.downgrade(scripts.dsn, "002")
    dump = scripts.backup()
    done = scripts.run("restore.sh", str(dump), dsn=empty)
    assert done.returncode == 0, done.stderr
    assert f"schema {migrations.head()}" in done.stdout
