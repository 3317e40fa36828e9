"""SIGTERM: calls that run are finished, new callers go to the operators, the process ends well and says what remained."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ops.caller.script import Listen, Say, UntilEnd
from ops.caller.talk import Talk
from ops.system import System
from tests.acceptance.floor import Floor, eventually
from tests.acceptance.tape import Tape


@pytest.fixture
async def floor(floor: Floor, system: System) -> AsyncIterator[Floor]:
    yield floor
    if not system.controller.running:
        await floor.start_controller()


def log_of(path: Path, event: str) -> dict[str, Any]:
    """The last line of that event in a controller's log."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    return next(line for line in reversed(lines) if line["event"] == event)


async def draining(floor: Floor) -> asyncio.Task[int]:
    """SIGTERM was sent and is being heeded; the task gives the exit code."""
    stopping = asyncio.create_task(floor.stop_controller(within_s=60))

    async def refuses() -> bool:
        readiness = await floor.readiness()
        return readiness is not None and "draining" in str(readiness)

    await eventually(refuses, "draining in the readiness", 5.0)
    return stopping


async def test_the_running_talk_is_finished_and_a_new_caller_reaches_an_operator(floor: Floor) -> None:
    controller = floor.system.controller.process
    assert controller is not None
    operator = await floor.exchange.operator()
    talking = await floor.dial()
    talks_number = floor.numbers[-1]
    await Talk(talking).lead((Listen(),))

    stopping = await draining(floor)
    newcomer = await floor.dial()
    await operator.answered()
    await Talk(talking).lead((Say("winter_tyres_camry"), Listen(), Say("thanks_bye"), Listen(), UntilEnd()))

    assert await stopping == 0
    finished = await floor.record(talks_number)
    assert (finished.call["outcome"], finished.call["ended_by"]) == ("goodbye", "agent")
    assert [tool["name"] for tool in finished.tool_calls] == ["search_tires"]

    tape = Tape(newcomer.ear)
    await tape.hears("hello", operator.say)  # his talk outlives the controller
    refused = (await floor.record()).call
    assert (refused["outcome"], refused["ended_by"], refused["transfer_reason"]) == ("transferred", "controller", "draining")
    assert log_of(controller.log_path, "controller_stopped")["records_waiting"] == 0


async def test_who_talks_longer_than_we_wait_is_given_to_the_operators(floor: Floor) -> None:
    await floor.stop_controller()
    await floor.start_controller(CALLS_DRAIN_S="1")
    operator = await floor.exchange.operator()
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(),))
    stopping = await draining(floor)
    await operator.answered()
    assert await stopping == 0
    assert not telephone.gone
    call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"], call["transfer_reason"]) == ("transferred", "controller", "draining")
