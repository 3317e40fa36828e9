"""``callctl db``: schema, months, what waits on the disk for the database, everything of one customer. Safe beside running controllers."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import psycopg
import structlog
import typer
from rich.table import Table

from agent.phone import normalise
from controller.settings import DatabaseSettings, JournalSettings, RedisSettings, RetentionSettings
from controller.terminal import LOOK_AT_DATABASE, audited, err, fail, from_database, group, out

if TYPE_CHECKING:
    from controller.upkeep.erasure import Plan, Receipt

T = TypeVar("T")

db_app = typer.Typer(help="The database: its schema, its months, and the erasing of a customer.", no_args_is_help=True)

TALKING = "He is talking with us, or a controller died and has not closed the call yet ({}). Erase when it is over."
IN_THE_WAY = "Somebody else holds what must be changed ({}); nothing is half done. Try again in a minute."
LATER = (
    "What still waits in the spool of a controller comes later: if one is behind (the console's page of health tells), erase again then."
)


@db_app.command()
def upgrade(revision: Annotated[str, typer.Argument(help="The schema's revision.")] = "head") -> None:
    """Bring the schema up to date: before the controllers that need it. Safe to run twice, and from several machines at once."""
    import sqlalchemy.exc
    from alembic.util.exc import CommandError

    import migrations

    dsn = group(DatabaseSettings).url.get_secret_value()
    try:
        migrations.upgrade(dsn, revision, _tell)
    except CommandError as error:
        newer = f"{error}. This program's newest is {migrations.head()}; a database that is newer needs the newer program."
        fail(f"The schema stays as it is: {newer}")
    except (sqlalchemy.exc.SQLAlchemyError, psycopg.Error) as error:
        cause = getattr(error, "orig", None) or error  # psycopg's own words, without SQLAlchemy's around them
        fail(f"The schema could not be changed: {str(cause).strip().splitlines()[0]}. {LOOK_AT_DATABASE}")
    out.print("The schema is up to date.")


@db_app.command()
def status() -> None:
    """Show server, schema, months and sizes; exit code 1 if something must be done."""
    from controller.upkeep.status import Size, Status, look

    retention = group(RetentionSettings).retention

    async def ask(connection: psycopg.AsyncConnection[Any]) -> Status:
        return await look(connection, datetime.now(UTC), retention)

    def row(size: Size) -> tuple[str, str, str, str]:
        months = f"{len(size.months)}: {size.months[0]} to {size.months[-1]}" if size.months else ""
        return size.table, months, f"{size.rows_about:,}", f"{size.bytes / 1e6:,.1f}"

    found = from_database(ask)
    out.print(f"PostgreSQL {found.version} answers; database {found.database}, schema {found.revision or 'missing'}", highlight=False)
    if found.sizes:
        table = Table("table", "months", "rows, about", "MB", box=None, header_style="bold")
        for size in found.sizes:
            table.add_row(*row(size))
        out.print(table, highlight=False)
    out.print(f"Kept: transcripts {retention.transcripts.days} days, calls {retention.calls.days} days.", highlight=False)
    for note in found.notes:
        out.print(f"A controller does it by itself: {note}", highlight=False)
    for wrong in found.wrong:
        err.print(wrong, markup=False, highlight=False)
    raise typer.Exit(1 if found.wrong else 0)


@db_app.command()
def partitions() -> None:
    """Make this month and the next ones, if they are not there; running controllers do it every day."""
    from controller.journal import partitions

    async def ask(connection: psycopg.AsyncConnection[Any]) -> list[str]:
        return await partitions.ensure(connection, partitions.months_from(datetime.now(UTC)))

    made = _changed(ask)
    out.print(f"Made: {', '.join(made)}." if made else "Every month is there.", highlight=False)


@db_app.command()
def retention(dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell which months it would be.")] = False) -> None:
    """Drop the months whose time is over (RETENTION_TRANSCRIPTS_DAYS, RETENTION_CALLS_DAYS); running controllers do it every day."""
    from controller.journal import partitions

    keep = group(RetentionSettings).retention

    async def ask(connection: psycopg.AsyncConnection[Any]) -> tuple[list[str], list[str]]:
        now = await partitions.agreed(connection, datetime.now(UTC))
        if dry_run:
            return [], [part.name for part in await partitions.over(connection, now, keep)]
        dropped = await partitions.drop_expired(connection, now, keep, lambda name: _tell(f"Dropped {name}"))
        return dropped, [part.name for part in await partitions.over(connection, now, keep)]

    dropped, left = _changed(ask)
    if dry_run:
        out.print(f"Would be dropped: {', '.join(left)}." if left else "No month's time is over.", highlight=False)
    elif left:
        fail(f"Another program is dropping months at this moment: {', '.join(left)}. See callctl db status in a minute.")
    else:
        out.print(f"{len(dropped)} dropped." if dropped else "No month's time is over.", highlight=False)


@db_app.command()
def spool(directory: Annotated[Path | None, typer.Argument(help="Of a journal; JOURNAL_DIRECTORY unless given.")] = None) -> None:
    """Show what waits on this machine's disk for the database, and what cannot be read any more; exit code 1 if records are lost."""
    from controller.spool_shown import show

    raise typer.Exit(show(directory or group(JournalSettings).directory))


