"""A caller wants a human and nobody takes the call: back to the agent, with everything that was said before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.prompt.phrases import PHRASES
from agent.prompt.rendered import phrase_pcm
from audiosocket.audio import SLIN16
from controller.journal.queries import CallShown
from ops.caller.script import Listen, Say, UntilEnd
from ops.caller.talk import Talk
from ops.system import System
from tests.acceptance.floor import Floor, eventually, speeches
from tests.acceptance.tape import Tape

PATIENCE_S = "2"
HANGING_UP = SLIN16.frame_bytes * 5  # Asterisk throws away what is still under way when it is told to hang up


@pytest.fixture
async def floor(short_patience: None, floor: Floor) -> Floor:
    return floor


@pytest.fixture
async def short_patience(system: System) -> AsyncIterator[None]:
    """A controller that lets nobody wait long for an operator."""
    if system.controller.running:
        await asyncio.to_thread(system.controller.stop)
    await asyncio.to_thread(system.controller.start, CALLS_TRANSFER_TIMEOUT_S=PATIENCE_S)
    yield
    await asyncio.to_thread(system.controller.stop)


async def back_from_the_queue(floor: Floor, times: int) -> CallShown:
    """Wait until he was told so often, to the end, that nobody is free."""

    async def told() -> CallShown | None:
        shown = await floor.live_record()
        return shown if shown is not None and len(apologies(shown)) == times else None

    return await eventually(told, f"nobody_free number {times}", 30.0)


def apologies(shown: CallShown) -> list[str]:
    return [turn["heard_text"] for turn in speeches(shown, "agent") if turn["heard_text"] == PHRASES["nobody_free"]]


@pytest.mark.timeout(200)  # six says of the agent and three stays in the queue take as long as they take
async def test_he_may_talk_on_and_try_again_until_the_rounds_are_used_up_then_he_is_promised_a_call(floor: Floor) -> None:
    telephone = await floor.dial()
    talk = Talk(telephone)
    await talk.lead((Listen(), Say("winter_tyres_camry"), Listen(), Say("operator")))
    await back_from_the_queue(floor, 1)
    await talk.lead((Say("in_stock"), Listen(), Say("operator")))
    await back_from_the_queue(floor, 2)
    tape = Tape(telephone.ear)
    await talk.lead((Say("operator"), UntilEnd(within_s=40)))

    promise = phrase_pcm("nobody_free_call_back", SLIN16.rate_hz)
    assert promise
    assert promise[:-HANGING_UP] in tape.pcm
    record = await floor.record()
    assert len(apologies(record)) == 2
    asked, *_, stock = [tool for tool in record.tool_calls if tool["name"] != "transfer_to_operator"]
    assert stock["name"] == "check_availability", "he asks for 'them' after the queue, and the agent knows which"
    assert stock["arguments"]["tyre_id"] in str(asked["result"])
    assert len({turn["turn_number"] for turn in record.turns}) == len(record.turns)
    assert (record.call["outcome"], record.call["ended_by"]) == ("nobody_free", "controller")
    assert not record.call["transferred_to_operator"]
    assert record.call["transfer_reason"] == "asked"
