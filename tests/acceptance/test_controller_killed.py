"""kill -9 with calls in every state: nobody is dropped, each talk goes on with its history, and nothing of the dead process is left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from agent.prompt.phrases import PHRASES
from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually, speeches
from tests.acceptance.tape import Tape
from tests.waiting import until

STUCK_MS = 60_000
AGAIN_S = 10.0  # a generous limit for machines under load; `python -m ops.bench.killed` measures

Kill = Callable[[Floor], Awaitable[None]]


async def by_its_standby(floor: Floor) -> None:
    """The worker alone dies."""
    await asyncio.to_thread(floor.system.controller.kill_worker)


async def by_a_cold_start(floor: Floor) -> None:
    """All of it dies, and an operator starts it again."""
    await floor.kill_controller()
    await floor.start_controller()


@pytest.mark.parametrize("killed_and_replaced", [by_its_standby, by_a_cold_start])
async def test_every_call_goes_on_from_where_it_was(floor: Floor, killed_and_replaced: Kill) -> None:
    await floor.stop_controller()
    standby = "true" if killed_and_replaced is by_its_standby else "false"
    await floor.start_controller(WORKER_STANDBY=standby, CALLS_TRANSFER_TIMEOUT_S="120")  # nobody shall come back from the queue meanwhile
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
    model = floor.system.standins.control("anthropic")
    model.set(latency_ms=STUCK_MS)
    for state in ("listening", "thinking"):
        await caller(state)
    await asyncio.gather(*(Talk(people[state]).lead((Listen(),)) for state in ("listening", "thinking")))
    await asyncio.gather(Talk(people["thinking"]).lead((Say("winter_tyres"),)), caller("greeting"))
    await floor.state_is("thinking", numbers["thinking"])
    model.set(latency_ms=0)

    died_s = time.monotonic()
    await killed_and_replaced(floor)
    tape = Tape(people["operator"].ear)
    for state in ("listening", "thinking", "greeting"):
        await until(lambda state=state: people[state].ear.first_voiced_after(died_s + 0.2), AGAIN_S + 10)  # type: ignore[misc]
    await tape.hears("hello", operator.say)
    assert not [state for state, telephone in people.items() if telephone.gone]
    await Talk(people["listening"]).lead((Listen(), Say("winter_tyres_camry"), Listen()))
    await Talk(people["thinking"]).lead((Listen(),))
    assert await floor.exchange.application_of(people["transferring"].channel_id) == "Queue"
    await asyncio.gather(*(telephone.hang_up() for telephone in people.values()))

    for state in ("listening", "thinking", "greeting"):
        record = await floor.record(numbers[state])
        assert (state, record.call["outcome"], record.call["ended_by"]) == (state, "hung_up", "caller")
        said = [turn["heard_text"] for turn in speeches(record, "agent")]
        assert sum(PHRASES["adopted"] in text for text in said) == 1, said
        numbered = [turn["turn_number"] for turn in record.turns]
        assert numbered == list(range(1, len(numbered) + 1))
    thought = await floor.record(numbers["thinking"])
    assert [turn["text"] for turn in speeches(thought, "caller")] == [phrase("winter_tyres").text]
    assert speeches(thought, "agent")[-1]["heard_text"], "what he had asked is answered"
    assert (await floor.record(numbers["listening"])).tool_calls[-1]["name"] == "search_tires"
    assert (await floor.record(numbers["transferring"])).call["outcome"] == "abandoned"
    talked = (await floor.record(numbers["operator"])).call
    assert (talked["outcome"], talked["transferred_to_operator"]) == ("transferred", True)
    assert talked["ended_by"] in {"caller", "operator"}  # a queue that ends does not tell by whom


async def test_what_was_said_before_the_kill_is_in_the_record_once_and_in_the_agents_memory(floor: Floor) -> None:
    telephone, _ = await floor.talk((Listen(), Say("winter_tyres_camry"), Listen()))
    said = (await floor.state_is("listening")).turns
    died_s = time.monotonic()
    await by_its_standby(floor)
    await until(lambda: telephone.ear.first_voiced_after(died_s), AGAIN_S)
    assert floor.system.controller.worker is None, "who apologises is the parent, before there is a successor"
    await until(lambda: floor.system.controller.worker, AGAIN_S + 20)
    await Talk(telephone).lead((Listen(), Say("in_stock"), Listen()))
    await telephone.hang_up()
    record = await floor.record()
    assert len(said) >= 3
    assert record.turns[: len(said)] == said
    assert [tool["name"] for tool in record.tool_calls] == ["search_tires", "check_availability"], "the tyre of before is known"


async def test_who_hung_up_while_nobody_served_is_written_down_as_such(floor: Floor) -> None:
    stays = await floor.dial()
    telephone, _ = await floor.talk((Listen(),))
    number = floor.numbers[-1]
    await floor.kill_controller()
    await telephone.hang_up()
    await eventually(partial(_gone, floor, telephone), "end of the channel", 5.0)
    await floor.start_controller()
    assert ((await floor.record(number)).call["outcome"], stays.gone) == ("hung_up", False)


async def wants_an_operator(floor: Floor, telephone: Telephone) -> None:
    await floor.state_is("greeting")
    await telephone.press("0")


async def _gone(floor: Floor, telephone: Telephone) -> bool:
    return telephone.channel_id not in await floor.exchange.channels()
