"""The caller hangs up, in each state that a call shows; nothing may be left and the record tells the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

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
    await floor.state_is("greeting", telephone.number)
    await telephone.press("0")
    return telephone


# "operator" is in test_sip.py: what AudioSocket tells Asterisk there is no cause
AT_ONCE = (greeting, listening, tool, speaking, transferring)


async def hang_up_while(reach: Callable[[Floor], Awaitable[Telephone]], floor: Floor) -> None:
    telephone = await reach(floor)
    number = telephone.number
    await floor.state_is(reach.__name__, number)
    await telephone.hang_up()
    record = await floor.record(number)
    assert record.call["ended_by"] == "caller", reach.__name__
    assert record.call["outcome"] == ("abandoned" if reach is transferring else "hung_up"), reach.__name__


async def test_callers_hang_up_while_greeted_heard_looked_up_spoken_to_and_waiting(floor: Floor) -> None:
    async with asyncio.TaskGroup() as group:
        for reach in AT_ONCE:
            group.create_task(hang_up_while(reach, floor), name=reach.__name__)


async def test_a_caller_hangs_up_while_the_model_thinks(floor: Floor) -> None:
    await hang_up_while(thinking, floor)


async def test_a_caller_hangs_up_before_he_hears_anything(floor: Floor) -> None:
    telephone = await floor.dial()
    await telephone.hang_up()
    record = await floor.record()
    assert record.call["ended_by"] == "caller"
