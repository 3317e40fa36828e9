"""The agent's dialogue with the real adapters, the model's and the shop's stand-ins behind them: the tyre conversation, in text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest

from agent.adapters.anthropic_model import AnthropicModel
from agent.adapters.shop_http import HttpShop
from agent.dialogue import Answer, Dialogue, Text, Transferred
from agent.guard import Guard
from agent.records import AgentState, ToolCallRecord, TurnRecord
from agent.tools.catalogue import CATALOGUE
from ops.standins.anthropic_api.app import AnthropicSettings
from ops.standins.anthropic_api.app import create_app as anthropic_app
from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings
from ops.standins.shop_api.app import create_app as shop_app
from ops.standins.shop_api.catalogue import load
from tests.contract.serving import serving


class Notes:
    """A transcript that keeps the tool calls."""

    def __init__(self) -> None:
        self.tool_calls: list[ToolCallRecord] = []

    def state(self, state: AgentState) -> None: ...

    def turn(self, turn: TurnRecord) -> None: ...

    def tool_call(self, call: ToolCallRecord) -> None:
        self.tool_calls.append(call)


class Talk:
    def __init__(self, dialogue: Dialogue, notes: Notes, group: asyncio.TaskGroup) -> None:
        self._dialogue = dialogue
        self._notes = notes
        self._group = group
        self._numbers = count(1)
        self.transferred: Transferred | None = None

    async def says(self, words: str) -> str:
        """The caller speaks; what the agent answers."""
        number = next(self._numbers)
        self._dialogue.history.caller_said(words)
        answer = Answer(lambda: number, self._dialogue.history.begin_reply())
        spoken = ""
        async for step in self._dialogue.answer(answer, lambda work, name: self._group.create_task(work, name=name)):
            if isinstance(step, Text):
                spoken += step.text
            elif isinstance(step, Transferred):
                self.transferred = step
        return spoken

    @property
    def used(self) -> list[tuple[str, bool]]:
        return [(call.name, call.success) for call in self._notes.tool_calls]


@pytest.fixture
def shop_control() -> Control[ShopSettings]:
    return Control(ShopSettings())


@pytest.fixture
async def talk(shop_control: Control[ShopSettings]) -> AsyncIterator[Talk]:
    async with (
        serving(anthropic_app("k", Control(AnthropicSettings()))) as model_url,
        serving(shop_app(load(), "k", shop_control)) as shop_url,
    ):
        model, shop = AnthropicModel("k", base_url=model_url), HttpShop(f"{shop_url}/api/v1", "k")
        notes = Notes()
        dialogue = Dialogue(
            model=model,
            shop=shop,
            tools=CATALOGUE,
            guard=Guard([tool.name for tool in CATALOGUE]),
            transcript=notes,
            system="Ти консультант.",
            caller_number="+380501112233",
        )
        async with asyncio.TaskGroup() as group:
            yield Talk(dialogue, notes, group)
        await shop.aclose()
        await model.aclose()


async def test_a_customer_finds_cheaper_tyres_hears_the_stock_and_gets_an_operator(talk: Talk) -> None:
    offer = await talk.says("Добрий день, мені потрібні зимові шини на Тойоту Камрі")
    assert "215/55 R17" in offer
    assert "грн" in offer
    cheaper = await talk.says("А дешевше щось є?")
    assert "грн" in cheaper
    assert cheaper != offer
    assert "в наявності" in await talk.says("Чи є вони в наявності?")
    await talk.says("З'єднайте мене з оператором, будь ласка")
    assert talk.transferred is not None
    assert "Camry" in talk.transferred.summary
    assert talk.used == [("search_tires", True), ("search_tires", True), ("check_availability", True), ("transfer_to_operator", True)]


async def test_a_size_in_words_is_found(talk: Talk) -> None:
    await talk.says("Мені потрібні зимові шини")
    assert "205/55 R16" in await talk.says("Розмір двісті п'ять на п'ятдесят п'ять, радіус шістнадцять")


async def test_a_broken_shop_ends_in_the_offer_of_a_human(talk: Talk, shop_control: Control[ShopSettings]) -> None:
    shop_control.change({"fail_next": 1})
    assert "Перепрошую" in await talk.says("зимові шини на Камрі")
    await talk.says("Так")
    assert talk.transferred is not None
