"""A caller wants a human and gets one."""

from __future__ import annotations

from audiosocket.audio import SLIN16
from ops.caller.operator import OperatorPhone
from ops.caller.script import Listen, Say
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor
from tests.acceptance.tape import Tape
from tests.waiting import until


async def test_an_operator_takes_the_caller_both_hear_each_other_and_the_record_says_so(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    telephone, _ = await floor.talk((Listen(), Say("operator")))
    await operator.answered()
    await floor.state_is("operator")

    callers_tape, operators_tape = Tape(telephone.ear), Tape(operator.ear)
    await callers_tape.hears("hello", operator.say)
    await operators_tape.hears("want_four", telephone.say)

    operator.hang_up()
    await until(lambda: telephone.gone)
    call = (await floor.record()).call
    assert call["transferred_to_operator"]
    assert (call["outcome"], call["ended_by"], call["transfer_reason"]) == ("transferred", "operator", "asked")


async def test_the_agent_is_out_of_the_call_once_the_operator_has_it(floor: Floor) -> None:
    """No leg, no bridge of ours, and nothing of the talk with the operator in the record."""
    operator = await floor.exchange.operator()
    telephone = await with_operator(floor, operator)
    turns = len((await floor.state_is("operator")).turns)

    assert not [name for name in await floor.exchange.channels() if name.startswith("m-")]
    assert not [name for name in await floor.exchange.bridges() if name.startswith("b-")]
    await telephone.say(phrase("in_stock").pcm(SLIN16))
    await telephone.hang_up()
    record = await floor.record()
    assert len(record.turns) == turns
    assert record.call["outcome"] == "transferred"


async def test_without_a_controller_watching_the_talk_with_the_operator_goes_on(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    telephone = await with_operator(floor, operator)
    await floor.state_is("operator")
    assert await floor.stop_controller() == 0
    tape = Tape(operator.ear)
    await tape.hears("yes", telephone.say)
    call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"]) == ("transferred", "controller")


async def with_operator(floor: Floor, operator: OperatorPhone) -> Telephone:
    """A caller who pressed 0 during the greeting."""
    telephone = await floor.dial()
    await floor.state_is("greeting")
    await telephone.press("0")
    await operator.answered()
    return telephone
