"""What all answers have in common, through the real application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from controller.api import wire
from controller.api.access import Viewer
from controller.api.audit import Audit
from controller.api.bearer import digest, new_secret
from controller.api.http import make_app
from controller.api.identity import Role
from controller.api.readiness import Readiness
from controller.api.routes import make_access
from controller.api.server import serving
from controller.api.tokens import Held, Profile
from controller.masking import Masking
from controller.settings import ApiSettings
from controller.sockets import bind
from tests.fakes.token_table import TokenTable


class Note(BaseModel):
    text: str


class Server:
    def __init__(self) -> None:
        self.table = TokenTable()
        self.token = new_secret("cc_")
        self.table.add(digest(self.token), Held(id="t-1", profile=Profile(person="Dev", role=Role.DEVELOPER), expires_at=None))
        self.seen: dict[str, Any] = {}
        access = make_access(ApiSettings(_env_file=None), self.table, Audit(lambda record: None))  # type: ignore[call-arg]
        self.app = make_app(Readiness(), CollectorRegistry(), Masking(), routers=[self._routes()], access=access)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://api.test")

    def _routes(self) -> APIRouter:
        routes = APIRouter(prefix="/try")

        @routes.post("/note")
        async def note(body: Note) -> Response:
            self.seen = structlog.contextvars.get_contextvars()
            return Response(status_code=204)

        @routes.get("/note")
        async def notes() -> Response:
            return Response()

        @routes.get("/fault")
        async def fault() -> Response:
            raise RuntimeError("a secret of the house")

        @routes.get("/page")
        async def page() -> Response:
            return Response("", headers={"Content-Security-Policy": "default-src 'self'"})

        @routes.get("/stream")
        async def stream(who: Viewer) -> Response:
            return StreamingResponse(self._beats(), media_type="text/event-stream")

        return routes

    async def _beats(self) -> AsyncIterator[str]:
        while True:
            yield ": ping\n\n"
            await asyncio.sleep(0.01)


@pytest.fixture
def server() -> Server:
    return Server()


async def test_a_request_id_goes_in_comes_out_and_is_in_the_log_context(server: Server) -> None:
    async with server.client() as client:
        answer = await client.post("/try/note", json={"text": "x"}, headers={"X-Request-ID": "req-1"})
        assert answer.headers["x-request-id"] == "req-1" == server.seen["request_id"]
        for odd in ("a b", "x" * 65, "a\tSet-Cookie: y", ""):
            made = await client.get("/health", headers={"X-Request-ID": odd})
            assert len(made.headers["x-request-id"]) == 32, odd


async def test_every_answer_has_the_security_headers_and_a_page_may_have_its_own_policy(server: Server) -> None:
    async with server.client() as client:
        for path in ("/health", "/nowhere", "/try/fault", "/metrics"):
            answer = await client.get(path)
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert answer.headers["content-security-policy"] == wire.HEADERS["Content-Security-Policy"]
            assert answer.headers["cache-control"] == "no-store"
            assert "access-control-allow-origin" not in answer.headers
        assert (await client.get("/try/page")).headers["content-security-policy"] == "default-src 'self'"


async def test_the_frameworks_own_refusals_are_problems_too(server: Server) -> None:
    async with server.client() as client:
        for method, path, status, code in (
            ("GET", "/nowhere", 404, "not_found"),
            ("PUT", "/try/note", 405, "method_not_allowed"),
            ("POST", "/try/note", 422, "invalid"),
        ):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) == {"type", "title", "status", "detail", "code", "args"}
        assert (await client.put("/try/note")).headers["allow"] == "GET, POST"


async def test_a_problem_never_repeats_what_was_sent(server: Server) -> None:
    async with server.client() as client:
        answer = await client.post("/try/note", json={"text": {"password": "hunter2"}})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


async def test_a_fault_of_ours_is_a_problem_without_its_insides(server: Server) -> None:
    async with server.client() as client:
        answer = await client.get("/try/fault", headers={"X-Request-ID": "req-2"})
    assert (answer.status_code, answer.json()["code"], answer.json()["args"]) == (500, "internal", {"request_id": "req-2"})
    assert "secret" not in answer.text


async def test_a_body_has_an_end_whether_it_says_its_length_or_not(server: Server) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    async with server.client() as client:
        json_type = {"Content-Type": "application/json"}
        for content in (b" " * (wire.BODY_MAX + 1), pieces()):
            answer = await client.post("/try/note", content=content, headers=json_type)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        lies = await client.post("/try/note", content=b"{}", headers=json_type | {"Content-Length": "-5"})
        assert lies.status_code == 413


async def test_another_sites_page_changes_nothing(server: Server) -> None:
    async with server.client() as client:
        for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 204), ("none", 204)):
            assert (await client.post("/try/note", json={"text": "x"}, headers={"Sec-Fetch-Site": site})).status_code == status, site
        assert (await client.get("/try/page", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


async def test_a_stream_ends_soon_after_its_token_is_revoked_and_only_then(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CHECK_S", 0.05)
    bearer = {"Authorization": f"Bearer {server.token}"}
    async with serving(server.app, bind("127.0.0.1", 0, what="The API")) as port, httpx.AsyncClient() as client, asyncio.timeout(10):
        async with client.stream("GET", f"http://127.0.0.1:{port}/try/stream", headers=bearer) as answer:
            assert answer.status_code == 200
            beats = 0
            async for line in answer.aiter_lines():
                if not line:
                    continue
                beats += 1
                if beats == 20:
                    server.table.away = True  # an outage is no revocation
                elif beats == 40:
                    server.table.away = False
                    server.table.remove(digest(server.token))
        assert beats >= 40


async def test_nobody_is_believed_about_addresses_and_tls_but_the_proxy_that_is_named() -> None:
    async def told(proxy: str) -> tuple[str, str]:
        app = make_app(Readiness(), CollectorRegistry(), Masking())
        seen: list[tuple[str, str]] = []

        @app.middleware("http")
        async def look(request: Any, go_on: Any) -> Any:
            seen.append((request.client.host, request.url.scheme))
            return await go_on(request)

        forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        async with serving(app, bind("127.0.0.1", 0, what="The API"), proxy=proxy) as port, httpx.AsyncClient() as client:
            await client.get(f"http://127.0.0.1:{port}/health", headers=forwarded)
        return seen[0]

    assert await told("") == ("127.0.0.1", "http")
    assert await told("10.0.0.0/8") == ("127.0.0.1", "http")
    assert await told("10.0.0.0/8, 127.0.0.1") == ("203.0.113.9", "https")
