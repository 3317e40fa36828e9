"""No controller is there: the callers reach the operators all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ops.system import System
from tests.acceptance.floor import Floor
from tests.acceptance.tape import Tape
from tests.waiting import until


@pytest.fixture
async def floor(floor: Floor, system: System) -> AsyncIterator[Floor]:
    assert await floor.stop_controller() == 0
    yield floor
    if not system.controller.running:
        await floor.start_controller()


@pytest.mark.parametrize("dialled", ["100", "+380441234567"])
async def test_he_waits_shortly_and_an_operator_answers(floor: Floor, dialled: str) -> None:
    operator = await floor.exchange.operator()
    telephone = await floor.dial(dialled, recorded=False)
    await operator.answered()
    tape = Tape(telephone.ear)
    await tape.hears("hello", operator.say)
    operator.hang_up()
    await until(lambda: telephone.gone)


async def test_a_controller_that_comes_in_time_takes_him(floor: Floor) -> None:
    """He hears it ringing for some seconds; whoever registers meanwhile has the call, and its record."""
    async with floor.exchange.changed_global("CONTROLLER_TRIES", "100"):  # a busy machine may need long to start one
        telephone = await floor.dial()
        assert not await floor.records(floor.numbers[-1])
        await floor.start_controller()
        await floor.state_is("greeting")
        await telephone.hang_up()
        call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"]) == ("hung_up", "caller")


async def test_with_neither_controller_nor_operator_the_call_ends_and_nothing_stays(floor: Floor) -> None:
    async with floor.exchange.changed_global("QUEUE_TIMEOUT_S", "1"), floor.exchange.changed_global("CONTROLLER_TRIES", "2"):
        telephone = await floor.dial(recorded=False)
        await until(lambda: telephone.gone, timeout_s=60)
