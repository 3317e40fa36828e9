"""One connection of our HTTP: who holds it without asking anything is cut off, and so is who comes when there are too many.

    connected ──► a request, whole within 10 s ──► answered or streamed ──► idle, at most 15 s ──► the next one, whole within 10 s ──► ...
                     │ not whole: cut                                          (the server's own limit)

The calls live in the same process: a thousand sockets that say nothing must not take the descriptors that their audio needs. An open stream
or socket (server-sent events, SIP over WebSocket) is not meant: it has asked.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 10.0
CONNECTIONS = 500
"""Beside the streams that may be open: pages that are kept alive, requests under way. Asterisk's and the audio's sockets are others."""

log = structlog.get_logger(__name__)


class Connection(H11Protocol):
    """``limited`` makes one with other limits."""

    request_s = REQUEST_S
    connections_max = CONNECTIONS
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            log.warning("http_connections_too_many", limit=self.connections_max)
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """For the rest of a request, if it is not all there; a byte now and then gains no time."""
        if self.transport.get_protocol() is not self or self.transport.is_closing() or self._whole():
            self._stop()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.request_s, self._cut)

    def _whole(self) -> bool:
        """Whether there is a request that is not answered yet, and all of it is here."""
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete and not cycle.more_body

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut(self) -> None:
        log.info("http_request_not_whole", after_s=self.request_s)
        self.transport.abort()


def limited(connections_max: int, request_s: float = REQUEST_S) -> type[Connection]:
    return type("LimitedConnection", (Connection,), {"connections_max": connections_max, "request_s": request_s})
