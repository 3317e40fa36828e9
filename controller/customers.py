"""Who is calling: names by number, from the table ``customers``.

name_of(number) ─► what was remembered just now ─► PostgreSQL, 300 ms ─► None: he is a stranger, for this call
remember(number, name) ─► journal ─► customers, also if PostgreSQL is down meanwhile
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import LiteralString, Protocol

import psycopg
import structlog

from agent.phone import normalise
from controller.journal.records import CustomerNamed
from controller.reader import Reader, Rows

TIMEOUT_S = 0.3  # before the greeting
CACHED = 500  # numbers
CACHED_S = 300.0  # so that another controller's news, and an erasure, get through
LONGEST_NAME = 100  # characters

log = structlog.get_logger(__name__)


class Asked(Protocol):
    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows: ...


class Customers:
    def __init__(
        self,
        reader: Asked,
        append: Callable[[CustomerNamed], None],
        *,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._append = append
        self._timeout_s = timeout_s
        self._clock = clock
        self._names: OrderedDict[str, tuple[float, str | None]] = OrderedDict()  # until when, Unix time in s

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, append: Callable[[CustomerNamed], None]) -> AsyncIterator[Customers]:
        """*append* is the journal's."""
        async with Reader.open(dsn, "callctl-customers") as reader:
            yield cls(reader, append)

    async def name_of(self, number: str) -> str | None:
        """Within 300 ms; ``None`` if there is none, if *number* is none, and on any trouble."""
        phone = normalise(number)
        if not phone:
            return None
        until_s, name = self._names.get(phone, (0.0, None))
        if self._clock() < until_s:
            return name
        try:
            rows = await self._reader.fetch(
                "SELECT name FROM customers WHERE phone = %(phone)s", {"phone": phone}, timeout_s=self._timeout_s
            )
        except (psycopg.Error, TimeoutError) as failed:
            log.warning("customer_unknown", reason=str(failed).strip() or type(failed).__name__)
            return None
        name = rows[0]["name"] if rows else None
        self._cache(phone, name)
        return name

    def remember(self, number: str, name: str) -> None:
        """Returns at once and never raises; no number or no name is nothing to remember."""
        phone, name = normalise(number), " ".join(name.split())[:LONGEST_NAME]
        if phone and name:
            self._cache(phone, name)
            self._append(CustomerNamed(phone=phone, name=name, at_ms=int(self._clock() * 1000)))

    def _cache(self, phone: str, name: str | None) -> None:
        self._names[phone] = (self._clock() + CACHED_S, name)
        self._names.move_to_end(phone)
        while len(self._names) > CACHED:
            self._names.popitem(last=False)
