"""A caller who changes his mind, a network that loses requests and answers, uses that are interrupted and repeated: the shop has what he
was told it has, and each thing once."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.case import Said
from agent.once import Once
from agent.shop import Delivery
from agent.tools.bookings import book_fitting, cancel_fitting
from agent.tools.delivery import update_order_delivery
from agent.tools.orders import confirm_order, create_order_draft
from agent.tools.tool import Tool, ToolResult
from tests.fakes.clock import VirtualTimeLoop
from tests.fakes.desk import a_desk, heard
from tests.fakes.ledger import FakeLedger
from tests.fakes.shop import FakeShop, Mishap

HOME, POINT = {"city": "Київ", "address": "вул. Хрещатик, 1"}, {"pickup_point_id": "p1"}
CALM_S = 30.0  # after which no request is under way


@dataclass(frozen=True)
class Step:
    """One use of a tool; *which* of its wishes. *interrupted_after_s*: the use ends, the request may have gone."""

    act: str
    which: int
    mishap: Mishap | None
    interrupted_after_s: float | None


steps = st.builds(
    Step,
    st.sampled_from(["draft", "deliver", "confirm", "book", "move", "cancel"]),
    st.integers(0, 1),
    st.sampled_from([None, None, None, "answer_lost", "request_lost"]),
    st.sampled_from([None, None, None, 0.05, 0.15, 0.25]),
)


class Caller:
    """He agrees to whatever he is asked; a station takes two cars an hour, so that nothing but our care keeps his bookings apart."""

    def __init__(self) -> None:
        self.shop = FakeShop(latency_s=0.2)
        self.shop.cars_an_hour = 2
        now_ms = lambda: round(asyncio.get_running_loop().time() * 1000)  # noqa: E731
        self.desk = dataclasses.replace(a_desk(self.shop), once=Once(FakeLedger(), clock_ms=now_ms))
        self.said: tuple[Said, ...] = ()
        self.moved = False

    async def takes(self, step: Step) -> None:
        if step.mishap is not None:
            self.shop.mishaps.append(step.mishap)
        writes = len(self.shop.writes)
        try:
            async with asyncio.timeout(step.interrupted_after_s):
                await getattr(self, step.act)(step.which, writes)
        except TimeoutError:
            await asyncio.sleep(CALM_S)
        self.shop.mishaps.clear()

    async def draft(self, which: int, writes: int) -> None:
        wish = {"items": [{"tyre_id": "t1", "quantity": which + 1}], "customer_name": "Олег"}
        result = await self._use(create_order_draft, wish, writes)
        if result.success:
            assert self.shop.placed[result.content["order_id"]].items_summary.endswith(f"{which + 1} шт.")

    async def deliver(self, which: int, writes: int) -> None:
        for order in list(self.desk.case.orders.values())[:1]:
            wish = POINT if which else HOME
            result = await self._use(update_order_delivery, {"order_id": order.id, **wish}, writes)
            if result.success:
                assert self.shop.placed[order.id].delivery == Delivery(**wish)
                assert self.desk.case.orders[order.id] == self.shop.placed[order.id]

    async def confirm(self, which: int, writes: int) -> None:
        for order in list(self.desk.case.orders.values())[:1]:
            self.said += heard(f"Michelin, разом {order.total_uah} грн. Підтверджуєте замовлення?", "Так.")
            result = await self._use(confirm_order, {"order_id": order.id, "payment_method": "cod"}, writes)
            if result.success:
                assert self.shop.placed[order.id].status == "confirmed"

    async def book(self, which: int, writes: int, booking_id: str | None = None) -> None:
        hour = 10 + 2 * which
        self.said += heard(f"Вівторок, 24 листопада, о {hour}:00. Записую?", "Так.")
        wish = {"station_id": "s1", "date": "2026-11-24", "time": f"{hour}:00", "service_type": "tire_change", "customer_name": "Олег"}
        result = await self._use(book_fitting, {**wish, "booking_id": booking_id}, writes)
        if result.success:
            booking = self.shop.booked[result.content["booking_id"]]
            assert (booking.time, booking.status) == (dt.time(hour), "booked")
            assert booking_id in (None, booking.id)

    async def move(self, which: int, writes: int) -> None:
        for booking in list(self.desk.case.bookings.values())[-1:]:
            self.moved = True
            await self.book(which, writes, booking.id)

    async def cancel(self, which: int, writes: int) -> None:
        for booking in list(self.desk.case.bookings.values())[-1:]:
            self.said += heard(f"Скасувати запис на 24 листопада, о {booking.time:%H:%M}?", "Так, скасуйте.")
            result = await self._use(cancel_fitting, {"booking_id": booking.id}, writes)
            if result.success:
                assert self.shop.booked[booking.id].status == "cancelled"

    async def _use(self, one: Tool[Any], arguments: dict[str, Any], writes: int) -> ToolResult:
        result = await one.use(arguments, dataclasses.replace(self.desk, said=self.said))
        assert len(self.shop.writes) <= writes + 1
        if not result.success and "невідомо" not in result.content["error"]:
            assert len(self.shop.writes) == writes, f"he was told {result.content['error']!r}, and it was done"
        return result

    def has_each_thing_once(self) -> None:
        summaries = [order.items_summary for order in self.shop.placed.values()]
        assert len(summaries) == len(set(summaries))
        confirmed = [order_id for what, order_id in self.shop.writes if what == "confirm_order"]
        assert len(confirmed) == len(set(confirmed))
        hours = [booking.time for booking in self.shop.booked.values() if booking.status == "booked"]
        assert self.moved or len(hours) == len(set(hours))


def plainly(*steps: tuple[str, int]) -> list[Step]:
    return [Step(act, which, None, None) for act, which in steps]


@settings(max_examples=200, deadline=None)
@given(history=st.lists(steps, min_size=1, max_size=10))
@example(plainly(("book", 0), ("move", 1), ("book", 1), ("move", 0), ("book", 0)))  # at 10:00 there is another booking than at first
def test_what_he_was_told_is_so_and_nothing_is_there_twice(history: list[Step]) -> None:
    async def run() -> None:
        caller = Caller()
        for step in history:
            await caller.takes(step)
            caller.has_each_thing_once()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(run())
