"""HTTP under aioari: our own session, pools, timeouts and errors in place of its own.

aioari reads Asterisk's api-docs and builds one callable per operation; each ends in ``request`` here.

    regular operations ─────────► 6 connections ─┐
                                                 ├─► Asterisk (its HTTP listen backlog is 10)
    hang up, continue, delete ──► 2 connections ─┘

The two reserved connections keep a call endable while slow operations (a ``setChannelVar`` behind a playback)
hold all the others. Asterisk closes idle connections after its ``session_keep_alive`` (15 s by default); we drop
them after 5 s, so that a request is never sent into a closing one.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from controller.ari.errors import AriTimeout, AriUnavailable, refusal

REGULAR_CONNECTIONS = 6
URGENT_CONNECTIONS = 2
CONNECT_TIMEOUT_S = 2.0
IDLE_KEPT_S = 5.0


def basic_authorization(username: str, password: str) -> str:
    """The value of the Authorization header; the password never rides in a URL."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


class Pool:
    """A bounded set of kept-alive connections to one Asterisk, in the shape that aioswagger11 asks of an HTTP client."""

    def __init__(self, base_url: str, authorization: str, *, connections: int, timeout_s: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._headers = {"Authorization": authorization, "Accept": "application/json"}
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> aiohttp.ClientResponse:
        """Send and read the whole answer; raises AriRefused, AriUnavailable or AriTimeout and nothing else.

        *url* comes from the api-docs, which name whatever host Asterisk believes to have: only its path counts.
        """
        path = urlsplit(url).path
        operation = f"{method} {path.removeprefix('/ari')}"
        query = {name: _text(value) for name, value in (params or {}).items()}
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._open_session().request(method, self._base_url + path, params=query, data=data, headers=headers)
                body = await response.read()
        except TimeoutError as error:
            raise AriTimeout(operation, f"no answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise AriUnavailable(operation, f"Asterisk is not reachable at {self._base_url} ({error})") from error
        if response.status >= 400:
            raise refusal(operation, response.status, _reason(body) or response.reason or "")
        return response

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=IDLE_KEPT_S),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=CONNECT_TIMEOUT_S),
                headers=self._headers,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _text(value: object) -> str:
    """Query values as ARI reads them; a Python bool would be refused by yarl."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class _Problem(msgspec.Struct):
    message: str = ""
    error: str = ""


def _reason(body: bytes) -> str:
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body[:200].decode(errors="replace").strip()
    return problem.message or problem.error
