from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.case import Case
from agent.dialogue import Answer, Dialogue, RoundEnded, Step, Text, ToolBegan, ToolEnded, Transferred
from agent.errors import ModelFailed
from agent.guard.speech import SpeechGuard
from agent.tools.catalogue import CATALOGUE
from tests.fakes.clock import virtual_time
from tests.fakes.desk import FakeLedger, a_desk
from tests.fakes.services import FakeModel, FakeShop, FakeTranscript, says, uses


class Stage:
    def __init__(self, *replies: list[Any], tool_timeout_s: float = 20.0) -> None:
        self.model, self.shop, self.transcript = FakeModel(*replies), FakeShop(), FakeTranscript()
        self.ledger = FakeLedger()
        self.objections: list[str] = []
        self.dialogue = Dialogue(
            model=self.model,
            tools=CATALOGUE,
            desk=lambda _, said: a_desk(self.shop, ledger=self.ledger, said=said),
            speech=SpeechGuard("Ти консультант магазину шин, говори коротко.", [tool.name for tool in CATALOGUE]),
            case=Case(),
            on_objection=self.objections.append,
            transcript=self.transcript,
            system="Ти консультант.",
            rounds_max=3,
            tool_timeout_s=tool_timeout_s,
        )
        self.dialogue.history.caller_said("Є шини?")
        self.answer = Answer(lambda: 3, self.dialogue.history.begin_reply())

    async def steps(self) -> list[Step]:
        spawn = lambda work, name: asyncio.create_task(work, name=name)  # noqa: E731
        return [step async for step in self.dialogue.answer(self.answer, spawn)]


@virtual_time
async def test_tools_are_used_until_the_model_has_its_answer() -> None:
    stage = Stage(uses("check_availability", "Гляну. ", tyre_id="t1"), says("Є."))
    assert await stage.steps() == [
        Text("Гляну. ", 0),
        RoundEnded(0),
        ToolBegan("check_availability"),
        ToolEnded("check_availability"),
        Text("Є.", 1),
        RoundEnded(1),
    ]
    assert stage.answer.reply.text == "Гляну. Є."
    assert stage.answer.usage == {"input_tokens": 200, "output_tokens": 20}
    assert stage.model.requests[0].tools == tuple(tool.spec for tool in CATALOGUE)


@virtual_time
async def test_an_objection_is_told_to_who_counts_them_and_to_the_model() -> None:
    stage = Stage(says("Так."))
    assert stage.dialogue.objection(stage.answer, "Є шини за 10 грн.") == "price"
    assert stage.objections == ["price"]
    assert stage.answer.objected
    assert "не називав жоден інструмент" in str(stage.dialogue.history.messages()[-1])


@virtual_time
async def test_prices_that_tools_have_told_may_be_said() -> None:
    stage = Stage(uses("search_tires", width=215, profile=55, diameter=17), says("Ось."))
    assert stage.dialogue.objection(stage.answer, "Є шини за 4500 грн.") == "price"
    await stage.steps()
    assert stage.dialogue.objection(stage.answer, "Є шини за 4500 грн, чотири за 18 000 грн.") is None


@virtual_time
async def test_wrong_arguments_come_back_to_the_model_in_words() -> None:
    stage = Stage(uses("search_tires", width=-5), says("Перепрошую, який розмір?"))
    await stage.steps()
    (call,) = stage.transcript.tool_calls
    assert not call.success
    assert "Хибні аргументи" in call.result["error"]
    assert stage.shop.queries == []


@virtual_time
async def test_an_unknown_tool_comes_back_in_words() -> None:
    stage = Stage(uses("rm_rf"), says("Перепрошую."))
    await stage.steps()
    assert "немає" in stage.transcript.tool_calls[0].result["error"]


@virtual_time
async def test_a_tool_that_breaks_is_told_to_the_model_and_does_not_end_the_call() -> None:
    stage = Stage(uses("check_availability", tyre_id="t1"), says("Перепрошую."))
    stage.shop.fails = RuntimeError("a bug")
    steps = await stage.steps()
    assert steps[-1] == RoundEnded(1)
    assert "зламався" in stage.transcript.tool_calls[0].result["error"]


@virtual_time
async def test_a_tool_that_hangs_has_a_time_limit() -> None:
    stage = Stage(uses("check_availability", tyre_id="t1"), says("Перепрошую."), tool_timeout_s=5.0)
    stage.shop.latency_s = 100
    await stage.steps()
    assert "вчасно" in stage.transcript.tool_calls[0].result["error"]
    assert stage.transcript.tool_calls[0].duration_ms == 5_000


@virtual_time
async def test_a_transfer_ends_the_loop() -> None:
    stage = Stage(uses("transfer_to_operator", "З'єдную.", reason="просить", summary="Хоче людину."))
    assert (await stage.steps())[-1] == Transferred("Хоче людину.", asked=True)


@virtual_time
async def test_a_model_that_never_answers_is_a_failed_model() -> None:
    stage = Stage(*(uses("check_availability", use_id=f"t{n}", tyre_id="t1") for n in range(3)))
    with pytest.raises(ModelFailed):
        await stage.steps()


@virtual_time
async def test_an_answer_of_several_tools_keeps_their_order_and_pairs() -> None:
    both = [*uses("check_availability", "Гляну.", use_id="a", tyre_id="t1")[:-1], *uses("search_tires", use_id="b", width=-1)]
    stage = Stage(both, says("Є."))
    await stage.steps()
    assert [call.tool_use_id for call in stage.transcript.tool_calls] == ["a", "b"]
    results = stage.model.requests[1].messages[-1]["content"]
    assert [(block["tool_use_id"], block.get("is_error", False)) for block in results] == [("a", False), ("b", True)]
