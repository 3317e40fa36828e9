"""The HTTP server inside the controller's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from controller.api.connection import CONNECTIONS, REQUEST_S, limited
from controller.api.event_stream import ABORT

START_S = 5.0
STOP_S = 2.0


class _Server(uvicorn.Server):
    """Leaves the process's signals to the composition root."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Abortable:
    """The application, able to cut a connection at once: one who does not read would otherwise keep what is written to him."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(send, "__self__", None), "transport", None)  # uvicorn's own request cycle
        if transport is not None:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
        await self._app(scope, receive, send)


@contextlib.asynccontextmanager
async def serving(
    app: FastAPI, bound: socket.socket, *, proxy: str = "", connections_max: int = CONNECTIONS, request_s: float = REQUEST_S
) -> AsyncIterator[int]:
    """Serve *app* on what ``controller.sockets.bind`` gave until the block ends; yields the port.

    *proxy*: addresses and networks, by commas, whose X-Forwarded-For and -Proto are believed; nobody's by default, neither the loopback's.
    *connections_max* at once, and *request_s* for a request to be there: see ``connection.py``.
    """
    config = uvicorn.Config(
        _Abortable(app),
        http=limited(connections_max, request_s),
        ws="websockets-sansio",
        ws_max_size=65_536,
        ws_ping_interval=10.0,  # a browser that is gone without a word is noticed
        ws_ping_timeout=10.0,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]), name="api")
    try:
        async with asyncio.timeout(START_S):
            while not server.started:  # uvicorn offers no event
                if task.done():
                    await task
                await asyncio.sleep(0.005)
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=STOP_S)
        task.cancel()
        bound.close()
