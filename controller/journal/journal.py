"""The journal: the one truth about every call, from the event loop to PostgreSQL.

async with Journal.open(directory, dsn) as journal:
    journal.append(TurnRecorded(...))        # microseconds, never waits, never raises
    journal.status().failing                 # why something does not go on, in words, or None
    await journal.flush(5)                   # True: everything appended so far is in PostgreSQL (or set aside)
    await journal.ledger.record(Entry(...))  # returns when it is on the local disk; journal.append gets it then
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import structlog

from agent.ledger import Entry
from controller.journal import codec, partitions, retention
from controller.journal.clocks import Clock, anchored
from controller.journal.dead_letters import DeadLetters
from controller.journal.errors import DirectoryInUse, DirectoryUnusable
from controller.journal.files import DirectoryLock, SegmentFile, SegmentMaker
from controller.journal.ledger import LedgerLimits, LocalLedger
from controller.journal.open_calls import OpenCalls
from controller.journal.partitions import Retention
from controller.journal.records import CallRevised, Record, WriteStaged
from controller.journal.spool import DAMAGED, Spool, SpoolLimits
from controller.journal.writer import Pace, Writer, connect

UPKEEP_INTERVAL_S = 6 * 3600.0
UPKEEP_RETRY_S = 60.0
STOP_S = 2.0
UNLOCKING_STEP_S = 0.002

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JournalSettings:
    drain_timeout_s: float = 5.0
    limits: SpoolLimits = field(default_factory=SpoolLimits)
    ledger: LedgerLimits = field(default_factory=LedgerLimits)
    pace: Pace = field(default_factory=Pace)
    retention: Retention = field(default_factory=Retention)
    make_segment: SegmentMaker = SegmentFile
    clock: Clock = time.time  # Unix time, which may be set at any moment
    steady: Clock = time.monotonic  # which never is
    unlocking_s: float = 2.0  # so long a process that was killed may need to give the directory back: the kernel does it last


@dataclass(frozen=True, slots=True)
class JournalStatus:
    backlog: int  # records taken and not yet in PostgreSQL
    oldest_age_s: float  # of the oldest of them; 0 when there is none
    appended: int  # sequence number of the newest record taken
    durable: int  # ... on the local disk
    stored: int  # ... in PostgreSQL or set aside
    dead_letters: int  # records set aside because PostgreSQL refuses their content, until a person removes the file
    refused: int  # records lost: not encodable, too large, or disk and memory were full
    damaged_records: int  # lost in the spool's files: they could not be read back; the log says which
    damaged_bytes: int  # of the spool's files that hold no records, torn tails among them
    disk_failing: str | None  # spool or ledger
    database_failing: str | None
    upkeep_failing: str | None  # making and dropping of partitions

    @property
    def failing(self) -> str | None:
        """Everything that does not go on, in words."""
        return "; ".join(why for why in (self.disk_failing, self.database_failing, self.upkeep_failing) if why) or None


class Journal:
    """Made by ``open``. ``append``, ``status`` and ``open_calls`` belong to the event loop's thread."""

    def __init__(self, directory: Path, dsn: str, lock: DirectoryLock, settings: JournalSettings) -> None:
        self._settings = settings
        self._directory = directory
        self._dsn = dsn
        self._lock = lock
        self._unencodable = 0
        self._upkeep_failing: str | None = None
        self._made_until: date | None = None  # the last month whose partitions are known to be there
        self._loop = asyncio.get_running_loop()
        self._dead_letters = DeadLetters(directory)
        self._now = anchored(settings.clock, settings.steady)  # for ages
        open_calls = OpenCalls(directory)
        self.ledger = LocalLedger(
            directory, limits=settings.ledger, make_segment=settings.make_segment, clock=self._now, on_kept=self._on_kept
        )
        self._spool = Spool(
            directory,
            limits=settings.limits,
            follower=open_calls,
            on_durable=self._on_durable,
            make_segment=settings.make_segment,
            clock=self._now,
        )
        self._left_open = {call.call_id: call for call in open_calls.calls()}
        self._disk = ThreadPoolExecutor(1, "journal-disk")
        self._writer = Writer(
            self._spool,
            dsn,
            dead_letters=self._dead_letters,
            open_calls=open_calls,
            disk=self._disk,
            pace=settings.pace,
            clock=settings.clock,
        )
        for kept in self.ledger.tail:  # a predecessor that was killed may not have got so far; twice changes nothing
            self._on_kept(kept.sequence, kept.entry)

    @classmethod
    @asynccontextmanager
    async def open(cls, directory: Path, dsn: str, settings: JournalSettings | None = None) -> AsyncIterator[Journal]:
        """Take over *directory*, also while PostgreSQL is down; raises ``JournalError``.

        On leaving, what is appended goes to the disk in any case and into PostgreSQL as far as ``drain_timeout_s`` allows;
        the rest waits for the next start.
        """
        chosen = settings or JournalSettings()
        lock = await _locked(directory, chosen.unlocking_s)
        try:
            journal = cls(directory, dsn, lock, chosen)
        except OSError as error:
            lock.release()
            raise DirectoryUnusable(f"the journal's directory {directory} cannot be used: {error.strerror}") from error
        tasks = [
            asyncio.create_task(journal._writer.run(), name="journal-writer"),
            asyncio.create_task(journal._upkeep(), name="journal-upkeep"),
        ]
        try:
            yield journal
        finally:
            try:
                await journal.flush(chosen.drain_timeout_s)
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks, timeout=STOP_S)
            finally:
                journal.close_disk()

    def append(self, record: Record) -> None:
        """Take *record*. Returns within microseconds; what goes wrong is told by ``status``."""
        if isinstance(record, CallRevised) and record.ended_at_ms is not None:
            self._left_open.pop(record.call_id, None)
        try:
            payload = codec.encode(record)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            self._unencodable += 1
            log.error("record_refused", kind=type(record).__name__, call_id=record.call_id, reason=repr(error))
            return
        if self._spool.append(payload) is None and self._spool.refused & (self._spool.refused - 1) == 0:  # 1st, 2nd, 4th, ...
            log.error("records_refused", kind=type(record).__name__, call_id=record.call_id, refused=self._spool.refused)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until all that was appended is in PostgreSQL or set aside; False if *timeout_s* was not enough."""
        target = self._spool.appended
        self._spool.hurry()
        try:
            async with asyncio.timeout(timeout_s):
                await self._writer.wait_stored(target)
        except TimeoutError:
            return False
        return True

    def open_calls(self) -> list[CallRevised]:
        """Calls that a predecessor left open in this directory and nobody closed since: their newest records.

        Close each by appending it with a higher revision and an end.
        """
        return list(self._left_open.values())

    def progress(self) -> tuple[int, int]:
        """How many records were taken, and how many of them are in PostgreSQL or set aside: sequence numbers of the newest."""
        return self._spool.appended, self._writer.stored

    def status(self) -> JournalStatus:
        backlog = max(0, self._spool.appended - self._writer.stored)
        waiting = [at_ms for at_ms in (self._writer.reading_since_ms, self._spool.waiting_since_ms) if at_ms is not None]
        return JournalStatus(
            backlog=backlog,
            oldest_age_s=max(0.0, self._now() - min(waiting) / 1000) if backlog and waiting else 0.0,
            appended=self._spool.appended,
            durable=self._spool.durable,
            stored=self._writer.stored,
            dead_letters=self._dead_letters.count,
            refused=self._spool.refused + self._unencodable,
            damaged_records=self._writer.damaged_records,
            damaged_bytes=self._writer.damaged_bytes,
            disk_failing=f"disk: {failing}" if (failing := self._spool.failing or self.ledger.failing) else None,
            database_failing=self._writer.failing,
            upkeep_failing=self._upkeep_failing,
        )

    def months_ready(self) -> float:
        """How many months after this one have their partitions; NaN while we do not know."""
        now = partitions.month_of(datetime.fromtimestamp(self._settings.clock(), UTC))
        until = self._made_until
        return math.nan if until is None else (until.year - now.year) * 12 + until.month - now.month

    def _on_kept(self, sequence: int, entry: Entry) -> None:
        if entry.stage != "used":  # uses of tools are recorded as such, with all that was said in them
            self.append(
                WriteStaged(
                    call_id=entry.call_id,
                    sequence=sequence,
                    at_ms=entry.at_ms,
                    intent=entry.intent,
                    key=entry.key,
                    stage=entry.stage,
                    result=entry.result,
                )
            )

    def _on_durable(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: we are, too
            self._loop.call_soon_threadsafe(self._writer.nudge)

    async def _upkeep(self) -> None:
        while True:
            pause_s = UPKEEP_INTERVAL_S
            try:
                await self._keep_up()
                self._upkeep_failing = None
            except (psycopg.Error, OSError) as error:
                pause_s = UPKEEP_RETRY_S
                reason = str(error).strip().splitlines()[:1]
                if not isinstance(error, OSError) and error.sqlstate is not None:  # else PostgreSQL is away, which the writer tells
                    self._upkeep_failing = f"partitions: {reason[0] if reason else type(error).__name__}"
                    log.warning("partitions_upkeep_failed", reason=self._upkeep_failing)
            await asyncio.sleep(pause_s)

    async def _keep_up(self) -> None:
        async with await connect(self._dsn, "callctl-partitions") as connection:
            now = datetime.fromtimestamp(self._settings.clock(), UTC)
            months = partitions.months_from(now)
            await partitions.ensure(connection, months)
            self._made_until = months[-1]
            sure = await partitions.agreed(connection, now)
            await partitions.drop_expired(connection, sure, self._settings.retention)
            await retention.forget(connection, sure, self._settings.retention)
        self.ledger.tidy(int(sure.timestamp() * 1000))
        await self._loop.run_in_executor(self._disk, self._forget_files, sure - self._settings.retention.transcripts)

    def _forget_files(self, before: datetime) -> None:
        """What a person was to look at, and did not within the time for which its words may be kept."""
        self._dead_letters.drop_before(int(before.timestamp() * 1000))
        for path in self._directory.glob(f"*{DAMAGED}"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)

    def close_disk(self) -> None:
        """What was appended is on the disk, and nothing more is taken. It waits for the disk: no call must be left that this could
        disturb, or it is the last thing that this process does."""
        self._disk.shutdown(wait=True)
        notes_lost = self.ledger.close()
        if notes_lost:
            log.error("ledger_notes_lost_at_exit", entries=notes_lost, reason=self.ledger.failing)
        lost = self._spool.close()
        if lost:
            log.error("records_lost_at_exit", records=lost, reason=self._spool.failing)
        waiting = self._spool.appended - self._writer.stored
        if waiting:
            log.warning("records_wait_in_spool", records=waiting, reason=self._writer.failing)
        self._lock.release()


async def _locked(directory: Path, patience_s: float) -> DirectoryLock:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return DirectoryLock(directory)
        except DirectoryInUse:
            if time.monotonic() >= deadline:
                raise
        await asyncio.sleep(UNLOCKING_STEP_S)
