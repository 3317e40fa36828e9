"""Whether we know who calls: how many orders were confirmed through us from his number within the last three months.

Asked once for each call, beside it: the caller waits for nothing, and with PostgreSQL away he is a stranger on the board.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog

from controller.board.board import Board
from controller.board.past import STATEMENTS, Asked
from controller.journal.records import CallRevised, Record

WAITING = 200  # calls at once whose caller was not looked up yet; further ones stay strangers
TIMEOUT_S = 2.0
STOP_S = 3.0
LOOKED_BACK = timedelta(days=90)

log = structlog.get_logger(__name__)


class Acquaintance:
    def __init__(self, board: Board, reader: Asked) -> None:
        self._board = board
        self._reader = reader
        self._arrived: asyncio.Queue[CallRevised] = asyncio.Queue(WAITING)

    @classmethod
    @asynccontextmanager
    async def open(cls, board: Board, reader: Asked) -> AsyncIterator[Acquaintance]:
        acquaintance = cls(board, reader)
        task = asyncio.create_task(acquaintance._run(), name="acquaintance")
        try:
            yield acquaintance
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=STOP_S)

    def append(self, record: Record) -> None:
        """A sink of the records; returns at once and never raises."""
        if isinstance(record, CallRevised) and record.revision == 1 and record.caller_id and not self._arrived.full():
            self._arrived.put_nowait(record)

    async def _run(self) -> None:
        while True:
            call = await self._arrived.get()
            try:
                rows = await self._reader.fetch(
                    STATEMENTS["orders_of_caller"],
                    {"caller_id": call.caller_id, "since": datetime.now(UTC) - LOOKED_BACK},
                    timeout_s=TIMEOUT_S,
                )
            except Exception as error:  # noqa: BLE001 - the database's edge: then he is a stranger
                log.info("caller_not_looked_up", call_id=call.call_id, why=str(error).strip() or type(error).__name__)
            else:
                self._board.met(call.call_id, "", rows[0]["orders"])
