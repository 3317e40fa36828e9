"""Asterisk's event WebSocket as far as a controller can see it: one owner per application, the newest wins."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response


class FakeEventServer:
    """``deliver`` sends to the owner of an application; ``requests`` are the paths it was asked for."""

    def __init__(self, username: str, password: str) -> None:
        self._authorization = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        self._owners: dict[str, ServerConnection] = {}
        self._arrived = asyncio.Condition()
        self.requests: list[str] = []
        self.accepted = 0
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def start(cls, username: str = "callctl", password: str = "secret", port: int = 0) -> AsyncIterator[FakeEventServer]:
        fake = cls(username, password)
        async with serve(fake._serve, "127.0.0.1", port, process_request=fake._admit, ping_interval=None) as server:
            fake.port = server.sockets[0].getsockname()[1]
            yield fake

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def wait_accepted(self, count: int, timeout_s: float = 5) -> None:
        async with asyncio.timeout(timeout_s), self._arrived:
            await self._arrived.wait_for(lambda: self.accepted >= count)

    async def deliver(self, app: str, message: dict[str, Any] | str) -> None:
        await self._owners[app].send(message if isinstance(message, str) else json.dumps(message))

    async def close_owner(self, app: str) -> None:
        await self._owners[app].close()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request.path)
        if request.headers.get("Authorization") != self._authorization:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "Authentication required\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        app = parse_qs(urlsplit(connection.request.path).query)["app"][0]
        former = self._owners.get(app)
        self._owners[app] = connection
        if former is not None:
            with suppress(ConnectionClosed):
                await former.send(json.dumps({"type": "ApplicationReplaced", "application": app}))
        async with self._arrived:
            self.accepted += 1
            self._arrived.notify_all()
        await connection.wait_closed()
        if self._owners.get(app) is connection:
            del self._owners[app]
