"""The control endpoint that every stand-in has: its settings and its log of served requests.

    GET    /control          the settings as JSON
    PUT    /control          {"latency_ms": 300, ...} changes the named ones; an unknown name or a bad value is 422
    DELETE /control          back to the settings, and the state if there is any, that it started with
    GET    /control/log      served requests, oldest first: request, arrived_ms, first_ms, ended_ms, outcome, detail
    DELETE /control/log      forget them
    GET    /control/health   200 once the stand-in serves

Times are milliseconds of CLOCK_MONOTONIC, which all processes of a machine share; so
``first_ms - arrived_ms`` of a stand-in can be taken off a latency measured elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import msgspec
import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException

LOG_LIMIT = 20_000

S = TypeVar("S", bound=msgspec.Struct)


def now_ms() -> float:
    return time.monotonic_ns() / 1e6


class Served(msgspec.Struct):
    """One request as the stand-in saw it."""

    request: str
    arrived_ms: float
    first_ms: float | None = None  # the first piece of the answer left
    ended_ms: float | None = None
    outcome: str | None = None
    detail: dict[str, Any] = {}

    def began(self) -> None:
        """The answer begins to leave now; later calls change nothing."""
        if self.first_ms is None:
            self.first_ms = now_ms()

    def ended(self, outcome: str = "ok", **detail: Any) -> None:
        """It is over; the first outcome stays."""
        if self.ended_ms is None:
            self.ended_ms, self.outcome = now_ms(), outcome
            self.detail.update(detail)


class Control(Generic[S]):
    """The settings of a stand-in while it runs, and what it served lately.

    Settings are a flat struct with defaults. Those that count down (the number of requests a fault still hits)
    are used up with ``spend``.
    """

    def __init__(self, settings: S, log_limit: int = LOG_LIMIT) -> None:
        self.settings = settings
        self._at_start = msgspec.structs.asdict(settings)
        self._log: deque[Served] = deque(maxlen=log_limit)
        self._resets: list[Callable[[], None]] = []

    def change(self, changes: dict[str, Any]) -> None:
        """All of *changes* or none; raises ``msgspec.ValidationError`` in words."""
        kind = type(self.settings)
        if unknown := sorted(set(changes) - set(kind.__struct_fields__)):
            raise msgspec.ValidationError(f"unknown: {', '.join(unknown)}; known: {', '.join(kind.__struct_fields__)}")
        self.settings = msgspec.convert({**msgspec.structs.asdict(self.settings), **changes}, kind)

    def reset(self) -> None:
        self.settings = type(self.settings)(**self._at_start)
        for reset in self._resets:
            reset()

    def when_reset(self, reset: Callable[[], None]) -> None:
        """Call *reset* with every ``reset``: a stand-in with state of its own puts that back, too."""
        self._resets.append(reset)

    def spend(self, name: str) -> bool:
        """Whether a fault that counts down still happens; uses one of it up."""
        left: int = getattr(self.settings, name)
        if left > 0:
            setattr(self.settings, name, left - 1)
        return left > 0

    def arrived(self, request: str, **detail: Any) -> Served:
        """A request came in now: note it, and tell the rest on what is returned."""
        served = Served(request, now_ms(), detail=detail)
        self._log.append(served)
        return served

    def log(self) -> list[Served]:
        return list(self._log)

    def forget(self) -> None:
        self._log.clear()


def control_router(control: Control[S]) -> APIRouter:
    """The endpoint above, for an application that also serves other things."""
    router = APIRouter(prefix="/control")

    @router.get("")
    async def settings() -> dict[str, Any]:
        return msgspec.structs.asdict(control.settings)

    @router.put("")
    async def change(changes: dict[str, Any]) -> dict[str, Any]:
        try:
            control.change(changes)
        except msgspec.ValidationError as error:
            raise HTTPException(422, str(error)) from error
        return msgspec.structs.asdict(control.settings)

    @router.delete("")
    async def reset() -> dict[str, Any]:
        control.reset()
        return msgspec.structs.asdict(control.settings)

    @router.get("/log")
    async def log() -> list[dict[str, Any]]:
        return [msgspec.structs.asdict(served) for served in control.log()]

    @router.delete("/log", status_code=204)
    async def forget() -> None:
        control.forget()

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return router


def control_app(control: Control[S]) -> FastAPI:
    """The endpoint alone, for a stand-in that itself speaks something other than HTTP."""
    app = FastAPI(openapi_url=None)
    app.include_router(control_router(control))
    return app


class _QuietServer(uvicorn.Server):
    """uvicorn that leaves the process's signals to ``serve_http``."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_http(app: FastAPI, port: int, host: str = "127.0.0.1") -> None:
    """Serve *app* until SIGTERM or SIGINT; open requests get two seconds to end."""
    server = _QuietServer(uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve()
