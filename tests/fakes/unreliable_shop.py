"""A shop as bad as the network and its own faults can make it, and still honest: what it has taken it keeps and shows.

A request, once sent, goes its own way: that nobody waits for the answer any more does not stop it. It is taken within
``TAKEN_WITHIN_S`` or never. With an idempotency key it is taken once; without, every request is another thing.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, get_args

from agent.errors import ShopFailed

TAKEN_WITHIN_S = 4.9
TIMEOUT_S = 5.0

Fault = Literal[
    "none", "request lost", "answer lost", "taken late", "reset", "reset and taken", "500", "500 and taken", "502 and taken", "503",
    "422", "401", "no connection", "breaker open",
]  # fmt: skip
LookFault = Literal["none", "503", "hangs"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
LOOK_FAULTS: tuple[LookFault, ...] = get_args(LookFault)

_TAKEN = {"none", "answer lost", "taken late", "reset and taken", "500 and taken", "502 and taken"}


@dataclass(frozen=True, slots=True)
class Request:
    """How one of them fares: ``takes_s`` from sending to being taken, or to the error."""

    fault: Fault = "none"
    takes_s: float = 0.2


class UnreliableShop:
    """*requests* and *looks* are used up one by one; afterwards everything goes well."""

    def __init__(self, requests: list[Request], looks: list[LookFault]) -> None:
        self.requests = requests
        self.looks = looks
        self.things: dict[str, list[str]] = {}  # what there is, by what it was asked for
        self.under_way: Counter[str] = Counter()  # requests that will still be taken
        self._by_key: dict[uuid.UUID, str] = {}
        self._count = 0

    async def write(self, what: str, key: uuid.UUID | None) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        request = self.requests.pop(0) if self.requests else Request()
        answer: asyncio.Future[str] = loop.create_future()
        known = self._by_key.get(key) if key is not None else None
        if known is not None and request.fault == "422":
            request = Request("none", request.takes_s)  # a key it knows is answered, whatever else is wrong
        takes_s = 0.0 if request.fault == "500 and taken" else request.takes_s
        if request.fault in _TAKEN:
            self.under_way[what] += 1
            loop.call_later(takes_s, self._take, what, key, answer)
        match request.fault:
            case "none":
                return {"id": await answer}
            case "request lost" | "answer lost" | "taken late":
                await asyncio.sleep(TIMEOUT_S)
                raise ShopFailed("no answer within 5 s", outcome_unknown=True)
            case "reset" | "reset and taken":
                await asyncio.sleep(0.01)
                raise ShopFailed("connection reset", outcome_unknown=True)
            case "no connection" | "breaker open":
                raise ShopFailed(request.fault, unavailable=request.fault == "breaker open")
        status = int(request.fault[:3])
        await asyncio.sleep(0.01 if status == 502 else request.takes_s)
        raise ShopFailed(request.fault, status=status, outcome_unknown=status in (500, 502))

    async def find(self, what: str) -> dict[str, Any] | None:
        fault = self.looks.pop(0) if self.looks else "none"
        await asyncio.sleep(60 if fault == "hangs" else 0.1)
        if fault == "503":
            raise ShopFailed("busy", status=503, retryable=True)
        found = self.things.get(what)
        return {"id": found[0]} if found else None

    def _take(self, what: str, key: uuid.UUID | None, answer: asyncio.Future[str]) -> None:
        self.under_way[what] -= 1
        id_ = self._by_key.get(key) if key is not None else None
        if id_ is None:
            self._count += 1
            id_ = f"{what} {self._count}"
            self.things.setdefault(what, []).append(id_)
            if key is not None:
                self._by_key[key] = id_
        if not answer.done():
            answer.set_result(id_)
