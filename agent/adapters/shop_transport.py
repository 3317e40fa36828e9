"""One request to the shop, by the rules of the API's owner for its clients.

A key, ``X-Request-Id``, 5 seconds for an answer; at most two retries, only on 429, 503 and connection errors, after 1 s then 2 s or what
``Retry-After`` says; never on 500. What is a fault and what it means: ``shop_faults``. When the shop is left alone: ``shop_breaker``.
An answer that came too late is not asked for again: the caller is waiting on the phone.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import httpx
import msgspec
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

from agent.adapters.shop_answers import Page
from agent.adapters.shop_breaker import Breaker, BreakerOpen
from agent.adapters.shop_faults import UNREADABLE, Fault, fault_of_answer, fault_of_error
from agent.errors import ShopFailed

BACKOFF_S = (1.0, 2.0)
PATIENCE_S = 5.0  # a longer Retry-After is not worth a caller's silence
CONNECTING = 0.4  # of the timeout: enough for a lost SYN, and what is not connected by then was surely not sent
PAGES = 20
ANSWER_BYTES = 2 << 20  # unpacked; the longest page of the document has some 50 kB

AnswerT = TypeVar("AnswerT")
RowT = TypeVar("RowT")

_BACKOFF = wait_chain(*map(wait_fixed, BACKOFF_S))

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; its retries are the same request."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    request_id: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    idempotency_key: uuid.UUID | None = None

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def repeatable(self) -> bool:
        """Whether the shop takes it twice as once."""
        return not self.writes or self.idempotency_key is not None

    def may_go_again(self, fault: Fault) -> bool:
        if (fault.retry_after_s or 0) > PATIENCE_S:
            return False
        return fault.kind.again and (self.repeatable or not fault.kind.maybe_done)


class ShopTransport:
    """One for all calls of a process. *base_url* includes ``/api/v1``; without *http* connections are pooled."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float,
        breaker: Breaker,
        sleep: Callable[[float], Awaitable[None]],
        http: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.breaker = breaker
        self._timeout_s = timeout_s
        self._sleep = sleep
        connecting_s = timeout_s * CONNECTING
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"},
            timeout=httpx.Timeout(timeout_s, connect=connecting_s, pool=connecting_s),
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=4.0),
            transport=http,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def answer(self, ask: Ask, kind: type[AnswerT]) -> AnswerT:
        """The checked answer; raises ``ShopFailed``."""
        content = await self.send(ask)
        try:
            return msgspec.json.decode(content, type=kind, strict=False)
        except (msgspec.DecodeError, ValueError) as wrong:
            raise ShopFailed(f"an answer of an unknown shape: {wrong}", outcome_unknown=ask.writes) from wrong

    async def rows(self, ask: Ask, kind: type[Page[RowT]]) -> list[RowT]:
        """A list to its last page; raises ``ShopFailed``."""
        rows: list[RowT] = []
        for number in range(1, PAGES + 1):
            numbered = ask if number == 1 else replace(ask, parameters={**ask.parameters, "page": number})
            page = await self.answer(numbered, kind)
            rows += page.data
            if number >= page.pagination.total_pages:
                break
        return rows

    async def send(self, ask: Ask) -> bytes:
        """The body of the answer, after retries where the rules allow them; raises ``ShopFailed``."""
        faults: list[Fault] = []

        async def attempt() -> bytes:
            try:
                return await self._attempt(ask, number=len(faults) + 1)
            except Fault as fault:
                faults.append(fault)
                raise

        def again(error: BaseException) -> bool:
            return isinstance(error, Fault) and ask.may_go_again(error) and self.breaker.state != "open"

        retrying = AsyncRetrying(
            stop=stop_after_attempt(1 + len(BACKOFF_S)), wait=_pause_s, retry=retry_if_exception(again), sleep=self._sleep, reraise=True
        )
        try:
            content: bytes = await retrying(attempt)
        except (Fault, BreakerOpen) as error:
            raise _failed(ask, error, faults) from error
        return content

    async def _attempt(self, ask: Ask, number: int) -> bytes:
        """One request; raises ``Fault`` and ``BreakerOpen``."""
        began_s = time.monotonic()
        outcome: int | str = "cancelled"
        try:
            with self.breaker.request() as passage:
                try:
                    status, content = await self._exchange(ask)
                except Fault as fault:
                    outcome = fault.status or str(fault)
                    (passage.failed if fault.kind.of_the_shop else passage.answered)()
                    raise
                passage.answered()
                outcome = status
        except BreakerOpen:
            outcome = "breaker open"
            raise
        finally:
            log.info(
                "shop_request",
                request_id=ask.request_id,
                method=ask.method,
                path=ask.path,
                attempt=number,
                outcome=outcome,
                duration_ms=round((time.monotonic() - began_s) * 1000),
            )
        return content

    async def _exchange(self, ask: Ask) -> tuple[int, bytes]:
        """Status and body; a redirect is not followed, so that the key and the customer's words go nowhere but to the shop."""
        headers = {"X-Request-Id": ask.request_id}
        if ask.idempotency_key is not None:
            headers["Idempotency-Key"] = str(ask.idempotency_key)
        try:
            async with asyncio.timeout(self._timeout_s):
                request = self._client.stream(ask.method, ask.path, params=ask.parameters, json=ask.body, headers=headers)
                async with request as response:
                    content = await _bounded(response)
        except (TimeoutError, httpx.HTTPError) as error:
            raise fault_of_error(error, self._timeout_s) from error
        if fault := fault_of_answer(response, content):
            raise fault
        return response.status_code, content


async def _bounded(response: httpx.Response) -> bytes:
    """The body, as far as anybody may send one; raises ``Fault``."""
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > ANSWER_BYTES:
            raise Fault(UNREADABLE, f"an answer of more than {ANSWER_BYTES} bytes")
    return bytes(content)


def _pause_s(retry: RetryCallState) -> float:
    error = retry.outcome.exception() if retry.outcome is not None else None
    if isinstance(error, Fault) and error.retry_after_s is not None:
        return error.retry_after_s
    return _BACKOFF(retry)


def _failed(ask: Ask, last: Fault | BreakerOpen, faults: list[Fault]) -> ShopFailed:
    """A later try does not tell what became of an earlier one."""
    unknown = ask.writes and any(fault.kind.maybe_done for fault in faults)
    if isinstance(last, BreakerOpen):
        return ShopFailed("the shop failed again and again; nothing was sent", retryable=True, outcome_unknown=unknown, unavailable=True)
    return ShopFailed(str(last), status=last.status, retryable=last.kind.passing, outcome_unknown=unknown)
