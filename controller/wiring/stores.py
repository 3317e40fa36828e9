"""What keeps, shows and counts what happens: every record of every call goes through here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from controller.api.database import Pool
from controller.board.acquaintance import Acquaintance
from controller.board.board import Board
from controller.board.picture import Raised
from controller.journal.journal import Journal, JournalSettings
from controller.journal.records import Record
from controller.livelog import LiveLog
from controller.livestate import LiveState
from controller.log_stream.history import History
from controller.reader import Reader
from controller.settings import Settings
from controller.wiring.counters import Counters


class Records:
    """Each record to everybody who wants it, the journal first. No sink of them blocks or raises."""

    def __init__(self, *sinks: Callable[[Record], None]) -> None:
        self._sinks = sinks

    def also(self, sink: Callable[[Record], None]) -> None:
        """One more, from now on."""
        self._sinks += (sink,)

    def append(self, record: Record) -> None:
        for sink in self._sinks:
            sink(record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    records: Records
    journal: Journal
    live: LiveState
    board: Board
    live_log: LiveLog
    database: Pool
    counters: Counters


@asynccontextmanager
async def open_stores(settings: Settings, counters: Counters, on_trouble: Callable[[Raised], None]) -> AsyncIterator[Stores]:
    """Opens with PostgreSQL and Redis away, too. *on_trouble* hears what the board finds wrong with a call. Raises JournalError."""
    dsn, redis_url = settings.database.url.get_secret_value(), settings.redis.url.get_secret_value()
    keeping = JournalSettings(retention=settings.retention.retention)
    async with AsyncExitStack() as exits:
        journal = await exits.enter_async_context(Journal.open(settings.journal.directory, dsn, keeping))
        live = await exits.enter_async_context(LiveState.open(redis_url))
        opening = Board.open(
            settings.trouble.limits,
            tool_budget_ms=round(settings.shop.timeout_s * 1000),
            on_trouble=on_trouble,
            readers_max=settings.board.readers_max,
        )
        board = await exits.enter_async_context(opening)
        board.observe(counters.readings)
        database = await exits.enter_async_context(Pool.open(dsn))
        acquaintance = await exits.enter_async_context(Acquaintance.open(board, database))
        history = History(await exits.enter_async_context(Reader.open(dsn, "callctl-log")))
        live_log = await exits.enter_async_context(
            LiveLog.open(settings.ari.app, history, redis_url, masking=counters.masking, progress=journal.progress)
        )
        watchers = (board.append, live_log.append, acquaintance.append)
        yield Stores(
            records=Records(journal.append, live.append, counters.records.append, *watchers),
            journal=journal,
            live=live,
            board=board,
            live_log=live_log,
            database=database,
            counters=counters,
        )
