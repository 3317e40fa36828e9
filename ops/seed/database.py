"""The past into PostgreSQL, through the journal's own rows and statements: what is there already stays as it is.

One transaction a day. A table's count is of rows that were added or made newer; the rest was there.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from controller.callbacks import QUERIES as CALLBACK_QUERIES
from controller.journal import partitions
from controller.journal.queries import QUERIES
from controller.journal.records import CallBackNoted, CustomerNamed, Record
from controller.journal.rows import inserts, row_of
from ops.seed.days import Day
from ops.seed.people import ARTICLES, OPERATORS, customers

KINDS = {
    "put_customers": "customers",
    "put_calls": "calls",
    "put_turns": "turns",
    "put_tool_calls": "tool calls",
    "put_events": "lines of their logs",
    "put_writes": "writes to the shop",
    "put_callbacks": "call backs",
}
_KNOWN_SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # older than any call of theirs, so that a call's word wins
_WORKED_OFF = timedelta(days=2)  # a call back that is older was made

_OPERATOR = "INSERT INTO operators (name, endpoint) VALUES (%(name)s, %(endpoint)s) ON CONFLICT (endpoint) DO NOTHING"
_ARTICLE = """
INSERT INTO knowledge_articles (id, category, title, content) VALUES (%(id)s, %(category)s, %(title)s, %(content)s)
ON CONFLICT (id) DO NOTHING
"""


@dataclass(slots=True)
class Tally:
    """By kind: how many there should be, and how many of them are new."""

    wanted: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, wanted: int, new: int) -> None:
        self.wanted[kind] += wanted
        self.new[kind] += new


async def ensure_months(connection: psycopg.AsyncConnection[Any], dates: Iterable[date], now: datetime) -> None:
    await partitions.ensure(connection, sorted({day.replace(day=1) for day in dates} | set(partitions.months_from(now))))


async def put_people(connection: psycopg.AsyncConnection[Any], days: Sequence[Day], tally: Tally) -> None:
    """Customers, known before or by a call of theirs; operators; articles of our own. Before the calls: these find them by number."""
    known_ms = round(_KNOWN_SINCE.timestamp() * 1000)
    known = [CustomerNamed(phone=one.phone, name=one.name, at_ms=known_ms) for one in customers() if one.known]
    await _put(connection, [*known, *(record for day in days for record in day.records if isinstance(record, CustomerNamed))], tally)
    for operator in OPERATORS:
        cursor = await connection.execute(_OPERATOR, {"name": operator.name, "endpoint": operator.endpoint})
        tally.add("operators", 1, cursor.rowcount)
    for article in ARTICLES:
        values = {"id": article.id, "category": article.category, "title": article.title, "content": article.content}
        cursor = await connection.execute(_ARTICLE, values)
        tally.add("articles of our own", 1, cursor.rowcount)


async def put_day(connection: psycopg.AsyncConnection[Any], day: Day, tally: Tally) -> None:
    """Raises ``psycopg.Error``; then nothing of the day is there."""
    async with connection.transaction():
        await _put(connection, [record for record in day.records if not isinstance(record, CustomerNamed)], tally)


async def work_off(connection: psycopg.AsyncConnection[Any], days: Sequence[Day], now: datetime) -> None:
    """Who wished to be rung back days ago was."""
    for day in days:
        for record in day.records:
            if isinstance(record, CallBackNoted) and now.timestamp() - record.at_ms / 1000 > _WORKED_OFF.total_seconds():
                await connection.execute(CALLBACK_QUERIES["callback_done"], {"id": uuid.UUID(record.id), "owner": OPERATORS[0].name})


async def _put(connection: psycopg.AsyncConnection[Any], records: Sequence[Record], tally: Tally) -> None:
    for insert in inserts(map(row_of, records)):
        cursor = await connection.execute(QUERIES[insert.statement], {"rows": insert.rows})
        wanted = len({row.id for row in map(row_of, records) if row.statement == insert.statement})
        tally.add(KINDS[insert.statement], wanted, cursor.rowcount)
