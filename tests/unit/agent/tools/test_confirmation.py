from __future__ import annotations

import dataclasses

import pytest

from agent.tools.delivery import update_order_delivery
from agent.tools.orders import confirm_order, create_order_draft
from agent.tools.tool import Desk
from tests.fakes.clock import virtual_time
from tests.fakes.desk import FakeLedger, a_desk, heard
from tests.fakes.shop import FakeShop

CONFIRM = {"order_id": "order-1", "payment_method": "cod"}
DRAFT = {"items": [{"tyre_id": "t1", "quantity": 4}], "customer_name": "Олег"}
DELIVERY = {"order_id": "order-1", "city": "Київ", "address": "вул. Хрещатик, 1"}
ASKED = "Чотири Michelin X-Ice Snow, доставка на Хрещатик, 1, у Києві, разом 18150 грн, оплата при отриманні. Підтверджуєте замовлення?"


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop(latency_s=0)


async def agreed(shop: FakeShop, ledger: FakeLedger | None = None, caller_number: str = "+380671112233") -> Desk:
    """A desk whose caller has heard the summary of his order and said yes."""
    desk = a_desk(shop, ledger=ledger, said=heard("Добрий день!", "Беру чотири."), caller_number=caller_number)
    await create_order_draft.use(DRAFT if caller_number else {**DRAFT, "phone": "0509998877"}, desk)
    await update_order_delivery.use(DELIVERY, desk)
    return dataclasses.replace(desk, said=(*desk.said, *heard(ASKED, "Так, підтверджую.")))


async def test_after_the_yes_the_order_is_confirmed_for_the_name_of_its_draft(shop: FakeShop) -> None:
    desk = await agreed(shop)
    result = await confirm_order.use(CONFIRM, desk)
    assert result.success
    assert (result.content["number"], result.content["status"], result.content["total"]) == ("1001", "підтверджено", "18150 грн")
    assert "summary" not in result.content
    assert shop.placed["order-1"].status == "confirmed"
    assert desk.case.orders["order-1"].status == "confirmed"


async def test_another_payment_after_the_confirmation_is_not_told_as_agreed(shop: FakeShop) -> None:
    desk = await agreed(shop)
    first = await confirm_order.use(CONFIRM, desk)
    assert first.content["payment"] == "при отриманні"
    assert await confirm_order.use(CONFIRM, desk) == first
    other = await confirm_order.use({**CONFIRM, "payment_method": "online"}, desk)
    assert not other.success
    assert "при отриманні" in other.content["error"]


async def test_the_same_order_once_more_in_a_call_is_told_to_be_there_already(shop: FakeShop) -> None:
    desk = await agreed(shop)
    await confirm_order.use(CONFIRM, desk)
    result = await create_order_draft.use(DRAFT, desk)
    assert not result.success
    assert "вже оформлено" in result.content["error"]
    assert "№ 1001" in result.content["error"]
    assert len(shop.placed) == 1


async def test_a_draft_that_is_asked_for_again_is_told_with_its_delivery(shop: FakeShop) -> None:
    desk = await agreed(shop)
    result = await create_order_draft.use(DRAFT, desk)
    assert "вул. Хрещатик, 1" in result.content["summary"]
    assert result.content["total"] == "18150 грн"


async def test_without_the_yes_nothing_is_confirmed(shop: FakeShop) -> None:
    desk = await agreed(shop)
    result = await confirm_order.use(CONFIRM, dataclasses.replace(desk, said=desk.said[:-1]))
    assert not result.success
    assert shop.placed["order-1"].status == "draft"


async def test_a_repeated_confirmation_is_the_first_one(shop: FakeShop) -> None:
    desk = await agreed(shop)
    first = await confirm_order.use(CONFIRM, desk)
    assert await confirm_order.use(CONFIRM, desk) == first
    assert shop.writes.count(("confirm_order", "order-1")) == 1


async def test_an_order_without_delivery_is_not_confirmed(shop: FakeShop) -> None:
    desk = a_desk(shop, said=heard("Добрий день!", "Беру."))
    await create_order_draft.use(DRAFT, desk)
    desk = dataclasses.replace(desk, said=(*desk.said, *heard("Чотири Michelin, разом 18000 грн. Підтверджуєте замовлення?", "Так.")))
    result = await confirm_order.use(CONFIRM, desk)
    assert not result.success
    assert shop.placed["order-1"].status == "draft"


@virtual_time
async def test_a_confirmation_whose_answer_was_lost_is_found_by_reading_back(shop: FakeShop) -> None:
    desk = await agreed(shop)
    shop.mishaps.append("answer_lost")
    assert (await confirm_order.use(CONFIRM, desk)).content["status"] == "підтверджено"
    assert shop.writes.count(("confirm_order", "order-1")) == 1


@virtual_time
async def test_a_confirmation_that_may_still_be_under_way_is_unknown_and_asking_again_settles_it(shop: FakeShop) -> None:
    desk = await agreed(shop)
    shop.mishaps.append("request_lost")
    assert "невідомо" in (await confirm_order.use(CONFIRM, desk)).content["error"]
    assert (await confirm_order.use(CONFIRM, desk)).success
    assert shop.writes.count(("confirm_order", "order-1")) == 1


async def test_a_draft_of_an_earlier_call_needs_a_name(shop: FakeShop) -> None:
    desk = await agreed(shop)
    desk.case.names.clear()
    assert "імені" in (await confirm_order.use(CONFIRM, desk)).content["error"]
    assert (await confirm_order.use({**CONFIRM, "customer_name": "Олег"}, desk)).success


async def test_who_withholds_his_number_is_counted_by_the_number_he_left(shop: FakeShop) -> None:
    ledger = FakeLedger()
    desk = await agreed(shop, ledger, caller_number="")
    assert (await confirm_order.use(CONFIRM, desk)).success
    assert [entry.intent for entry in ledger.entries(number="+380509998877")] == ["confirm_order"]


async def test_an_order_nobody_in_this_call_knows_is_not_confirmed(shop: FakeShop) -> None:
    await agreed(shop)
    result = await confirm_order.use(CONFIRM, a_desk(shop, caller_number="+380509998877", call_id="call-2"))
    assert not result.success
    assert shop.placed["order-1"].status == "draft"


async def test_an_unknown_way_to_pay_is_told_in_words(shop: FakeShop) -> None:
    result = await confirm_order.use({**CONFIRM, "payment_method": "barter"}, await agreed(shop))
    assert "Хибні аргументи" in result.content["error"]
