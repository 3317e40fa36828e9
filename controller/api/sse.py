"""An answer of server-sent events: written by a coroutine, over when it returns, when the reader leaves, or when he takes nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

WRITE_S = 10.0
"""How long a reader may leave us waiting; what the sockets hold meanwhile is some 100 kB."""
ABORT = "callctl.abort"

log = structlog.get_logger(__name__)

Write = Callable[[bytes], Awaitable[None]]
"""Raises ``ReaderGone``."""


class ReaderGone(Exception):
    """It does not take what we write."""


class EventStream(Response):
    """*pump* writes whole events; *on_slow* is called when the reader was given up because it did not read."""

    media_type = "text/event-stream"

    def __init__(
        self, pump: Callable[[Write], Awaitable[None]], *, on_slow: Callable[[], None] = lambda: None, write_s: float = WRITE_S
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._pump = pump
        self._on_slow = on_slow
        self._write_s = write_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def write(events: bytes) -> None:
            try:
                async with asyncio.timeout(self._write_s):
                    await send({"type": "http.response.body", "body": events, "more_body": True})
            except TimeoutError:
                raise ReaderGone from None

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pumping = asyncio.create_task(self._run(write), name="event-stream")
        leaving = asyncio.create_task(_left(receive), name="event-stream-left")
        try:
            await asyncio.wait([pumping, leaving], return_when=asyncio.FIRST_COMPLETED)
            slow = pumping.done() and not pumping.cancelled() and pumping.result()
        finally:
            for task in (pumping, leaving):
                task.cancel()
            await asyncio.wait([pumping, leaving], timeout=self._write_s)
        if slow:
            self._on_slow()
            log.info("reader_cut_off", path=scope.get("path"))
            if abort := scope.get("extensions", {}).get(ABORT):
                abort()
                async with asyncio.timeout(self._write_s):
                    await _left(receive)  # the server hears of it a moment later, and takes this answer for a finished one
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _run(self, write: Write) -> bool:
        """Whether the reader did not take what was written."""
        try:
            await self._pump(write)
        except ReaderGone:
            return True
        return False


async def _left(receive: Receive) -> None:
    message: Message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()
