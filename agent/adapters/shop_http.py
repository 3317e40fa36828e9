"""The shop's API over HTTP: ``agent.ports.Shop``.

The rules of the API's owner for its clients, kept in one place (``_get``):
5 seconds for an answer; at most two retries, only on 429, 503 and connection errors, after 1 s then 2 s
or what ``Retry-After`` says; never on 500. An answer that came too late is not asked for again: the
caller is waiting on the phone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec
import structlog

from agent.adapters import shop_answers as answers
from agent.errors import ShopFailed
from agent.ports import Stock, Tyre, TyreQuery

BACKOFF_S = (1.0, 2.0)
PATIENCE_S = 5.0  # a longer Retry-After is not worth a caller's silence
OFFERS = 10  # of each size
OEM_SIZES = 2  # a car's sizes looked up at once, the factory's choice first

SIZE = re.compile(r"(\d{3})\s*/\s*(\d{2,3})\s*Z?R\s*(\d{2})")
AnswerT = TypeVar("AnswerT")
Parameters = Mapping[str, str | int]

log = structlog.get_logger(__name__)


class HttpShop:
    """One client for all calls of a process; ``aclose`` when it ends. *base_url* includes ``/api/v1``."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = 5.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        today: Callable[[], dt.date] = dt.date.today,
    ) -> None:
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._today = today
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"},
            timeout=httpx.Timeout(timeout_s),
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=4.0),
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def search_tyres(self, query: TyreQuery, *, request_id: str) -> Sequence[Tyre]:
        """Tyres in stock first, then by popularity. A car without a size is looked up by its factory sizes.

        The shop wants a car's year; of a car without one the newest is looked up, and the caller hears the size.
        Raises ``ShopFailed``; an unknown car is status 404.
        """
        if query.vehicle_model is None or any((query.width, query.profile, query.diameter)):
            found = await self._search(query, (query.width, query.profile, query.diameter), request_id)
        else:
            found = await self._search_sizes(query, await self._oem_sizes(query, request_id), request_id)
        return sorted(found, key=lambda tyre: not tyre.in_stock)

    async def availability(self, tyre_id: str, *, request_id: str) -> Sequence[Stock]:
        answer = await self._get(f"/tires/{quote(tyre_id, safe='')}/availability", {}, request_id, answers.Availability)
        return [place.stock() for place in answer.locations]

    async def _oem_sizes(self, query: TyreQuery, request_id: str) -> list[tuple[int, ...]]:
        year = query.vehicle_year or self._today().year
        asked = {"make": query.vehicle_make, "model": query.vehicle_model, "year": year, "season": query.season}
        answer = await self._get("/vehicles/tires", _given(asked), request_id, answers.VehicleTyres)
        sizes = [tuple(map(int, m.groups())) for m in map(SIZE.search, answer.vehicle.oem_sizes) if m]
        if not sizes:
            raise ShopFailed("the shop knows no size of this car that we can read")
        return sizes[:OEM_SIZES]

    async def _search_sizes(self, query: TyreQuery, sizes: Sequence[tuple[int, ...]], request_id: str) -> list[Tyre]:
        try:
            async with asyncio.TaskGroup() as group:
                searches = [group.create_task(self._search(query, size, request_id), name=f"shop {size}") for size in sizes]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        return [tyre for search in searches for tyre in search.result()]

    async def _search(self, query: TyreQuery, size: tuple[int | None, ...], request_id: str) -> list[Tyre]:
        width, profile, diameter = size
        asked = {
            "width": width,
            "profile": profile,
            "diameter": diameter,
            "season": query.season,
            "brand": query.brand,
            "max_price": query.max_price_uah,
            "sort": "popularity",
            "per_page": OFFERS,
        }
        answer = await self._get("/tires/search", _given(asked), request_id, answers.TyrePage)
        return [row.tyre() for row in answer.data]

    async def _get(self, path: str, parameters: Parameters, request_id: str, kind: type[AnswerT]) -> AnswerT:
        """The checked answer, after retries where the rules allow them; raises ``ShopFailed``."""
        for backoff_s in (*BACKOFF_S, None):
            try:
                return _checked(await self._attempt(path, parameters, request_id), kind)
            except _Passing as passing:
                pause_s = passing.retry_after_s if passing.retry_after_s is not None else backoff_s
                if backoff_s is None or pause_s is None or pause_s > PATIENCE_S:
                    raise ShopFailed(str(passing), status=passing.status, retryable=True) from passing
            await self._sleep(pause_s)
        raise AssertionError("unreachable")

    async def _attempt(self, path: str, parameters: Parameters, request_id: str) -> httpx.Response:
        """One request; raises ``_Passing`` for what the rules allow to retry, ``ShopFailed`` for the rest."""
        began_s = time.monotonic()
        outcome: int | str = "cancelled"
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.get(path, params=parameters, headers={"X-Request-Id": request_id})
            outcome = response.status_code
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout) as late:
            outcome = "timeout"
            raise ShopFailed(f"no answer within {self._timeout_s:g} s", retryable=True) from late
        except httpx.TransportError as broken:
            outcome = type(broken).__name__
            raise _Passing(f"no connection: {outcome}") from broken
        except httpx.HTTPError as wrong:
            outcome = type(wrong).__name__
            raise ShopFailed(f"the answer could not be read: {outcome}") from wrong
        finally:
            duration_ms = round((time.monotonic() - began_s) * 1000)
            log.info("shop_request", request_id=request_id, path=path, outcome=outcome, duration_ms=duration_ms)
        return response


class _Passing(Exception):
    """A fault that may be gone at the next try."""

    def __init__(self, message: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


def _checked(response: httpx.Response, kind: type[AnswerT]) -> AnswerT:
    if response.status_code in (429, 503):
        raise _Passing(answers.message_of(response.content), response.status_code, _retry_after_s(response))
    if not response.is_success:
        raise ShopFailed(answers.message_of(response.content), status=response.status_code, retryable=response.status_code >= 500)
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, ValueError) as wrong:
        raise ShopFailed(f"an answer of an unknown shape: {wrong}", status=response.status_code) from wrong


def _retry_after_s(response: httpx.Response) -> float | None:
    """Seconds as the shop sends them; a date or nonsense counts as absent."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if seconds >= 0 else None


def _given(asked: Mapping[str, str | int | None]) -> dict[str, str | int]:
    return {name: value for name, value in asked.items() if value is not None}
