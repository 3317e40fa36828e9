"""Which of several controllers a new caller reaches, on the real Asterisk: by what each tells of itself, and by what it does with him."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from ops.devstack import DevStack

from .dialplan_lab import Caller, Events, Lab, until

NAMES = ("callctl-1", "callctl-2", "callctl-3")


class Workers:
    """Three, of whom one may be gone; what they tell is what the test says."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.events: dict[str, Events] = {}

    async def tell(self, **told: str) -> None:
        """``first="3/50"``: it has 3 calls and takes 50."""
        for name, (calls, takes) in zip(NAMES, (told[place].split("/") for place in ("first", "second", "third")), strict=True):
            await self.lab.set_global(f"TAKES_{name}", takes)
            await self.lab.set_global(f"CALLS_{name}", calls)

    async def take(self, name: str, caller: Caller, *more: str) -> None:
        """The next who enters *name* is *caller*."""
        start = await self.events[name].next("StasisStart")
        assert (start["channel"]["id"], start["args"]) == (caller.channel, ["inbound", "100", *more])

    async def pass_on(self, caller: Caller) -> None:
        """As a controller without room."""
        await self.lab.ari.post(f"/channels/{caller.channel}/variables", json={"variables": {"CTL_NEXT": "1"}})
        await self.lab.ari.post(f"/channels/{caller.channel}/continue")


@asynccontextmanager
async def open_workers(stack: DevStack, *absent: str) -> AsyncIterator[Workers]:
    async with AsyncExitStack() as exits:
        lab = await exits.enter_async_context(Lab.open(stack))
        workers = Workers(lab)
        for name in NAMES:
            if name not in absent:
                workers.events[name] = await exits.enter_async_context(lab.controller(name))
        told = {f"{what}_{name}": "" for what in ("TAKES", "CALLS") for name in NAMES}
        await exits.enter_async_context(lab.globals(ARI_WORKERS="&".join(NAMES), TURN="0", CONTROLLER_TRIES="1", **told))
        yield workers


@pytest.fixture
async def workers(stack: DevStack) -> AsyncIterator[Workers]:
    async with open_workers(stack) as opened:
        yield opened


async def test_a_new_caller_goes_to_the_one_with_the_fewest_calls(workers: Workers) -> None:
    await workers.tell(first="12/50", second="3/50", third="4/50")
    await workers.take("callctl-2", await workers.lab.call("100"), "next")


async def test_of_those_with_equally_many_each_has_his_turn(workers: Workers) -> None:
    await workers.tell(first="7/50", second="7/50", third="7/50")
    for name in (*NAMES, *NAMES):
        await workers.take(name, await workers.lab.call("100"), "next")


@pytest.mark.parametrize("told", ["0/0", "3/3", "4/3"])
async def test_one_that_is_drained_or_full_is_not_even_asked(workers: Workers, told: str) -> None:
    await workers.tell(first=told, second="40/50", third="0/0")
    for _ in range(3):
        await workers.take("callctl-2", await workers.lab.call("100"), "next")


async def test_one_that_has_told_nothing_is_asked_when_no_other_has_room(workers: Workers) -> None:
    await workers.tell(first="/", second="49/50", third="50/50")
    await workers.take("callctl-2", await workers.lab.call("100"), "next")
    await workers.tell(first="/", second="50/50", third="50/50")
    await workers.take("callctl-1", await workers.lab.call("100"), "next")


async def test_who_is_given_back_by_a_worker_without_room_is_with_the_next_at_once(workers: Workers) -> None:
    await workers.tell(first="1/50", second="2/50", third="3/50")
    caller = await workers.lab.call("100")
    await workers.take("callctl-1", caller, "next")
    began_s = time.monotonic()
    await workers.pass_on(caller)
    await workers.take("callctl-2", caller, "next")
    await workers.pass_on(caller)
    await workers.take("callctl-3", caller, "next")
    assert time.monotonic() - began_s < 1, "no pause is made between them"


async def test_when_all_are_full_one_of_them_has_the_caller_to_send_him_to_the_operators(workers: Workers) -> None:
    await workers.tell(first="0/0", second="3/3", third="0/0")
    await workers.take("callctl-2", await workers.lab.call("100"))


async def test_when_all_are_drained_one_of_them_has_him_all_the_same(workers: Workers) -> None:
    await workers.tell(first="0/0", second="0/0", third="0/0")
    await workers.take("callctl-1", await workers.lab.call("100"))


async def test_who_was_given_back_by_all_is_had_by_the_last_of_them(workers: Workers) -> None:
    await workers.tell(first="0/0", second="1/3", third="2/3")
    caller = await workers.lab.call("100")
    for name in ("callctl-2", "callctl-3"):
        await workers.take(name, caller, "next")
        await workers.pass_on(caller)
    await workers.take("callctl-3", caller)


async def test_one_that_is_gone_costs_the_caller_nothing_and_is_believed_no_longer(stack: DevStack) -> None:
    async with open_workers(stack, "callctl-1") as workers:
        await workers.tell(first="0/50", second="5/50", third="6/50")
        await workers.take("callctl-2", await workers.lab.call("100"), "next")
        told = (await workers.lab.ari.get("/asterisk/variable", params={"variable": "TAKES_callctl-1"})).json()["value"]
        assert not told


async def test_one_that_was_drained_and_is_gone_does_not_keep_a_caller_from_the_queue(stack: DevStack) -> None:
    async with open_workers(stack, *NAMES) as workers:
        await workers.tell(first="0/0", second="0/0", third="0/0")
        caller = await workers.lab.call("100")
        await workers.lab.waits_in(caller, "Queue", timeout_s=2)


async def test_a_caller_who_hangs_up_while_he_is_given_back_leaves_nothing(workers: Workers) -> None:
    await workers.tell(first="1/50", second="2/50", third="3/50")
    caller = await workers.lab.call("100")
    await workers.take("callctl-1", caller, "next")
    caller.line.close()
    await workers.pass_on(caller)

    async def gone() -> bool:
        return not await workers.lab.channels()

    await until(gone, 5, "the caller is gone")


async def test_fifty_callers_at_once_find_the_only_one_with_room(workers: Workers) -> None:
    await workers.tell(first="3/3", second="0/50", third="0/0")
    callers = await asyncio.gather(*(workers.lab.call("100") for _ in range(50)))
    reached = {(await workers.events["callctl-2"].next("StasisStart"))["channel"]["id"] for _ in callers}
    assert reached == {caller.channel for caller in callers}
