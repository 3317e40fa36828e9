"""From the spool into PostgreSQL: one connection, one batch after the other, each in one transaction.

    read ─► rows ─► months there? ─► insert ─► acknowledge
     ▲                                 │
     │        connection lost,         ├─ no partition: make the month, once more
     └── back off, connect again ◄─────┤
                                       └─ content refused: halve the batch until the culprit is alone, set it aside

Between commit and acknowledgement the process may die; the batch is then inserted again, which changes nothing.
"""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from controller.journal import codec, partitions
from controller.journal.damage import Continuity, Damage
from controller.journal.dead_letters import DeadLetters
from controller.journal.disk import Position
from controller.journal.frames import Frame
from controller.journal.ids import moment
from controller.journal.open_calls import OpenCalls
from controller.journal.queries import QUERIES
from controller.journal.records import Record
from controller.journal.rows import Row, inserts, row_of
from controller.journal.spool import Chunk, Spool

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 30
SILENCE_S = 15.0  # without an answer for so long PostgreSQL counts as failing, though the connection stands
IDLE_CHECK_S = 5.0
DAY_MS = 86_400_000
OLDEST_MS, NEWEST_MS = 400 * DAY_MS, 40 * DAY_MS  # beyond that a record's time is wrong, and no month is made for it

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    batch: int = 25  # rows; while a backlog drains, a batch holds the event loop for 2 to 3 ms, which audio does not notice
    first_pause_s: float = 0.1
    longest_pause_s: float = 2.0  # readiness tells of PostgreSQL's return by this


class Item(NamedTuple):
    frame: Frame
    record: Record
    row: Row


async def connect(dsn: str, name: str) -> AsyncConnection[Any]:
    """A connection that notices a dead network and waits for nothing without limit. Raises ``psycopg.Error``."""
    info = make_conninfo(
        dsn,
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name=name,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=2,
        tcp_user_timeout=15000,
    )
    connection = await AsyncConnection.connect(info, autocommit=True)
    await connection.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT_S}s'; SET lock_timeout = '5s'; SET TimeZone = 'UTC'")
    return connection


