"""Whole talks in virtual time that end in a call back: nobody is at work, nobody was free, the number is withheld."""

from __future__ import annotations

from agent.conversation import Caller
from agent.outcome import CallerGone, HandOff
from agent.ports import CallBackWish
from tests.fakes.clock import virtual_time
from tests.fakes.desk import CALLER
from tests.fakes.services import says, uses
from tests.fakes.talk import FakeTalk

TRANSFER = uses("transfer_to_operator", "З'єдную вас.", reason="просить", summary="Хоче людину.")
ABOUT = "повернення шин"


async def leave(talk: FakeTalk) -> None:
    talk.line.hang_up()
    assert await talk.outcome() == CallerGone()


def noted(talk: FakeTalk) -> list[CallBackWish]:
    return list(talk.call_backs.wishes.values())


@virtual_time
async def test_a_closed_desk_is_no_end_of_the_talk_but_a_call_back() -> None:
    offer = says("Оператори зараз не працюють. Вам передзвонити?")
    talk = FakeTalk(TRANSFER, offer, uses("request_callback", about=ABOUT), says("Записала, ми вам передзвонимо."))
    talk.desk_open = False
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("З'єднайте з оператором")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    await talk.says("Так, будь ласка")
    await talk.until(lambda: len(talk.transcript.turns) == 5)
    assert noted(talk) == [CallBackWish(CALLER, ABOUT)]
    assert talk.transcript.turns[-1].heard_text == "Записала, ми вам передзвонимо."
    await leave(talk)


@virtual_time
async def test_after_nobody_was_free_a_call_back_and_another_try_are_both_possible() -> None:
    talk = FakeTalk(uses("request_callback", about=ABOUT), says("Записала."), TRANSFER)
    talk.begin("nobody_free")
    await talk.agent_is_silent()
    await talk.says("Краще передзвоніть")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    assert noted(talk) == [CallBackWish(CALLER, ABOUT)]
    await talk.says("А спробуйте все ж ще раз")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "asked"


@virtual_time
async def test_a_promise_before_his_yes_is_not_noted() -> None:
    talk = FakeTalk(uses("request_callback", about=ABOUT), says("Вам передзвонити?"))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Хочу повернути шини")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    assert not noted(talk)
    assert not talk.transcript.tool_calls[0].success
    await leave(talk)


@virtual_time
async def test_who_withholds_his_number_types_it_on_his_keys() -> None:
    wish = uses("request_callback", about=ABOUT)
    typed = uses("request_callback", about=ABOUT, phone="380501234567", use_id="toolu_2")
    talk = FakeTalk(wish, says("Наберіть номер і решітку."), typed, says("Записала."), caller=Caller("", call_id="call-1"))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Передзвоніть мені")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    talk.line.press("380501234567#")
    await talk.until(lambda: len(talk.transcript.turns) == 5)
    assert noted(talk) == [CallBackWish("+380501234567", ABOUT)]
    await leave(talk)
