"""Short questions to PostgreSQL while a caller waits: one connection, and an answer or a failure within the time that is given.

The connection is made when it is first needed and again when it was lost. One that does not answer in time is given up, and what is
still going on with it goes on behind the scenes: a server that hangs costs the caller the time limit and nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from controller.journal.writer import connect

CLOSE_S = 2.0

Rows = list[dict[str, Any]]
T = TypeVar("T")
Question = Callable[[AsyncConnection[Any]], Awaitable[T]]


class Reader:
    """Made by ``open``; does not connect before it is asked."""

    def __init__(self, dsn: str, name: str) -> None:
        self._dsn = dsn
        self._name = name
        self._turn = asyncio.Lock()
        self._connection: AsyncConnection[Any] | None = None
        self._asking: set[asyncio.Task[Any]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, name: str) -> AsyncIterator[Reader]:
        reader = cls(dsn, name)
        try:
            yield reader
        finally:
            await reader._close()

    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows:
        """All rows. Raises ``psycopg.Error``, and ``TimeoutError`` after *timeout_s*."""

        async def rows(connection: AsyncConnection[Any]) -> Rows:
            async with connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(statement, parameters)
                return await cursor.fetchall()

        return await self.ask(rows, timeout_s=timeout_s)

    async def ask(self, question: Question[T], *, timeout_s: float) -> T:
        """What *question* finds out, which may ask several times. It only reads: if the connection had died, it is put again. Raises like
        ``fetch``.
        """
        asking = asyncio.create_task(self._ask(self._turn, question), name=f"ask {self._name}")
        self._asking.add(asking)
        asking.add_done_callback(self._asked)
        try:
            done, _ = await asyncio.wait({asking}, timeout=timeout_s)
            if not done:
                raise TimeoutError(f"PostgreSQL did not answer within {timeout_s:g} s")
            return asking.result()
        finally:
            if not asking.done():
                asking.cancel()
                self._connection, self._turn = None, asyncio.Lock()  # the next question does not wait behind this one

    async def _ask(self, turn: asyncio.Lock, question: Question[T]) -> T:
        async with turn:
            kept, self._connection = self._connection, None
            if kept is not None:
                with suppress(psycopg.OperationalError):  # it may have died since the last question
                    return await self._ask_on(kept, turn, question)
            return await self._ask_on(await connect(self._dsn, self._name), turn, question)

    async def _ask_on(self, connection: AsyncConnection[Any], turn: asyncio.Lock, question: Question[T]) -> T:
        """Keeps *connection* for the next question if all went well, and closes it otherwise."""
        try:
            found = await question(connection)
        except BaseException:
            await connection.close()
            raise
        if turn is self._turn:
            self._connection = connection
        else:
            await connection.close()
        return found

    def _asked(self, asking: asyncio.Task[Any]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # whoever asked has it, or has given up

    async def _close(self) -> None:
        self._turn = asyncio.Lock()
        for asking in self._asking:
            asking.cancel()
        if self._asking:
            await asyncio.wait(self._asking, timeout=CLOSE_S)
        if self._connection is not None:
            await self._connection.close()