@db_app.command()
def erase(
    phone: Annotated[str, typer.Option(help="The customer's telephone number, in any form.")] = "",
    again: Annotated[Path | None, typer.Option(help="Receipts of former erasures, a line each; - for stdin: after an old backup.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase everything of one customer, in every table and month. The receipt on stdout is also in the audit trail."""
    if bool(phone) == (again is not None):
        fail("Give either --phone or --again")
    if again is not None:
        _erase_again(again)
        return
    number = normalise(phone)
    if not number:
        fail(f"{phone!r} is no telephone number; write it as +380671234567")

    async def ask(connection: psycopg.AsyncConnection[Any]) -> Receipt:
        from controller.upkeep.erasure import find

        plan = await find(connection, number, datetime.now(UTC), _tell)
        if plan.going_on:
            fail(TALKING.format(", ".join(map(str, plan.going_on))))
        if not yes:
            mentions = sum(map(len, plan.mentions.values()))
            err.print(f"{len(plan.calls)} calls of {number}; the number stands in {mentions} rows.", highlight=False)
            typer.confirm("Erase all of it? It cannot be brought back", abort=True, err=True)
        await _refuse_while_talking(number)
        return await _erased(connection, plan)

    receipt = _changed(ask)
    _show([receipt])
    _erase_traces(group(JournalSettings).directory, number, receipt.calls)


def _erase_traces(directory: Path, number: str, calls: list[str]) -> None:
    """What the files of this machine's controller hold of him."""
    from controller.upkeep.traces import erase_traces

    if not directory.is_dir():
        return
    try:
        found = erase_traces(directory, number, calls)
    except OSError as error:
        err.print(f"{directory} could not be looked through: {error.strerror}. Erase again there.", markup=False, highlight=False)
        return
    gone = f"{found.dead_letters} dead letters and {found.damaged} files of damaged bytes erased"
    left = f"; still in {', '.join(found.left)}" if found.left else ""
    err.print(f"{directory}: {gone}{left}", markup=False, highlight=False)


def _erase_again(receipts: Path) -> None:
    """What an older backup brought back. Nobody is on the line: the controllers do not run yet, and an open call is one of the backup's."""
    from controller.upkeep.erasure import find, is_receipt, numbers_again

    try:
        lines = [json.loads(line) for line in (typer.get_text_stream("stdin") if str(receipts) == "-" else receipts.open()) if line.strip()]
    except (OSError, ValueError) as error:
        fail(f"{receipts} cannot be read as receipts, a line of JSON each: {error}")
    if wrong := [number for number, line in enumerate(lines, 1) if not is_receipt(line)]:
        fail(f"{receipts}: line {wrong[0]} is no receipt of callctl db erase; nothing was done")

    async def ask(connection: psycopg.AsyncConnection[Any]) -> list[Receipt]:
        numbers = await numbers_again(connection, lines)
        return [await _erased(connection, await find(connection, number, datetime.now(UTC), _tell)) for number in numbers]

    found = _changed(ask)
    if found:
        _show(found)
    else:
        err.print(f"{len(lines)} receipts: nothing of them is in this database.", highlight=False)


async def _erased(connection: psycopg.AsyncConnection[Any], plan: Plan) -> Receipt:
    from controller.api.database import QUERIES
    from controller.upkeep.erasure import ACTION, CallBegan, erase

    try:
        return await erase(connection, plan, lambda receipt: (QUERIES["note_command"], audited(ACTION, asdict(receipt))))
    except CallBegan as began:
        fail(TALKING.format(began))


def _show(receipts: list[Receipt]) -> None:
    """Counts for people on stderr; on stdout the receipts alone, a line each, to be kept with the backups."""
    for receipt in receipts:
        table = Table("table", "deleted", "blanked", "by month", box=None, header_style="bold")
        for name in sorted(receipt.deleted | receipt.blanked):
            deleted, blanked = receipt.deleted.get(name, {}), receipt.blanked.get(name, {})
            months = ", ".join(f"{part} {rows}" for part, rows in (*deleted.items(), *blanked.items()) if part != name)
            table.add_row(name, str(sum(deleted.values())), str(sum(blanked.values())), months)
        err.print(table, highlight=False)
        err.print(f"{receipt.number}: {receipt.rows} rows. {LATER}", markup=False, highlight=False)
        typer.echo(json.dumps(asdict(receipt)))


async def _refuse_while_talking(number: str) -> None:
    """Redis knows of calls whose records still wait in a spool; without Redis the database alone is asked."""
    from redis.exceptions import RedisError

    from controller.livestate import connect, live_calls
    from controller.upkeep.numbers import pattern

    client = connect(group(RedisSettings).url.get_secret_value())
    try:
        calls = await live_calls(client, time.time())
    except (RedisError, OSError):
        err.print("Redis does not answer: whether he is talking with us just now, only the database tells.", highlight=False)
        return
    finally:
        await client.aclose()
    live = [call["call_id"] for call in calls if re.search(pattern(number), call.get("caller_id", ""))]
    if live:
        fail(f"He is talking with us ({', '.join(live)}). Erase when the call is over.")


def _changed(ask: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
    """What *ask* changes; nobody is waited for long."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))  # we tell it ourselves

    async def bounded(connection: psycopg.AsyncConnection[Any]) -> T:
        await connection.execute("SET lock_timeout = '5s'; SET TimeZone = 'UTC'")
        try:
            return await ask(connection)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            fail(IN_THE_WAY.format(str(error).splitlines()[0]))

    return from_database(bounded)


def _tell(line: str) -> None:
    """How it goes, beside what a script reads from stdout."""
    err.print(line, markup=False, highlight=False)
