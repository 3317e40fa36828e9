"""Exactly once, over random histories: whatever breaks, at most one order or booking, and nobody is told what is not so.

A history is a few uses of tools, alone or in parallel, some of them interrupted, with the process killed, the disk full and the
shop unreliable meanwhile. Time is made up. What is checked at each answer is what is true in the shop at that moment and later.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import partial
from typing import Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import ShopFailed
from agent.ledger import LedgerFailed
from agent.once import Once, Write
from tests.fakes.clock import VirtualTimeLoop
from tests.fakes.ledger import FakeLedger
from tests.fakes.unreliable_shop import FAULTS, LOOK_FAULTS, TAKEN_WITHIN_S, LookFault, Request, UnreliableShop

HISTORIES = int(os.environ.get("ONCE_HISTORIES", "2000"))
LONG_S = 60.0  # after which all is over

ORDER = Write("c1", "+380671112233", "create_order_draft", {"product": "t1", "quantity": 4})  # has an idempotency key
BOOKING = Write("c1", "+380671112233", "book_fitting", {"time": "10:00"})  # is read back
WRITES = (ORDER, BOOKING)


@dataclass(frozen=True)
class Use:
    write: int
    copies: int  # at once, as a model that repeats itself asks
    interrupted_after_s: float | None  # the first of them


@dataclass(frozen=True)
class Wait:
    duration_s: float


@dataclass(frozen=True)
class Killed:
    """The process; the next one starts from what was durable."""


@dataclass(frozen=True)
class DiskFull:
    records: int


Step = Use | Wait | Killed | DiskFull

moments = st.sampled_from([0.0, 0.001, 0.004, 0.006, 0.1, 0.3, 1.0, 2.5, 4.8, 5.02])
waits = st.builds(Wait, st.sampled_from([0.0, 0.1, 1.0, 2.5, 6.0, 11.0, 12.0, 13.0]))  # most requests are over after the longer ones
uses = st.builds(Use, st.integers(0, len(WRITES) - 1), st.sampled_from([1, 1, 2, 3]), st.none() | moments)
steps: st.SearchStrategy[Step] = st.one_of(uses, uses, waits, waits, st.builds(Killed), st.builds(DiskFull, st.integers(1, 2)))
requests = st.builds(Request, st.sampled_from(FAULTS), st.sampled_from([0.001, 0.2, 1.0, 3.0, TAKEN_WITHIN_S]))
look_faults: st.SearchStrategy[LookFault] = st.sampled_from([*LOOK_FAULTS, "none", "none"])


class History:
    def __init__(self, shop: UnreliableShop) -> None:
        self.shop = shop
        self.ledger = FakeLedger(sync_s=0.005)
        self.once = self._started()
        self.using: set[asyncio.Task[str]] = set()
        self.used: set[int] = set()
        self.told: dict[int, str] = {}  # the thing that a caller was told to have

    async def run(self, history: list[Step]) -> None:
        for step in history:
            match step:
                case Use(write, copies, interrupted_after_s):
                    tasks = [asyncio.create_task(self.use(write)) for _ in range(copies)]
                    self.using.update(tasks)
                    if interrupted_after_s is not None:
                        asyncio.get_running_loop().call_later(interrupted_after_s, tasks[0].cancel)
                case Wait(duration_s):
                    await asyncio.sleep(duration_s)
                case Killed():
                    await self.kill()
                case DiskFull(records):
                    self.ledger.fails_next = records
            self.at_most_one_of_each()
        await self.ended(self.using)
        await self.in_the_end_everything_is_there_once()

    async def use(self, index: int) -> Literal["done", "nothing", "unknown"]:
        """One use of a tool; what the caller is told is compared with the truth at once."""
        write = WRITES[index]
        what = write.intent + str(index)
        self.used.add(index)
        try:
            if write is ORDER:
                written = await self.once.do(write, partial(self.shop.write, what))
            else:
                written = await self.once.do(write, lambda _: self.shop.write(what, None), look=partial(self.shop.find, what))
        except (ShopFailed, LedgerFailed) as failed:
            if isinstance(failed, ShopFailed) and failed.outcome_unknown:
                return "unknown"
            self.nothing_was_done(what)
            return "nothing"
        assert self.shop.things.get(what) == [written.result["id"]]
        assert self.told.setdefault(index, written.result["id"]) == written.result["id"]
        return "done"

    async def kill(self) -> None:
        self.ledger, using = self.ledger.after_a_crash(), self.using
        self.once, self.using = self._started(), set()
        for task in using:
            task.cancel()  # what it still does about it, it does to a ledger that nobody reads any more
        await self.ended(using)

    async def ended(self, using: set[asyncio.Task[str]]) -> None:
        for outcome in await asyncio.gather(*using, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    def nothing_was_done(self, what: str) -> None:
        assert not self.shop.things.get(what), "it was told that nothing was done"
        assert not self.shop.under_way[what], "it was told that nothing was done, and it is still under way"

    def at_most_one_of_each(self) -> None:
        for what, things in self.shop.things.items():
            assert len(things) == 1, f"{what}: {things}"

    async def in_the_end_everything_is_there_once(self) -> None:
        self.shop.requests.clear()
        self.shop.looks.clear()
        self.ledger.fails_next = 0
        await asyncio.sleep(LONG_S)
        self.at_most_one_of_each()
        for index in self.used:
            assert await self.use(index) == "done"
        await asyncio.sleep(LONG_S)
        self.at_most_one_of_each()

    def _started(self) -> Once:
        return Once(self.ledger, clock_ms=lambda: round(asyncio.get_running_loop().time() * 1000))


@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(steps, min_size=1, max_size=10), faults=st.lists(requests, max_size=8), looks=st.lists(look_faults, max_size=6))
def test_whatever_breaks_it_happens_once_and_the_caller_is_told_the_truth(
    history: list[Step], faults: list[Request], looks: list[LookFault]
) -> None:
    async def run() -> None:
        await History(UnreliableShop(list(faults), list(looks))).run(history)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(run())
