"""The agent's dialogue with the real adapters and tools, the model's and the shop's stand-ins behind them: whole conversations, in text."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any

import httpx
import pytest

from agent.adapters.anthropic_model import AnthropicModel
from agent.adapters.shop_http import HttpShop
from agent.case import Case, Said
from agent.dialogue import Answer, Dialogue, RoundEnded, Text, Transferred
from agent.guard.speech import SpeechGuard
from agent.once import Once
from agent.ports import Article
from agent.prompt.system import prompt_text, system_prompt
from agent.records import AgentState, LiveText, Moment, ToolCallRecord, TurnRecord
from agent.sentences import ClauseSplitter
from agent.tools.catalogue import CATALOGUE
from agent.tools.tool import Desk
from ops.standins.anthropic_api.app import AnthropicSettings
from ops.standins.anthropic_api.app import create_app as anthropic_app
from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings
from ops.standins.shop_api.app import create_app as shop_app
from ops.standins.shop_api.catalogue import load
from tests.contract.serving import serving
from tests.fakes.desk import FakeCallBacks, FakeKnowledge, FakeLedger

CALLER = "+380997770011"
KYIV = dt.timezone(dt.timedelta(hours=2))
NOW = dt.datetime(2026, 11, 23, 10, tzinfo=KYIV)  # a Monday


class Notes:
    """A transcript that keeps the tool calls."""

    def __init__(self) -> None:
        self.tool_calls: list[ToolCallRecord] = []

    def state(self, state: AgentState) -> None: ...

    def turn(self, turn: TurnRecord) -> None: ...

    def live(self, text: LiveText) -> None: ...

    def note(self, moment: Moment) -> None: ...

    def tool_call(self, call: ToolCallRecord) -> None:
        self.tool_calls.append(call)


class Talk:
    def __init__(self, dialogue: Dialogue, notes: Notes, group: asyncio.TaskGroup, shop_url: str) -> None:
        self._dialogue = dialogue
        self._notes = notes
        self._group = group
        self._shop_url = shop_url
        self._numbers = count(1)
        self.transferred: Transferred | None = None

    async def says(self, *utterances: str) -> str:
        """The caller speaks, hearing each answer to its end; the last answer."""
        spoken = ""
        for words in utterances:
            spoken = await self._answer(words)
        return spoken

    async def _answer(self, words: str) -> str:
        number = next(self._numbers)
        self._dialogue.history.caller_said(words)
        answer = Answer(lambda: number, self._dialogue.history.begin_reply())
        clauses = ClauseSplitter()
        async for step in self._dialogue.answer(answer, lambda work, name: self._group.create_task(work, name=name)):
            if isinstance(step, Text):
                self._may_be_said(answer, clauses.feed(step.text))
            elif isinstance(step, RoundEnded):
                self._may_be_said(answer, clauses.flush())
                clauses = ClauseSplitter()
            elif isinstance(step, Transferred):
                self.transferred = step
        heard = {index: entry.text for index, entry in enumerate(answer.reply.rounds)}
        answer.reply.cut(heard)
        return answer.reply.text

    def _may_be_said(self, answer: Answer, clauses: Sequence[str]) -> None:
        for clause in clauses:
            assert self._dialogue.objection(answer, clause) is None, clause

    @property
    def used(self) -> list[tuple[str, bool]]:
        return [(call.name, call.success) for call in self._notes.tool_calls]

    def arguments(self, name: str) -> list[dict[str, Any]]:
        return [dict(call.arguments) for call in self._notes.tool_calls if call.name == name]

    async def shop(self, what: str) -> Any:
        """The caller's rows at the shop: ``orders``, ``bookings``; or ``written``."""
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self._shop_url}/control/{what}", params={"phone": CALLER})).json()

    async def shop_has(self, what: str, **row: Any) -> Any:
        async with httpx.AsyncClient() as client:
            answer = await client.put(f"{self._shop_url}/control/{what}", json={"phone": CALLER, **row})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def shop_control() -> Control[ShopSettings]:
    return Control(ShopSettings(now=NOW.replace(tzinfo=None)))


