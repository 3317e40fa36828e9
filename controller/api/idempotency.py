"""The same wish sent twice happens once: the second gets the answer of the first.

    person + route + key ─┬─ new ──────────────► done; its answer is kept for a day
                          ├─ being done ───────► waits for it, gets the same
                          ├─ done ─────────────► the same answer
                          └─ with another body ► Problem("idempotency_mismatch")

A wish that did not reach anything (429, 503) is not kept: sent again it is tried again. What is kept is bounded by person, the oldest goes
first, and lives in this process: after a restart the call's own state refuses what was done already.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import JSONResponse

from controller.api.problems import MEDIA_TYPE, Problem

KEPT_S = 24 * 3600.0
PER_PERSON = 500
PERSONS = 200
REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that can be given again."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem) -> Reply:
        return cls(problem.status_code, problem.body, dict(problem.headers or {}))

    @property
    def passes(self) -> bool:
        """Nothing happened; it is worth trying again."""
        return self.status in (429, 503)

    def response(self, *, again: bool = False) -> JSONResponse:
        headers = self.headers | ({REPLAYED: "true"} if again else {})
        return JSONResponse(self.body, self.status, headers, media_type=MEDIA_TYPE if self.status >= 400 else None)


@dataclass(slots=True)
class _Wish:
    body: bytes
    at: float
    reply: asyncio.Future[Reply]


class Idempotency:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._persons: OrderedDict[str, OrderedDict[tuple[str, str], _Wish]] = OrderedDict()

    async def once(self, person: str, route: str, key: str, body: bytes, work: Callable[[], Awaitable[Reply]]) -> JSONResponse:
        """*route* with its ids; *work* answers within its own time limit. Raises what *work* raises, and nothing is kept then."""
        wishes = self._of(person)
        digest = hashlib.sha256(body).digest()
        while (known := wishes.get((route, key))) is not None:
            if known.body != digest:
                raise Problem("idempotency_mismatch")
            await asyncio.wait([known.reply])
            if not known.reply.cancelled() and known.reply.exception() is None:
                return known.reply.result().response(again=True)
        wish = _Wish(digest, self._clock(), asyncio.get_running_loop().create_future())
        wishes[route, key] = wish
        try:
            reply = await work()
        except BaseException:
            self._forget(wishes, (route, key), wish)
            wish.reply.cancel()  # whoever waits tries for himself
            raise
        if reply.passes:
            self._forget(wishes, (route, key), wish)
        wish.reply.set_result(reply)
        return reply.response()

    def _of(self, person: str) -> OrderedDict[tuple[str, str], _Wish]:
        """His wishes, without those that are over; makes room for one more."""
        wishes = self._persons.setdefault(person, OrderedDict())
        self._persons.move_to_end(person)
        while len(self._persons) > PERSONS:
            self._persons.popitem(last=False)
        oldest_at = self._clock() - KEPT_S
        while wishes:
            wish = next(iter(wishes.values()))
            if wish.at >= oldest_at and len(wishes) < PER_PERSON:
                break
            wishes.popitem(last=False)
        return wishes

    @staticmethod
    def _forget(wishes: OrderedDict[tuple[str, str], _Wish], name: tuple[str, str], wish: _Wish) -> None:
        if wishes.get(name) is wish:
            del wishes[name]
