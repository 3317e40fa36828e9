"""The caller hangs up, in each state that a call shows; nothing may be left and the record tells the truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from tests.acceptance.floor import Floor

SLOW_MS = 8_000


async def greeting(floor: Floor) -> Telephone:
    return await floor.dial()


async def listening(floor: Floor) -> Telephone:
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(),))
    return telephone


async def thinking(floor: Floor) -> Telephone:
    floor.system.standins.control("anthropic").set(latency_ms=SLOW_MS)
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(), Say("hello")))
    return telephone


async def tool(floor: Floor) -> Telephone:
    floor.system.standins.control("shop").set(latency_ms=SLOW_MS)
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(), Say("winter_tyres_camry")))
    return telephone


async def speaking(floor: Floor) -> Telephone:
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(), Say("hello")))
    return telephone


async def transferring(floor: Floor) -> Telephone:
    telephone = await floor.dial()
    await floor.state_is("greeting")
    await telephone.press("0")
    return telephone


STATES = [greeting, listening, thinking, tool, speaking, transferring]  # "operator" is in test_sip.py: AudioSocket tells no cause there


@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__)
async def test_the_caller_hangs_up_while(reach: Callable[[Floor], Awaitable[Telephone]], floor: Floor) -> None:
    telephone = await reach(floor)
    await floor.state_is(reach.__name__)
    await telephone.hang_up()
    record = await floor.record()
    assert record.call["ended_by"] == "caller"
    assert record.call["outcome"] == ("abandoned" if reach is transferring else "hung_up")


async def test_the_caller_hangs_up_before_he_hears_anything(floor: Floor) -> None:
    telephone = await floor.dial()
    await telephone.hang_up()
    record = await floor.record()
    assert record.call["ended_by"] == "caller"
