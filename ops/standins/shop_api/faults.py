"""The settings of the stand-in, and the faults it plays on demand.

    request ─► latency ─► rate limit ─► fault before ─► (the work is done) ─► fault after a write ─► answer

Before: nothing was done. After: it was done, and the answer is lost, late or a lie; only a write that succeeded uses one of these up.
``only`` narrows both to requests whose "METHOD /path" contains it: "POST /api/v1/orders", "/confirm", "DELETE".
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Request, Response

from ops.standins.control import Control
from ops.standins.shop_api.errors import error_response

HANG_S = 30.0  # longer than any client's patience
WRITES = ("POST", "PATCH", "DELETE", "PUT")

Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class ShopSettings(msgspec.Struct):
    latency_ms: Count = 0
    only: str = ""  # faults hit only requests whose "METHOD /path" contains this
    fail_next: Count = 0  # so many requests answer fail_status
    fail_status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 500
    retry_after_s: Seconds | None = None  # sent with the failures
    hang_next: Count = 0  # so many requests are never answered
    rubbish_next: Count = 0  # so many get 200 with a body that is not JSON
    drop_next: Count = 0  # so many connections are closed before anything is done
    fail_write_next: Count = 0  # as fail_next, but reads pass
    hang_write_next: Count = 0
    drop_write_next: Count = 0
    late_write_next: Count = 0  # so many writes are done late_ms after they came, whether or not anybody still waits
    late_ms: Count = 6000  # longer than a client's patience
    lose_answer_next: Count = 0  # so many writes are done, and the connection is closed without an answer
    fail_answer_next: Count = 0  # so many writes are done and answer fail_status
    hang_answer_next: Count = 0  # so many writes are done and never answered
    rubbish_answer_next: Count = 0  # so many writes are done and answer 200 with a body that is not JSON
    rate_limit: Count = 0  # requests in rate_window_s before 429; 0 = no limit
    rate_window_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    now: dt.datetime | None = None  # "2026-11-23T10:00:00": the shop's local time stands still there


class Faults:
    def __init__(self, control: Control[ShopSettings], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._control = control
        self._clock_s = clock_s
        self._arrivals_s: deque[float] = deque()

    async def before(self, request: Request) -> Response | None:
        """Wait as told; the answer of a fault, if one is to be played."""
        await asyncio.sleep(self._control.settings.latency_ms / 1000)
        if (limited := self._limited(request)) is not None:
            return limited
        if not self._hits(request):
            return None
        is_write = request.method in WRITES
        if self._spend("hang_next") or (is_write and self._spend("hang_write_next")):
            return await _hang(request)
        if self._spend("drop_next") or (is_write and self._spend("drop_write_next")):
            return hang_up(request)
        if self._spend("fail_next") or (is_write and self._spend("fail_write_next")):
            return self._failure(request)
        if is_write and self._spend("late_write_next"):
            await request.body()  # while the client is still there: the work needs it afterwards
            await asyncio.sleep(self._control.settings.late_ms / 1000)
        return _rubbish() if self._spend("rubbish_next") else None

    async def after(self, request: Request, response: Response) -> Response:
        """*response*, or what becomes of it: the write behind it is done."""
        if request.method not in WRITES or response.status_code >= 300 or not self._hits(request):
            return response
        if self._spend("lose_answer_next"):
            return hang_up(request)
        if self._spend("hang_answer_next"):
            return await _hang(request)
        if self._spend("fail_answer_next"):
            return self._failure(request)
        return _rubbish() if self._spend("rubbish_answer_next") else response

    def _hits(self, request: Request) -> bool:
        return self._control.settings.only in f"{request.method} {request.url.path}"

    def _spend(self, name: str) -> bool:
        return self._control.spend(name)

    def _failure(self, request: Request) -> Response:
        told = self._control.settings
        return error_response(told.fail_status, "a fault that was asked for", request.state.request_id, told.retry_after_s)

    def _limited(self, request: Request) -> Response | None:
        settings, now_s = self._control.settings, self._clock_s()
        if not settings.rate_limit:
            self._arrivals_s.clear()
            return None
        while self._arrivals_s and self._arrivals_s[0] <= now_s - settings.rate_window_s:
            self._arrivals_s.popleft()
        if len(self._arrivals_s) < settings.rate_limit:
            self._arrivals_s.append(now_s)
            return None
        wait_s = math.ceil(self._arrivals_s[0] + settings.rate_window_s - now_s)
        return error_response(429, "too many requests", request.state.request_id, wait_s)


def hang_up(request: Request) -> Response:
    """Close the connection without an answer; the response returned goes nowhere.

    ASGI has no word for it, so this reaches for uvicorn's transport behind ``receive``; a caller without a socket (a test's
    ASGI transport) gets ``ConnectionResetError`` instead.
    """
    connection = getattr(request.receive, "__self__", None)
    transport = getattr(connection, "transport", None)
    if not isinstance(transport, asyncio.BaseTransport):
        raise ConnectionResetError("the stand-in hung up")
    transport.close()
    return Response(status_code=499)


async def _hang(request: Request) -> Response:
    await asyncio.sleep(HANG_S)
    return hang_up(request)


def _rubbish() -> Response:
    return Response("<html>gateway</html>", media_type="text/html")