@pytest.fixture
async def talk(shop_control: Control[ShopSettings]) -> AsyncIterator[Talk]:
    async with (
        serving(anthropic_app("k", Control(AnthropicSettings()))) as model_url,
        serving(shop_app(load(), "k", shop_control)) as shop_url,
    ):
        model, shop = AnthropicModel("k", base_url=model_url), HttpShop(f"{shop_url}/api/v1", "k")
        notes, case, once = Notes(), Case(), Once(FakeLedger(), clock_ms=lambda: round(NOW.timestamp() * 1000))
        knowledge = FakeKnowledge([Article("Гарантія", "На всі шини діє гарантія п'ять років. Потрібен чек.", "faq")])

        def desk(request_id: str, said: tuple[Said, ...]) -> Desk:
            return Desk(shop, knowledge, once, case, said, "call-1", CALLER, request_id, lambda: NOW, FakeCallBacks())

        dialogue = Dialogue(
            model=model,
            tools=CATALOGUE,
            desk=desk,
            speech=SpeechGuard(prompt_text(), [tool.name for tool in CATALOGUE]),
            case=case,
            transcript=notes,
            system=system_prompt(today=NOW.date()),
        )
        async with asyncio.TaskGroup() as group:
            yield Talk(dialogue, notes, group, shop_url)
        await shop.aclose()
        await model.aclose()


async def test_a_customer_finds_cheaper_tyres_hears_the_stock_and_gets_an_operator(talk: Talk) -> None:
    assert "Якого року" in await talk.says("Добрий день, мені потрібні зимові шини на Тойоту Камрі")
    offer = await talk.says("Дві тисячі двадцятого")
    assert "215/55 R17" in offer
    assert "грн" in offer
    cheaper = await talk.says("А дешевше щось є?")
    assert "грн" in cheaper
    assert cheaper != offer
    assert "в наявності" in await talk.says("Чи є вони в наявності?")
    await talk.says("З'єднайте мене з оператором, будь ласка")
    assert talk.transferred is not None
    assert "Camry" in talk.transferred.summary
    assert [name for name, success in talk.used if success] == [
        "search_tires",
        "search_tires",
        "check_availability",
        "transfer_to_operator",
    ]


async def test_a_size_in_words_is_found(talk: Talk) -> None:
    await talk.says("Мені потрібні зимові шини")
    assert "205/55 R16" in await talk.says("Розмір двісті п'ять на п'ятдесят п'ять, радіус шістнадцять")


async def test_a_broken_shop_ends_in_the_offer_of_a_human(talk: Talk, shop_control: Control[ShopSettings]) -> None:
    shop_control.change({"fail_next": 1})
    assert "Перепрошую" in await talk.says("зимові шини 205/55 R16")
    await talk.says("Так")
    assert talk.transferred is not None


async def test_an_order_goes_from_the_size_to_its_number_with_delivery(talk: Talk) -> None:
    await talk.says("Зимові шини 205/55 R16", "Беру чотири штуки", "Мене звати Олена Коваль")
    assert "Доставити" in await talk.says("Так")
    summary = await talk.says("Доставка", "У Полтаву", "вулиця Соборності, 22")
    (draft,) = await talk.shop("orders")
    assert (draft["status"], draft["delivery"]["city"]) == ("draft", "Полтава")
    assert str(draft["total"]) in summary
    assert draft["items"][0]["name"].split()[0] in summary
    told = await talk.says("Так, підтверджую")
    (order,) = await talk.shop("orders")
    assert (order["status"], order["customer_name"]) == ("confirmed", "Олена Коваль")
    assert [item["quantity"] for item in order["items"]] == [4]
    assert order["order_number"] in told


async def test_an_order_can_be_fetched_from_a_pickup_point(talk: Talk) -> None:
    await talk.says("Літні шини 205/55 R16", "Візьму комплект", "Андрій")
    assert "пункти" in await talk.says("Самовивіз у Києві")
    summary = await talk.says("На Лівому березі")
    assert "грн" in summary
    await talk.says("Так")
    (order,) = await talk.shop("orders")
    assert (order["status"], order["delivery"]["pickup_point_id"]) == ("confirmed", "pp-kyiv-2")


async def test_a_changed_mind_changes_the_draft_before_it_is_confirmed(talk: Talk) -> None:
    await talk.says("Зимові шини 205/55 R16", "Беру чотири", "Ірина", "Доставка в Харків", "проспект Науки, 5")
    summary = await talk.says("Ні, краще дві")
    assert "2 шт" in summary
    await talk.says("Так")
    confirmed = [order for order in await talk.shop("orders") if order["status"] == "confirmed"]
    assert [[item["quantity"] for item in order["items"]] for order in confirmed] == [[2]]


async def test_who_does_not_confirm_has_no_order(talk: Talk) -> None:
    await talk.says("Зимові шини 205/55 R16", "Беру чотири", "Ірина", "Доставка в Харків", "проспект Науки, 5")
    await talk.says("Ні", "Я передумав, нічого не треба")
    assert {order["status"] for order in await talk.shop("orders")} == {"draft"}
    assert (await talk.says("Ні")).endswith("До побачення!")


