"""What every request and answer of our HTTP has in common, as plain ASGI: streams pass through unbuffered.

X-Request-ID in (or made here), in the log of all that follows, and out
another site's page may change nothing, whatever cookies the browser would send along
security headers; nothing is cached that was told to a person
a body has an end; a fault of ours is told as a problem and logged, never shown
a stream ends when the token or session that opened it is revoked: looked up at most each 5 s, while something is sent
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.api.access import SAFE, Access
from controller.api.problems import Problem

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Unless a route says otherwise: a page names the scripts that it needs."""
CHECK_S = 5.0
BODY_MAX = 64 * 1024
"""Bytes; what a person says or notes is far less."""

log = structlog.get_logger(__name__)


class StreamRevoked(OSError):
    """For whoever sends into it: as if the reader had gone."""


class Wire:
    def __init__(self, app: ASGIApp, access: Access | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._access = access
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            answer = _Answer(scope, send, request_id, self._access, self._clock)
            if problem := _refused(scope["method"], headers):
                await problem.response()(scope, receive, answer.send)
                return
            try:
                await self._app(scope, _bounded(receive), answer.send)
            except Exception:
                if answer.revoked:
                    return
                log.exception("request_failed", method=scope["method"], path=scope["path"])
                if answer.started:
                    raise
                await Problem("internal", request_id=request_id).response()(scope, receive, answer.send)


def _refused(method: str, headers: Headers) -> Problem | None:
    if method not in SAFE and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return Problem("cross_site")
    length = headers.get("content-length", "0")
    return Problem("too_large", limit=BODY_MAX) if not length.isdecimal() or int(length) > BODY_MAX else None


def _bounded(receive: Receive) -> Receive:
    """For a body that does not say how long it is."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > BODY_MAX:
            raise Problem("too_large", limit=BODY_MAX)
        return message

    return bounded


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send, request_id: str, access: Access | None, clock: Callable[[], float]) -> None:
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self._access = access
        self._clock = clock
        self._stream = False
        self._check_at = 0.0
        self.started = False
        self.revoked = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begin(message)
        elif self._stream and message.get("more_body") and self._clock() >= self._check_at:
            self._check_at = self._clock() + CHECK_S
            if not await self._stands():
                self.revoked = True
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                raise StreamRevoked("its token was revoked")
        await self._send(message)

    def _begin(self, message: Message) -> None:
        self.started = True
        headers = MutableHeaders(scope=message)
        headers["X-Request-ID"] = self._request_id
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        self._stream = headers.get("content-type", "").startswith("text/event-stream")
        self._check_at = self._clock() + CHECK_S

    async def _stands(self) -> bool:
        token_id = self._scope.get("callctl.token_id")
        return self._access is None or not token_id or await self._access.keyring.stands(token_id)
