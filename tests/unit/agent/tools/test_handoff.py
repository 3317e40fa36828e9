from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from agent.case import Said
from agent.ports import CallBackWish
from agent.tools.handoff import request_callback, transfer_to_operator
from agent.tools.tool import ToolResult
from tests.fakes.desk import CALLER, NOW, FakeCallBacks, a_desk, heard

ASKED = heard("Добрий день!", "Передзвоніть мені, будь ласка")
ABOUT = "зимові шини на Камрі"


@pytest.fixture
def call_backs() -> FakeCallBacks:
    return FakeCallBacks()


async def rings(call_backs: FakeCallBacks, said: tuple[Said, ...] = ASKED, caller: str = CALLER, **wanted: Any) -> ToolResult:
    desk = a_desk(said=said, caller_number=caller, call_backs=call_backs)
    return await request_callback.use({"about": ABOUT, **wanted}, desk)


async def test_a_transfer_carries_the_summary_for_the_operator() -> None:
    result = await transfer_to_operator.use({"reason": "просить", "summary": "Хоче повернути шини."}, a_desk())
    assert result.hand_off == "Хоче повернути шини."


async def test_a_transfer_without_a_summary_is_not_made() -> None:
    result = await transfer_to_operator.use({"reason": "просить"}, a_desk())
    assert result.hand_off is None
    assert not result.success


async def test_nobody_is_put_through_to_a_closed_desk() -> None:
    result = await transfer_to_operator.use({"reason": "просить", "summary": "Хоче людину."}, a_desk(desk_open=False))
    assert result.hand_off is None
    assert result.content["status"] == "closed"
    assert "request_callback" in result.content["note"]


async def test_a_call_back_is_for_the_number_he_calls_from(call_backs: FakeCallBacks) -> None:
    result = await rings(call_backs, customer_name="Олег")
    assert call_backs.wishes == {CALLER: CallBackWish(CALLER, ABOUT, "Олег")}
    assert result.content == {"status": "записано, передзвонимо", "when": "щойно хтось звільниться", "number": "з якого телефонують"}


async def test_nobody_is_rung_unasked(call_backs: FakeCallBacks) -> None:
    result = await rings(call_backs, heard("Добрий день!", "Є зимові шини?"))
    assert not result.success
    assert not call_backs.wishes


@pytest.mark.parametrize("when", ["2026-11-24T10:00", "2026-11-24 10:00", "2026-11-24T10:00:00+02:00", "2026-11-24T08:00:00Z"])
async def test_a_day_and_an_hour_are_the_shops(call_backs: FakeCallBacks, when: str) -> None:
    result = await rings(call_backs, when=when)
    assert call_backs.wishes[CALLER].due == NOW.replace(day=24, hour=10)
    assert call_backs.wishes[CALLER].about == ABOUT
    assert result.content["when"] == "вівторок, 24 листопада, 10:00"


@pytest.mark.parametrize("when", ["після обіду", "2026-11-24", "після 18:00"])
async def test_a_wish_in_words_stays_in_words(call_backs: FakeCallBacks, when: str) -> None:
    result = await rings(call_backs, when=when)
    assert call_backs.wishes[CALLER].due is None
    assert call_backs.wishes[CALLER].about == f"{ABOUT}; коли зручно: {when}"
    assert result.content["when"] == when


@pytest.mark.parametrize("days", [-1, 31, 400])
async def test_a_time_that_is_past_or_far_away_is_asked_again(call_backs: FakeCallBacks, days: int) -> None:
    result = await rings(call_backs, when=(NOW + dt.timedelta(days)).isoformat())
    assert not result.success
    assert not call_backs.wishes


async def test_he_may_change_his_mind_about_the_time(call_backs: FakeCallBacks) -> None:
    await rings(call_backs)
    await rings(call_backs, when="завтра зранку")
    assert [wish.about for wish in call_backs.wishes.values()] == [f"{ABOUT}; коли зручно: завтра зранку"]


async def test_another_number_is_not_rung(call_backs: FakeCallBacks) -> None:
    result = await rings(call_backs, phone="+380509998877")
    assert not result.success
    assert (await rings(call_backs, phone="067 111 22 33")).success  # his own, written otherwise
    assert set(call_backs.wishes) == {CALLER}


async def test_who_withholds_his_number_types_one(call_backs: FakeCallBacks) -> None:
    typed = (*ASKED, Said("agent", "Наберіть номер."), Said("caller", "380509998877", typed="380509998877"))
    result = await rings(call_backs, typed, "", phone="+380509998877")
    assert set(call_backs.wishes) == {"+380509998877"}
    assert result.content["number"] == "набраний"


@pytest.mark.parametrize("phone", [None, "+380509998877", "0671112233"])
async def test_a_number_that_is_only_said_will_not_do(call_backs: FakeCallBacks, phone: str | None) -> None:
    said = (*ASKED, Said("agent", "Ваш номер?"), Said("caller", "0509998877"))
    result = await rings(call_backs, said, "", phone=phone)
    assert not result.success
    assert "клавіатурі" in result.content["error"]
    assert not call_backs.wishes
