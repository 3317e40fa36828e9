"""Months of the partitioned tables: made before they are needed, dropped when their time is over.

Both may run in several controllers at once and be cut short anywhere: the next run takes up what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from psycopg import AsyncConnection, sql

from controller.journal.queries import QUERIES

TABLES = ("calls", "call_turns", "call_tool_calls", "call_events", "call_writes")
AHEAD = 2  # months kept ready after the present one
CLOCKS_APART = timedelta(hours=1)
LOCK = 0x63616C6C647270  # "calldrp": one controller drops at a time

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind of record is kept after the end of its month."""

    transcripts: timedelta = timedelta(days=90)  # what was said and done: turns, tool calls, machine steps
    calls: timedelta = timedelta(days=365)  # and what was written to the shop in them: an order is disputed after months, too

    def of(self, table: str) -> timedelta:
        return self.calls if table in ("calls", "call_writes") else self.transcripts


class Part(NamedTuple):
    """One month of a table."""

    table: str
    name: str
    attached: bool  # False: it was detached, and only its dropping is left
    pending: bool  # its detaching was cut short


def part_name(table: str, month: date) -> str:
    return f"{table}_y{month.year}m{month.month:02d}"


def month_of(moment: datetime) -> date:
    """The first day of the month, in UTC, as the partitions are cut."""
    return moment.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def months_from(moment: datetime, ahead: int = AHEAD) -> list[date]:
    """The month of *moment* and the *ahead* following ones."""
    months = [month_of(moment)]
    for _ in range(ahead):
        months.append(next_month(months[-1]))
    return months


def expired(partition: str, cutoff: datetime) -> bool:
    """Whether all of a partition, told by its name (``calls_y2026m01``), lies before *cutoff*."""
    found = re.search(r"_y(\d{4})m(\d{2})$", partition)
    return found is not None and _start(next_month(date(int(found[1]), int(found[2]), 1))) <= cutoff


async def ensure(connection: AsyncConnection[Any], months: Iterable[date]) -> list[str]:
    """Make what is missing of *months* in all tables; the names that were made. Readers and writers are not held up."""
    made: list[str] = []
    for month in months:
        for table in TABLES:
            cursor = await connection.execute(QUERIES["ensure_partition"], {"parent": table, "at": _start(month)})
            row = await cursor.fetchone()
            if row is not None and row[0]:
                made.append(part_name(table, month))
    if made:
        log.info("partitions_made", partitions=made)
    return made


async def parts(connection: AsyncConnection[Any]) -> list[Part]:
    """The months of all tables as the database has them."""
    found: list[Part] = []
    for table in TABLES:
        cursor = await connection.execute(QUERIES["partitions"], {"parent": table})
        found += [Part(table, *row) for row in await cursor.fetchall()]
    return found


async def agreed(connection: AsyncConnection[Any], now: datetime) -> datetime:
    """The time for dropping things: ours, or the database's if it is earlier. Only when both clocks are ahead something goes too soon."""
    cursor = await connection.execute("SELECT now()")
    row = await cursor.fetchone()
    theirs: datetime = row[0] if row is not None else now
    if abs(theirs - now) > CLOCKS_APART:
        log.error("clocks_disagree", ours=now.isoformat(), database=theirs.isoformat())
    return min(now, theirs)


async def over(connection: AsyncConnection[Any], now: datetime, retention: Retention | None = None) -> list[Part]:
    """Those whose time is over."""
    keep = retention or Retention()
    return [part for part in await parts(connection) if expired(part.name, now - keep.of(part.table))]


async def drop_expired(
    connection: AsyncConnection[Any], now: datetime, retention: Retention | None = None, tell: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Detach and drop every month whose time is over; *connection* must be in autocommit. The names that were dropped.

    Empty as well while another program is at it. *tell* hears each name as soon as it is gone.
    """
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return []
    dropped: list[str] = []
    try:
        for part in await over(connection, now, retention):
            await _drop(connection, part)
            dropped.append(part.name)
            tell(part.name)
    finally:
        if not connection.closed:
            await connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    if dropped:
        log.info("partitions_dropped", partitions=dropped)
    return dropped


async def _drop(connection: AsyncConnection[Any], part: Part) -> None:
    parent, child = sql.Identifier(part.table), sql.Identifier(part.name)
    if part.attached:
        # CONCURRENTLY: without it every reader and writer of the table would wait for the lock.
        way = sql.SQL("FINALIZE" if part.pending else "CONCURRENTLY")
        await connection.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {} {}").format(parent, child, way))
    await connection.execute(sql.SQL("DROP TABLE {}").format(child))


def _start(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
