"""Server-sent events as a response: until the events end or the reader goes; one who takes nothing is given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TAKE_S = 15.0
"""For a chunk to leave our buffers; what those and the kernel's hold for one reader is some 100 kB."""
ABORT = "callctl.abort"
"""In the scope's extensions (``server.py``): cuts the connection at once, with all that was written and not taken."""

log = structlog.get_logger(__name__)


class EventStream(Response):
    """*on_stuck* is called when the reader was given up because he takes nothing."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        headers: Mapping[str, str] | None = None,
        take_s: float = TAKE_S,
        on_stuck: Callable[[], None] = lambda: None,
    ) -> None:
        self._events = events
        self._take_s = take_s
        self._on_stuck = on_stuck
        self.background = None
        self.status_code = 200
        self.init_headers({"cache-control": "no-store", "x-accel-buffering": "no", **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send), name="event-stream")
        leaving = asyncio.create_task(_gone(receive), name="event-stream-leaving")
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.wait({sending, leaving})
        if sending.cancelled():
            return
        match sending.exception():
            case TimeoutError():
                log.warning("reader_stuck", path=scope.get("path"))
                self._on_stuck()
                await self._cut(scope, receive)
            case None | OSError():
                return
            case error:
                raise error

    async def _send(self, send: Send) -> None:
        """Raises TimeoutError when the reader takes nothing."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._events) as events:
            async for chunk in events:
                async with asyncio.timeout(self._take_s):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        async with asyncio.timeout(self._take_s):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        if abort := scope.get("extensions", {}).get(ABORT):
            abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._take_s):
                    await _gone(receive)  # the server hears of it a moment later, and then takes this answer for a finished one


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
