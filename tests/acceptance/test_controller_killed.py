"""kill -9 of the controller with calls in every state: nobody is dropped, and the next start leaves no trace of the old one."""

from __future__ import annotations

import asyncio
from functools import partial

from audiosocket.audio import SLIN16
from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually
from tests.acceptance.tape import Tape
from tests.waiting import until

STUCK_MS = 60_000


async def ours(floor: Floor) -> list[str]:
    """Media legs and bridges of a controller."""
    found = await floor.exchange.channels() + await floor.exchange.bridges()
    return [name for name in found if name.startswith(("m-", "b-"))]


async def test_callers_stay_connected_and_the_next_start_gives_them_to_the_operators(floor: Floor) -> None:
    await floor.stop_controller()
    await floor.start_controller(CALLS_TRANSFER_TIMEOUT_S="120")  # nobody shall come back from the queue meanwhile
    operator = await floor.exchange.operator("op1")
    people: dict[str, Telephone] = {}
    numbers: dict[str, str] = {}

    async def caller(state: str) -> Telephone:
        people[state] = await floor.dial()
        numbers[state] = floor.numbers[-1]
        return people[state]

    await wants_an_operator(floor, await caller("operator"))
    await operator.answered()
    await wants_an_operator(floor, await caller("transferring"))
    await floor.state_is("transferring", numbers["transferring"])
    floor.system.standins.control("anthropic").set(latency_ms=STUCK_MS)
    for state in ("listening", "leaves meanwhile", "thinking"):
        await caller(state)
    await asyncio.gather(*(Talk(people[state]).lead((Listen(),)) for state in ("listening", "leaves meanwhile", "thinking")))
    await asyncio.gather(Talk(people["thinking"]).lead((Say("winter_tyres"),)), caller("greeting"))
    await floor.state_is("thinking", numbers["thinking"])
    assert await ours(floor)

    await floor.kill_controller()
    tape = Tape(people["operator"].ear)
    operator.say(phrase("hello").pcm(SLIN16))
    await until(lambda: tape.heard("hello"))
    await people["leaves meanwhile"].hang_up()
    await eventually(partial(_no_legs, floor), "end of the dead controller's legs", 5.0)
    assert {state for state, telephone in people.items() if telephone.gone} == {"leaves meanwhile"}

    await floor.start_controller()
    await eventually(partial(_nothing_of_ours, floor), "Asterisk without legs and bridges of the dead controller", 15.0)
    for state in ("listening", "thinking", "greeting"):
        await eventually(partial(_waits, floor, people[state]), f"place in the queue for who was {state}", 10.0)
    assert {state for state, telephone in people.items() if telephone.gone} == {"leaves meanwhile"}

    for state, number in numbers.items():
        call = (await floor.record(number)).call
        with_operators = state in {"operator", "transferring"}
        assert (state, call["outcome"], call["ended_by"]) == (state, "transferred" if with_operators else "orphaned", "controller")
        assert call["transferred_to_operator"] is (state == "operator")


async def test_what_was_said_before_the_kill_is_in_the_record_once(floor: Floor) -> None:
    telephone, _ = await floor.talk((Listen(), Say("winter_tyres_camry"), Listen()))
    await floor.state_is("listening")
    said = (await floor.state_is("listening")).turns
    await floor.kill_controller()
    await floor.start_controller()
    record = await floor.record()
    assert len(said) >= 3
    assert record.turns[: len(said)] == said
    assert not telephone.gone


async def wants_an_operator(floor: Floor, telephone: Telephone) -> None:
    await floor.state_is("greeting")
    await telephone.press("0")


async def _no_legs(floor: Floor) -> bool:
    return not [name for name in await ours(floor) if name.startswith("m-")]


async def _nothing_of_ours(floor: Floor) -> bool:
    return not await ours(floor)


async def _waits(floor: Floor, telephone: Telephone) -> bool:
    return await floor.exchange.application_of(telephone.channel_id) == "Queue"
