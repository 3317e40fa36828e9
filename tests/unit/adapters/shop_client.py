"""The shop's client as its tests use it: on time that they make up, with the naps it took and the breaker's states it told."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import httpx

from agent.adapters.shop_breaker import BreakerState
from agent.adapters.shop_http import HttpShop

BASE = "https://shop.test/api/v1"


class ShopClient:
    """*http* unless told otherwise is httpx's own without certificates, whose loading takes longer than all the rest of a test."""

    def __init__(self, base_url: str = BASE, *, timeout_s: float = 5.0, http: httpx.AsyncBaseTransport | None = None) -> None:
        self.now_s = 0.0
        self.naps_s: list[float] = []
        self.states: list[BreakerState] = []
        self.shop = HttpShop(
            base_url,
            "fake-key",
            timeout_s=timeout_s,
            on_breaker=self.states.append,
            http=http or httpx.AsyncHTTPTransport(verify=False),
            sleep=self._nap,
            clock=lambda: self.now_s,
            today=lambda: dt.date(2026, 11, 22),
        )
        self.tyres, self.orders, self.fitting = self.shop.tyres, self.shop.orders, self.shop.fitting

    async def _nap(self, seconds: float) -> None:
        self.naps_s.append(seconds)
        self.now_s += seconds


def page(*rows: dict[str, Any], total_pages: int = 1) -> httpx.Response:
    pagination = {"page": 1, "per_page": 10, "total": len(rows), "total_pages": total_pages}
    return httpx.Response(200, json={"data": list(rows), "pagination": pagination})


def sent_body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def refusal(status: int, **headers: str) -> httpx.Response:
    body = {"error": {"code": "told", "message": "why", "request_id": "r"}}
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
