"""What keeps, shows and counts what happens: every record of every call goes through here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector

from agent.prompt.system import PROMPT_VERSION
from agent.tools.catalogue import CATALOGUE
from controller.api.database import Pool
from controller.board.acquaintance import Acquaintance
from controller.board.board import Board
from controller.board.health import Health
from controller.board.picture import Raised
from controller.journal.journal import Journal, JournalSettings
from controller.journal.records import Record
from controller.livelog import LiveLog
from controller.livestate import LiveState
from controller.log_stream.history import History
from controller.masking import Masking
from controller.reader import Reader
from controller.record import now_ms
from controller.secret_values import secrets_of
from controller.settings import Settings
from controller.telemetry import AgentMetrics, LiveReadings, MetricsSink, tell_build


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
    health: Health
    live_log: LiveLog
    database: Pool
    masking: Masking
    registry: CollectorRegistry
    readings: LiveReadings
    agent_metrics: AgentMetrics


@asynccontextmanager
async def open_stores(settings: Settings, on_trouble: Callable[[Raised], None]) -> AsyncIterator[Stores]:
    """Opens with PostgreSQL and Redis away, too. *on_trouble* hears what the board finds wrong with a call. Raises JournalError."""
    dsn, redis_url = settings.database.url.get_secret_value(), settings.redis.url.get_secret_value()
    registry, readings, masking = CollectorRegistry(), LiveReadings(), Masking(secrets_of(settings))
    registry.register(readings)
    metrics = MetricsSink(registry, tools=[tool.name for tool in CATALOGUE])
    ProcessCollector(registry=registry)
    tell_build(registry, model=settings.anthropic.model, prompt=PROMPT_VERSION)
    health = Health(now_ms)
    async with AsyncExitStack() as exits:
        journal = await exits.enter_async_context(
            Journal.open(settings.journal.directory, dsn, JournalSettings(retention=settings.retention.retention))
        )
        live = await exits.enter_async_context(LiveState.open(redis_url))
        opening = Board.open(
            settings.trouble.limits,
            tool_budget_ms=round(settings.shop.timeout_s * 1000),
            on_trouble=on_trouble,
            readers_max=settings.board.readers_max,
        )
        board = await exits.enter_async_context(opening)
        board.observe(readings)
        database = await exits.enter_async_context(Pool.open(dsn))
        acquaintance = await exits.enter_async_context(Acquaintance.open(board, database))
        history = History(await exits.enter_async_context(Reader.open(dsn, "callctl-log")))
        live_log = await exits.enter_async_context(
            LiveLog.open(settings.ari.app, history, redis_url, masking=masking, progress=journal.progress)
        )
        watchers = (board.append, health.append, live_log.append, acquaintance.append)
        yield Stores(
            records=Records(journal.append, live.append, metrics.append, *watchers),
            journal=journal,
            live=live,
            board=board,
            health=health,
            live_log=live_log,
            database=database,
            masking=masking,
            registry=registry,
            readings=readings,
            agent_metrics=AgentMetrics(registry),
        )
