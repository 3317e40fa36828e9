"""Asterisk's REST interface in small: api-docs as Asterisk serves them, and a few operations that keep state."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


def _parameter(name: str, where: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "paramType": where, "dataType": "string", "required": required, "allowMultiple": False, "description": ""}


def _operation(method: str, nickname: str, *parameters: dict[str, Any], response: str = "void") -> dict[str, Any]:
    return {"httpMethod": method, "nickname": nickname, "summary": "", "responseClass": response, "parameters": list(parameters)}


CHANNEL_ID = _parameter("channelId", "path")
RESOURCES: dict[str, list[dict[str, Any]]] = {
    "channels": [
        {"path": "/channels", "operations": [_operation("GET", "list", response="List[Channel]")]},
        {"path": "/channels/{channelId}", "operations": [_operation("DELETE", "hangup", CHANNEL_ID)]},
        {"path": "/channels/{channelId}/answer", "operations": [_operation("POST", "answer", CHANNEL_ID)]},
        {"path": "/channels/{channelId}/continue", "operations": [_operation("POST", "continueInDialplan", CHANNEL_ID)]},
        {
            "path": "/channels/{channelId}/variable",
            "operations": [
                _operation(
                    "POST", "setChannelVar", CHANNEL_ID, _parameter("variable", "query"), _parameter("value", "query", required=False)
                ),
            ],
        },
    ],
    "bridges": [{"path": "/bridges/{bridgeId}", "operations": [_operation("DELETE", "destroy", _parameter("bridgeId", "path"))]}],
    "asterisk": [{"path": "/asterisk/ping", "operations": [_operation("GET", "ping", response="AsteriskPing")]}],
}


class FakeRestServer:
    """``held`` is the gate of setChannelVar: clear it and such requests wait, as behind an endless playback."""

    def __init__(self, username: str, password: str) -> None:
        self._authorization = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        self.channels = {"c-1"}
        self.variables: dict[str, str] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0
        self.queries: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    @asynccontextmanager
    async def start(cls, username: str = "callctl", password: str = "secret") -> AsyncIterator[FakeRestServer]:
        fake = cls(username, password)
        app = web.Application(middlewares=[fake._authenticate])
        app.add_routes(
            [
                web.get("/ari/api-docs/{name}.json", fake._api_docs),
                web.get("/ari/channels", fake._list),
                web.delete("/ari/channels/{id}", fake._hang_up),
                web.post("/ari/channels/{id}/answer", fake._answer),
                web.post("/ari/channels/{id}/continue", fake._hang_up),
                web.post("/ari/channels/{id}/variable", fake._set_variable),
                web.get("/ari/asterisk/ping", fake._ping),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        fake.port = runner.addresses[0][1]
        try:
            yield fake
        finally:
            fake.open.set()
            await runner.cleanup()

    @web.middleware
    async def _authenticate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.queries.append(request.query_string)
        if request.headers.get("Authorization") != self._authorization:
            return web.json_response({"message": "Authentication required"}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    async def _api_docs(self, request: web.Request) -> web.Response:
        # Asterisk names the host it believes to have; behind a proxy that is not where we reach it
        base = {"swaggerVersion": "1.1", "apiVersion": "9", "basePath": "http://asterisk.invalid:8088/ari"}
        name = request.match_info["name"]
        if name == "resources":
            return web.json_response(
                {
                    **base,
                    "basePath": f"{self.url}/ari",
                    "apis": [{"path": f"/api-docs/{name}.{{format}}", "description": ""} for name in RESOURCES],
                }
            )
        apis = [{"description": "", **api} for api in RESOURCES[name]]
        return web.json_response({**base, "resourcePath": f"/api-docs/{name}.{{format}}", "apis": apis, "models": {}})

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": channel, "name": "x", "brand_new_field": 1} for channel in sorted(self.channels)])

    async def _hang_up(self, request: web.Request) -> web.Response:
        if request.match_info["id"] not in self.channels:
            return web.json_response({"message": "Channel not found"}, status=404)
        self.channels.discard(request.match_info["id"])
        return web.Response(status=204)

    async def _answer(self, request: web.Request) -> web.Response:
        return web.json_response({"message": "Channel not in Stasis application"}, status=409)

    async def _set_variable(self, request: web.Request) -> web.Response:
        self.waiting += 1
        await self.open.wait()
        self.waiting -= 1
        self.variables[request.query["variable"]] = request.query["value"]
        return web.Response(status=204)

    async def _ping(self, request: web.Request) -> web.Response:
        return web.json_response({"ping": "pong", "asterisk_id": "x", "timestamp": ""})
