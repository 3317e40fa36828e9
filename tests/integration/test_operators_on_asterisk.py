"""The operators' state as the real Asterisk tells it, without a channel of anybody's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from controller.ari.rest import AriRest
from controller.operators import Shape
from controller.operators_watch import OperatorsWatch
from ops.devstack import DevStack
from tests.waiting import until

from .dialplan_lab import Lab

APP = "callctl"


@pytest.fixture
async def rest(stack: DevStack) -> AsyncIterator[AriRest]:
    asterisk = stack.asterisk
    async with (
        Lab.open(stack) as lab,
        lab.controller(),
        AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, APP) as rest,
    ):
        yield rest
        async with asyncio.timeout(5):
            while await rest.channels():  # noqa: ASYNC110 - the other half of a Local channel takes a moment to go
                await asyncio.sleep(0.02)


def watch(rest: AriRest, told: list[tuple[str, list[Shape]]] | None = None) -> OperatorsWatch:
    def tell(kind: str, items: list[Shape]) -> None:
        if told is not None:
            told.append((kind, items))

    return OperatorsWatch(rest, ("operators", "service"), zone=ZoneInfo("Europe/Kyiv"), calls=tuple, told=tell)


def states(one: OperatorsWatch) -> dict[str, str]:
    return {shown["id"]: shown["state"] for shown in one.operators()}


async def test_members_of_all_queues_are_seen_with_their_state(rest: AriRest) -> None:
    one = watch(rest)
    await one.look()
    assert one.why is None
    assert states(one) == {"op1": "free", "op2": "free"}
    assert [shown["queues"] for shown in one.operators()] == [["operators"], ["operators", "service"]]


async def test_a_pause_holds_in_all_queues_of_an_operator_and_only_his(rest: AriRest, stack: DevStack) -> None:
    one = watch(rest)
    await one.look()
    assert await one.pause("op2", on=True)
    assert states(one) == {"op1": "free", "op2": "pause"}
    assert "paused" in stack.asterisk.cli("queue show service")
    assert await one.pause("op2", on=False)
    assert states(one)["op2"] == "free"
    assert not await one.pause("op9", on=True)


async def test_one_who_goes_home_is_off_and_back_when_he_is_back(rest: AriRest) -> None:
    one = watch(rest)
    await one.look()
    assert await one.away("op1", on=True)
    assert states(one)["op1"] == "off"
    assert await one.away("op1", on=False)
    assert states(one)["op1"] == "free"


async def test_what_others_change_is_told_within_a_period_and_what_stays_is_not_told_again(rest: AriRest) -> None:
    told = list[tuple[str, list[Shape]]]()
    one = watch(rest, told)
    watching = asyncio.create_task(one.run(period_s=0.05))
    try:
        await until(lambda: told)
        await rest.set_global("DEVICE_STATE(Custom:op1)", "INUSE")
        await until(lambda: states(one)["op1"] == "call")
        await rest.set_global("DEVICE_STATE(Custom:op1)", "NOT_INUSE")
        await until(lambda: states(one)["op1"] in {"wrap", "free"})
    finally:
        watching.cancel()
        await asyncio.wait([watching])
    assert all(before != after for before, after in pairwise(told))


async def test_an_asterisk_that_is_away_leaves_what_was_seen_and_says_so() -> None:
    async with AriRest("http://127.0.0.1:9", "callctl", "x", APP) as rest:
        one = watch(rest)
        await one.look()
        assert one.why
        assert one.operators() == []
