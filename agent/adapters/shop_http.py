"""The shop's API over HTTP: ``agent.shop.Shop``.

HttpShop ── tyres, orders, fitting      one file per topic: what is asked and how the answer is read
    └────── transport ── breaker        one place for the rules of the API's owner
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable

import httpx

from agent.adapters.shop_breaker import Breaker, OnBreaker, OnEnded
from agent.adapters.shop_fitting import HttpFitting
from agent.adapters.shop_orders import HttpOrders
from agent.adapters.shop_transport import ShopTransport
from agent.adapters.shop_tyres import HttpTyres


class HttpShop:
    """One client for all calls of a process; ``aclose`` when it ends. *base_url* includes ``/api/v1``.

    *on_breaker* is told the breaker's state, "closed", "open" or "half_open", at once and whenever it changes;
    *on_ended* of each request whether the shop failed it.
    *http*, *sleep*, *clock* and *today* are for tests.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = 5.0,
        on_breaker: OnBreaker | None = None,
        on_ended: OnEnded | None = None,
        http: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], dt.date] = dt.date.today,
    ) -> None:
        breaker = Breaker(on_breaker, on_ended=on_ended, clock=clock)
        self._transport = ShopTransport(base_url, api_key, timeout_s=timeout_s, breaker=breaker, sleep=sleep, http=http)
        self.tyres = HttpTyres(self._transport, today)
        self.orders = HttpOrders(self._transport)
        self.fitting = HttpFitting(self._transport)

    async def aclose(self) -> None:
        await self._transport.aclose()
