"""Customers ring, some at once; what each left behind is gathered and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx
import psycopg

from audiosocket.errors import AudioSocketError
from controller.journal.queries import CallShown
from ops.caller.talk import TalkFailed
from ops.caller.telephone import Exchange
from ops.eval import operators
from ops.eval.customer import Customer
from ops.eval.evidence import Evidence, secrets_of_others
from ops.eval.judge import Verdict, judge
from ops.eval.lead import Leading, Watch
from ops.standins.shop_api.catalogue import load
from ops.system import System

FIRST_NUMBER: Final = 380_930_000_000
PLENTY = 500
LIMIT_S = 240.0  # of one customer, from dialling to the closed record
_NOTHING: Final = CallShown(call={"transferred_to_operator": False, "outcome": "no record"}, turns=[], tool_calls=[], writes=[], events=[])


class Shop:
    """The control endpoint of the shop's stand-in."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/control"
        self._http = httpx.AsyncClient(timeout=10.0, trust_env=False)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def has(self, what: str, **row: Any) -> None:
        answer = await self._http.put(f"{self._url}/{what}", json=row)
        answer.raise_for_status()

    async def fill(self) -> None:
        """So many of whatever is on the shelf that customers do not take it from each other."""
        for tyre in load().tyres:
            if any(stock.on_shelf for stock in tyre.stock):
                await self.has("stock", product_id=tyre.id, quantity=PLENTY)

    async def all(self, what: str) -> list[dict[str, Any]]:
        answer = await self._http.get(f"{self._url}/{what}")
        answer.raise_for_status()
        return list(answer.json())


async def run_all(
    system: System, customers: Sequence[Customer], *, at_once: int = 4, tell: Callable[[Verdict], None] = lambda verdict: None
) -> list[Verdict]:
    """The verdicts in the order of *customers*; *system*'s controller runs."""
    turnstile = asyncio.Semaphore(at_once)
    shop = Shop(system.standins.control("shop").port)
    async with Exchange(system.stack.asterisk) as exchange:
        await shop.fill()
        serving = asyncio.create_task(operators.serve(exchange), name="operators")

        async def one(place: int, customer: Customer) -> Verdict:
            async with turnstile:
                verdict = judge(customer, await _ring(system, exchange, shop, customer, f"+{FIRST_NUMBER + place}"))
            tell(verdict)
            return verdict

        try:
            return list(await asyncio.gather(*(one(place, customer) for place, customer in enumerate(customers, 1))))
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await shop.aclose()


async def _ring(system: System, exchange: Exchange, shop: Shop, customer: Customer, number: str) -> Evidence:
    """One call, from what the shop has before it to what it has after it."""
    for seed in customer.before:
        await shop.has(seed.what, phone=number, **seed.row)
    shown, latencies_ms, trouble = _NOTHING, list[float](), None
    async with await psycopg.AsyncConnection.connect(system.stack.postgres.dsn, autocommit=True) as connection:
        watch = Watch(connection, number)
        try:
            async with asyncio.timeout(LIMIT_S):
                telephone = await exchange.dial(number)
                leading = Leading(customer, telephone, watch)
                try:
                    await leading.lead()
                except TalkFailed as failed:
                    trouble = str(failed)
                    await telephone.hang_up()
                latencies_ms = leading.latencies_ms
                shown = await watch.closed()
        except (TalkFailed, TimeoutError, AudioSocketError) as failed:
            trouble = trouble or str(failed) or f"not over within {LIMIT_S:g} s"
            shown = await watch.look() or _NOTHING
    orders, bookings = await shop.all("orders"), await shop.all("bookings")
    return Evidence(
        call=shown.call,
        turns=shown.turns,
        tool_calls=shown.tool_calls,
        orders=[order for order in orders if order["customer_phone"] == number],
        bookings=[booking for booking in bookings if booking["phone"] == number],
        secrets=secrets_of_others(orders, bookings, number),
        latencies_ms=latencies_ms,
        trouble=trouble,
    )
