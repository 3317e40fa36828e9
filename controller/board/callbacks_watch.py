"""Keeps the customers who are to be rung back on the board: asks the database now and then, and when one is noted or worked off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from controller.board.board import Board
from controller.board.shapes import Shape
from controller.journal.records import CallBackNoted, Record

EVERY_S = 15.0
SETTLING_S = 1.0  # a record is in the database a moment after it was made
STOP_S = 3.0

log = structlog.get_logger(__name__)


class CallBacksWatch:
    """*listed* gives them in the console's shape; whatever it raises is a reason to look again later."""

    def __init__(self, board: Board, listed: Callable[[], Awaitable[list[Shape]]]) -> None:
        self._board = board
        self._listed = listed
        self._noted = asyncio.Event()
        self._failing = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, board: Board, listed: Callable[[], Awaitable[list[Shape]]]) -> AsyncIterator[CallBacksWatch]:
        watch = cls(board, listed)
        task = asyncio.create_task(watch._run(), name="callbacks-watch")
        try:
            yield watch
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=STOP_S)

    def append(self, record: Record) -> None:
        """A sink of the records."""
        if isinstance(record, CallBackNoted):
            self._noted.set()

    async def look(self) -> None:
        """Now; for ``CallBacks(changed=...)``. Raises nothing."""
        try:
            items = await self._listed()
        except Exception as error:  # noqa: BLE001 - the database's edge: what is shown stays as it was until it is back
            if not self._failing:
                log.warning("callbacks_not_seen", why=str(error).strip() or type(error).__name__)
            self._failing = str(error) or "?"
            return
        self._failing = ""
        self._board.replace("callback", items)

    async def _run(self) -> None:
        while True:
            await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._noted.wait()
                    await asyncio.sleep(SETTLING_S)
            self._noted.clear()
