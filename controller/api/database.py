"""PostgreSQL for the API: a few connections, each question with its time limit, and one error for all that may be in the way.

Live calls need none of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import resources
from typing import LiteralString, Protocol

import psycopg

from controller.api.problems import DatabaseAway
from controller.journal.queries import load
from controller.reader import Reader, Rows

CONNECTIONS = 3
WAITING = 30
"""Questions at once; more than that do not get quicker by waiting."""
TIMEOUT_S = 3.0

QUERIES = load(resources.files(__package__).joinpath("queries.sql").read_text("utf-8"))


class Asked(Protocol):
    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float = TIMEOUT_S) -> Rows:
        """All rows; raises ``DatabaseAway``."""


class Pool:
    """Made by ``open``; connects when it is asked."""

    def __init__(self, readers: list[Reader]) -> None:
        self._asking = dict.fromkeys(readers, 0)
        self.refused = 0  # because too many waited

    @property
    def asking(self) -> int:
        """Questions under way and waiting."""
        return sum(self._asking.values())

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, name: str = "callctl-api", connections: int = CONNECTIONS) -> AsyncIterator[Pool]:
        async with AsyncExitStack() as exits:
            yield cls([await exits.enter_async_context(Reader.open(dsn, name)) for _ in range(connections)])

    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float = TIMEOUT_S) -> Rows:
        if self.asking >= WAITING:
            self.refused += 1
            raise DatabaseAway(f"{WAITING} questions wait already")
        reader = min(self._asking, key=self._asking.__getitem__)
        self._asking[reader] += 1
        try:
            return await reader.fetch(statement, parameters, timeout_s=timeout_s)
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.UndefinedTable, TimeoutError) as error:
            raise DatabaseAway(str(error).strip() or type(error).__name__) from error
        finally:
            self._asking[reader] -= 1
