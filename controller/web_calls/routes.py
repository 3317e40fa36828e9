"""The way in for browsers: the page, the credential, the socket.

GET  /call                 the page
POST /api/v1/web-calls     a credential for one call; from our own page, so many a minute and address
WS   /sip-ws?t=<token>     SIP, once per credential
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response, WebSocket
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from pydantic import BaseModel

from controller.api.problems import Problem, told
from controller.ari.errors import AriError
from controller.web_calls.desk import WebCalls
from controller.web_calls.endpoint import TARGET
from controller.web_calls.guests import CREDENTIAL_S, Full
from controller.web_calls.page import HEADERS, load_page
from controller.web_calls.proxy import SUBPROTOCOL, VIOLATION, Proxy


class WebCall(BaseModel):
    """What the page calls with."""

    user: str
    password: str
    signalling: str  # path and query of the WebSocket
    target: str  # the extension to call
    expires_s: float


def make_web_calls_router(open_calls: tuple[WebCalls, Proxy] | None, *, per_minute: int) -> APIRouter:
    """*open_calls* None: calls from the browser are off, which the page then says."""
    router = APIRouter()
    limiter, limit = MovingWindowRateLimiter(MemoryStorage()), RateLimitItemPerMinute(per_minute)
    page = load_page()

    @router.get("/call", include_in_schema=False)
    @router.get("/call/{name:path}", include_in_schema=False)
    async def show(name: str = "") -> Response:
        file = page.get(name or "index.html")
        if file is None:
            raise Problem("not_found")
        return Response(file.content, media_type=file.media_type, headers=HEADERS)

    @router.post(
        "/api/v1/web-calls",
        status_code=201,
        tags=["web calls"],
        responses=told("cross_site", "web_calls_off", "web_calls_full", "rate_limited", "asterisk_away"),
    )
    async def admit_web_call(request: Request, response: Response) -> WebCall:
        """A credential for one call to the agent from a browser; it is worth nothing after a minute, or after the call."""
        if open_calls is None:
            raise Problem("web_calls_off", "WEB_CALLS_ENABLED is not set")
        if not is_own_origin(request.headers):
            raise Problem("cross_site")
        client = _network(request.client.host if request.client else "")
        if not await limiter.hit(limit, client):
            raise Problem("rate_limited", headers={"Retry-After": "60"})
        web_calls, _ = open_calls
        try:
            guest = await web_calls.admit()
        except Full:
            raise Problem("web_calls_full", headers={"Retry-After": "30"}) from None
        except AriError as error:
            raise Problem("asterisk_away") from error
        response.headers["Cache-Control"] = "no-store"
        return WebCall(
            user=guest.user, password=guest.password, signalling=f"/sip-ws?t={guest.token}", target=TARGET, expires_s=CREDENTIAL_S
        )

    @router.websocket("/sip-ws")
    async def signalling(browser: WebSocket, t: str = "") -> None:
        wanted = SUBPROTOCOL in browser.scope.get("subprotocols", [])
        if open_calls is None or not wanted or not is_own_origin(browser.headers, needed=True):
            await browser.close(VIOLATION)  # before it is accepted: a 403
            return
        web_calls, proxy = open_calls
        guest = web_calls.connect(t)
        if guest is None:
            await browser.close(VIOLATION)
            return
        await proxy.serve(browser, guest)

    return router


def is_own_origin(headers: Mapping[str, str], *, needed: bool = False) -> bool:
    """Whether a browser sent this from a page of the same host. Others send no Origin; *needed*: then they are refused, too."""
    origin = headers.get("origin")
    if origin is None:
        return not needed
    return urlsplit(origin).scheme in ("http", "https") and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _network(host: str) -> str:
    """Whom a limit counts: an IPv4 address, an IPv6 network of 64 bits (each customer has at least one)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