class Writer:
    """``run`` as a task for as long as the spool is open; the attributes tell how it goes."""

    def __init__(
        self,
        spool: Spool,
        dsn: str,
        *,
        dead_letters: DeadLetters,
        open_calls: OpenCalls,
        disk: Executor,
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        self._spool = spool
        self._dsn = dsn
        self._dead_letters = dead_letters
        self._open_calls = open_calls
        self._disk = disk
        self._pace = pace
        self._clock = clock
        self._position = spool.position
        self._continuity = Continuity(spool.before)
        self._months: set[date] = set()
        self._more = asyncio.Event()
        self._progress = asyncio.Condition()
        self._asked_at: float | None = time.monotonic()  # to take our first connection
        self._failing: str | None = None
        self.stored = spool.acknowledged  # sequence number up to which records are in PostgreSQL or set aside
        self.reading_since_ms: int | None = None  # append time of the oldest record in hand
        self.damaged_bytes = 0  # of the spool's files, that hold no records
        self.damaged_records = 0  # that they held

    @property
    def failing(self) -> str | None:
        if self._failing is None and self._asked_at is not None and time.monotonic() - self._asked_at > SILENCE_S:
            return f"PostgreSQL: no answer for {time.monotonic() - self._asked_at:.0f} s"
        return self._failing

    def nudge(self) -> None:
        """There is more to read."""
        self._more.set()

    async def wait_stored(self, sequence: int) -> None:
        async with self._progress:
            await self._progress.wait_for(lambda: self.stored >= sequence)

    async def run(self) -> None:
        pause_s = self._pace.first_pause_s
        while True:
            before = self.stored
            try:
                await self._look()
                await self._session()
            except (psycopg.Error, OSError) as error:
                self._fail(_words(error))
            except Exception as error:  # the task's edge: a mistake of ours must not end the journal, and must be seen
                log.exception("journal_writer_failed")
                self._fail(f"journal: {error!r}")
            pause_s = self._pace.first_pause_s if self.stored > before else min(pause_s * 2, self._pace.longest_pause_s)
            await asyncio.sleep(pause_s)

    async def _look(self) -> None:
        """How old is what waits: known also while there is no connection."""
        frames = (await self._on_disk(self._spool.read, self._position, 1)).frames
        self.reading_since_ms = frames[0].at_ms if frames else None

    async def _session(self) -> None:
        connection = await connect(self._dsn, "callctl-journal")
        try:
            while True:
                self._more.clear()
                durable = self._spool.durable
                chunk = await self._on_disk(self._spool.read, self._position, self._pace.batch)
                if chunk.frames:
                    self.reading_since_ms = chunk.frames[0].at_ms
                    items = await self._items(chunk)
                    await self._store(connection, items)
                    await self._acknowledge(chunk)
                else:
                    self.reading_since_ms = None
                    await self._caught_up(chunk, durable)
                    await self._idle(connection)
        finally:
            self._asked_at = None
            await connection.close()

    async def _idle(self, connection: AsyncConnection[Any]) -> None:
        """Wait for more; meanwhile see now and then that PostgreSQL is still there, so that readiness tells the truth."""
        await self._answer(connection.execute("SELECT 1"))
        self._recovered()
        try:
            async with asyncio.timeout(IDLE_CHECK_S):
                await self._more.wait()
        except TimeoutError:
            return

    async def _items(self, chunk: Chunk) -> list[Item]:
        items: list[Item] = []
        now_ms = int(self._clock() * 1000)
        for frame in chunk.frames:
            try:
                record = codec.decode(frame.payload)
            except msgspec.MsgspecError as error:
                await self._set_aside(frame, f"unknown to this version: {error}", frame.payload)
                continue
            try:
                row = row_of(record)
                if not any(then - OLDEST_MS <= row.at_ms <= then + NEWEST_MS for then in (now_ms, frame.at_ms)):  # clocks are set, too
                    raise ValueError(f"its time, {row.at_ms / 1000:.0f} s, is far from now, {now_ms / 1000:.0f} s")
            except (ValueError, OverflowError, TypeError) as error:
                await self._set_aside(frame, str(error), record)
                continue
            items.append(Item(frame, record, row))
        return items

    async def _store(self, connection: AsyncConnection[Any], items: list[Item], *, again: bool = False) -> None:
        if not items:
            return
        try:
            await self._insert(connection, [item.row for item in items])
        except psycopg.Error as error:
            if _no_partition(error) and not again:
                self._months.clear()  # somebody dropped one
                await self._store(connection, items, again=True)
            elif not _content(error) or connection.closed:
                raise
            elif len(items) == 1:
                await self._set_aside(items[0].frame, _words(error), items[0].record)
            else:
                middle = len(items) // 2
                await self._store(connection, items[:middle])
                await self._store(connection, items[middle:])

    async def _insert(self, connection: AsyncConnection[Any], rows: list[Row]) -> None:
        days = {row.at_ms // DAY_MS for row in rows}
        missing = {partitions.month_of(moment(day * DAY_MS)) for day in days} - self._months
        if missing:
            await self._answer(partitions.ensure(connection, sorted(missing)))
            self._months |= missing
        await self._answer(self._put(connection, rows))
        self._recovered()

    async def _put(self, connection: AsyncConnection[Any], rows: list[Row]) -> None:
        async with connection.pipeline():  # one round trip and, up to its end, one implicit transaction
            for insert in inserts(rows):
                await connection.execute(QUERIES[insert.statement], {"rows": insert.rows})

    async def _set_aside(self, frame: Frame, why: str, record: Record | bytes) -> None:
        await self._on_disk(self._dead_letters.put, frame.sequence, frame.at_ms, why, record)

    async def _acknowledge(self, chunk: Chunk) -> None:
        await self._tell(self._continuity.follow(chunk.frames, chunk.scars), chunk)
        await self._advance(chunk.end, chunk.frames[-1].sequence)

    async def _caught_up(self, chunk: Chunk, durable: int) -> None:
        """Nothing is left to read: what is missing up to *durable* is lost, and files that were wholly read can go."""
        await self._tell(self._continuity.finish(durable, chunk.scars), chunk)
        if chunk.end != self._position or durable > self.stored:
            await self._advance(chunk.end, max(self.stored, durable))

    async def _tell(self, damages: list[Damage], chunk: Chunk) -> None:
        for scar in chunk.scars:
            self.damaged_bytes += scar.end - scar.start
            log.warning("spool_scar", segment=scar.segment, start=scar.start, bytes=scar.end - scar.start)
        for damage in damages:
            self.damaged_records += damage.records
            log.error("spool_damaged", records=str(damage), lost=damage.records, calls=damage.calls)
            try:
                await self._on_disk(self._spool.keep, damage)
            except OSError as error:
                log.warning("spool_damage_not_kept", reason=error.strerror)

    async def _advance(self, end: Position, newest: int) -> None:
        self._position = end
        try:
            await self._on_disk(self._forget, end, newest)
        except OSError as error:  # what is not forgotten is inserted again after the next start, to no effect
            log.warning("spool_cursor_failed", reason=error.strerror)
        async with self._progress:
            self.stored = max(self.stored, newest)
            self._progress.notify_all()

    def _forget(self, end: Position, newest: int) -> None:
        try:
            self._forget_once(end, newest)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self._spool.make_room()  # a backlog may have filled the disk, and forgetting is what empties it
            self._forget_once(end, newest)

    def _forget_once(self, end: Position, newest: int) -> None:
        if self._spool.frees(end):
            self._open_calls.save()
        self._spool.acknowledge(end, newest)

    async def _on_disk(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, *arguments)

    async def _answer(self, request: Awaitable[T]) -> T:
        self._asked_at = time.monotonic()
        try:
            return await request
        finally:
            self._asked_at = None

    def _recovered(self) -> None:
        if self._failing is not None:
            log.info("journal_database_ready", backlog=self._spool.appended - self.stored)
        self._failing = None

    def _fail(self, reason: str) -> None:
        if self._failing != reason:
            log.warning("journal_database_failing", reason=reason)
        self._failing = reason


def _no_partition(error: psycopg.Error) -> bool:
    # check_violation is also "no partition of relation .. found for row"; only a CHECK of ours has a constraint's name
    return error.sqlstate == "23514" and error.diag.constraint_name is None


def _content(error: psycopg.Error) -> bool:
    """Whether it is what a record holds that is refused: data exceptions, constraints, limits, or psycopg cannot even send it."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.DataError | psycopg.ProgrammingError)
    return error.sqlstate[:2] in ("22", "23", "54") and not _no_partition(error)


def _words(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    words = text[0] if text else type(error).__name__
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedFunction):
        words += " (the schema is missing: run the migrations)"
    return f"PostgreSQL: {words}" if isinstance(error, psycopg.Error) else f"disk: {words}"