async def test_his_order_is_told_and_anothers_is_not(talk: Talk) -> None:
    await talk.shop_has("orders", order_number="104777", city="Полтава", address="відділення 7")
    assert "104777" in await talk.says("Підкажіть статус мого замовлення")
    assert "не знайшла" in await talk.says("А замовлення номер сто чотири сто дев'яносто вісім?")
    assert talk.used == [("get_order_status", True), ("get_order_status", False)]
    assert talk.arguments("get_order_status")[1] == {"order_number": "104198"}


async def test_a_typed_number_is_an_orders(talk: Talk) -> None:
    await talk.shop_has("orders", order_number="104777", city="Полтава", address="відділення 7")
    assert "104777" in await talk.says("(набрано на клавіатурі) 104777")


async def test_a_fitting_is_booked_for_a_free_hour(talk: Talk) -> None:
    await talk.says("Запишіть мене на шиномонтаж", "У Львові", "У середу")
    summary = await talk.says("О десятій", "Мене звати Олена")
    assert "25 листопада о 10:00" in summary
    told = await talk.says("Так, записуйте")
    (booking,) = await talk.shop("bookings")
    assert (booking["station_id"], booking["date"], booking["time"], booking["status"]) == ("st-lviv-1", "2026-11-25", "10:00", "booked")
    assert "записала" in told


async def test_a_taken_hour_is_told_with_free_ones(talk: Talk) -> None:
    await talk.shop_has("bookings", station_id="st-lviv-1", in_open_days=2, time="11:00")
    told = await talk.says("Запишіть на шиномонтаж у Львові на середу на одинадцяту", "Олена")
    assert "зайнято" in told or "зайнято" in await talk.says("Львів")


async def test_a_fitting_is_moved(talk: Talk) -> None:
    await talk.shop_has("bookings", station_id="st-lviv-1", in_open_days=2, time="11:00")
    await talk.says("Перенесіть мій запис, будь ласка")
    summary = await talk.says("На п'ятницю", "О дванадцятій")
    assert "27 листопада о 12:00" in summary
    await talk.says("Так, переносьте")
    (booking,) = await talk.shop("bookings")
    assert (booking["date"], booking["time"]) == ("2026-11-27", "12:00")


async def test_a_fitting_is_cancelled_once_he_says_yes(talk: Talk) -> None:
    await talk.shop_has("bookings", station_id="st-lviv-1", in_open_days=2, time="11:00")
    assert "11:00" in await talk.says("Хочу скасувати запис на шиномонтаж")
    assert (await talk.shop("bookings"))[0]["status"] == "booked"
    assert "скасовано" in await talk.says("Так, скасовуйте")
    assert (await talk.shop("bookings"))[0]["status"] == "cancelled"


async def test_a_question_in_the_middle_of_an_order_is_answered_and_the_order_goes_on(talk: Talk) -> None:
    await talk.says("Зимові шини 205/55 R16", "Беру чотири")
    told = await talk.says("А яка гарантія на шини?")
    assert "п'ять років" in told
    assert "ім'я" in told
    assert "Доставити" in await talk.says("Олена")


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("Скільки коштує шиномонтаж на шістнадцятий радіус?", "get_fitting_price", {"tire_diameter": 16}),
        ("Сколько стоит переобуть колёса, радиус семнадцать?", "get_fitting_price", {"tire_diameter": 17}),
        ("Де у вас пункти видачі в Одесі?", "get_pickup_points", {"city": "Одеса"}),
        (
            "Який розмір шин на Тойоту Короллу дві тисячі двадцятого року?",
            "get_vehicle_tire_sizes",
            {"make": "Toyota", "model": "Corolla", "year": 2020},
        ),
        ("Яка гарантія на шини?", "search_knowledge_base", {"question": "Яка гарантія на шини?"}),
        ("Где мой заказ?", "get_order_status", {}),
        ("На коли в мене запис на шиномонтаж?", "get_customer_bookings", {}),
    ],
)
async def test_one_look_answers(talk: Talk, said: str, name: str, arguments: dict[str, Any]) -> None:
    assert await talk.says(said)
    assert talk.used == [(name, True)]
    assert talk.arguments(name) == [arguments]


async def test_an_absurd_quantity_is_refused(talk: Talk) -> None:
    told = await talk.says("Зимові шини 205/55 R16", "Беру сто тисяч штук", "Олена")
    assert "Скільки шин" in told
    assert not await talk.shop("orders")
