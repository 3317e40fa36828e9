from __future__ import annotations

import dataclasses
from collections import deque

import pytest

from agent.errors import ShopFailed
from agent.shop import Order
from agent.tools.orders import create_order_draft, get_order_status
from agent.tools.tyres import search_tires
from tests.fakes.clock import virtual_time
from tests.fakes.desk import CALLER, FakeLedger, a_desk, heard
from tests.fakes.shop import ON_ITS_WAY, X_ICE, FakeShop, Mishap

FOUR = {"items": [{"tyre_id": "t1", "quantity": 4}], "customer_name": "Олег"}
STRANGER = "+380509998877"


def a_shop(**fields: object) -> FakeShop:
    shop = FakeShop(latency_s=0)
    for name, value in fields.items():
        setattr(shop, name, value)
    return shop


def shop_with(*orders: Order) -> FakeShop:
    return a_shop(placed={order.id: order for order in orders})


async def test_the_caller_hears_his_own_orders_the_latest_first() -> None:
    older = ON_ITS_WAY
    newer = dataclasses.replace(older, id="o2", number="10002", status="delivered", status_label="доставлено", total_uah=9400)
    desk = a_desk(shop_with(older, newer, dataclasses.replace(older, id="o3", number="10003", phone=STRANGER)))
    result = await get_order_status.use({}, desk)
    assert [order["number"] for order in result.content["orders"]] == ["10002", "10001"]
    assert result.content["orders"][0] == {
        "order_id": "o2",
        "number": "10002",
        "status": "доставлено",
        "items": "Michelin X-Ice Snow 215/55 R17, 4 шт.",
        "total": "9400 грн",
    }
    assert set(desk.case.orders) == {"o1", "o2"}
    assert desk.case.amounts_uah == {9400, 18000}


async def test_what_else_the_shops_search_brings_is_not_told() -> None:
    shop = shop_with(ON_ITS_WAY, dataclasses.replace(ON_ITS_WAY, id="o2", number="10002", phone=STRANGER, total_uah=9400))
    shop.searches_loosely = True
    desk = a_desk(shop)
    result = await get_order_status.use({}, desk)
    assert (result.content["found"], [order["number"] for order in result.content["orders"]]) == (1, ["10001"])
    assert set(desk.case.orders) == {"o1"}
    assert desk.case.amounts_uah == {18000}


async def test_of_many_orders_only_the_three_latest_are_told() -> None:
    desk = a_desk(shop_with(*(dataclasses.replace(ON_ITS_WAY, id=f"o{n}", number=f"1000{n}") for n in range(5))))
    result = await get_order_status.use({}, desk)
    assert result.content["found"] == 5
    assert [order["number"] for order in result.content["orders"]] == ["10004", "10003", "10002"]


async def test_a_day_of_arrival_is_told_as_a_day() -> None:
    desk = a_desk(shop_with(dataclasses.replace(ON_ITS_WAY, estimated_delivery="2026-11-24", tracking_number="20450000001")))
    result = await get_order_status.use({"order_number": "№ 10001"}, desk)
    (order,) = result.content["orders"]
    assert (order["expected"], order["tracking_number"]) == ("24 листопада", "20450000001")


async def test_of_a_delivered_order_nothing_is_expected_any_more() -> None:
    desk = a_desk(
        shop_with(dataclasses.replace(ON_ITS_WAY, status="delivered", status_label="доставлено", estimated_delivery="2026-11-20"))
    )
    (order,) = (await get_order_status.use({}, desk)).content["orders"]
    assert "expected" not in order


async def test_another_ones_order_is_answered_exactly_as_an_unknown_number() -> None:
    desk = a_desk(shop_with(dataclasses.replace(ON_ITS_WAY, phone=STRANGER)))
    others, unknown = [await get_order_status.use({"order_number": number}, desk) for number in ("10001", "99999")]
    assert others == unknown
    assert not others.success
    assert desk.case.orders == {}
    assert desk.case.amounts_uah == set()


async def test_a_number_that_is_spelled_otherwise_is_the_same_customer() -> None:
    result = await get_order_status.use(
        {"order_number": "10001"}, a_desk(shop_with(dataclasses.replace(ON_ITS_WAY, phone="067 111-22-33")))
    )
    assert result.success


@pytest.mark.parametrize("arguments", [{}, {"order_number": "10001"}])
async def test_a_caller_without_a_number_hears_no_orders(arguments: dict[str, str]) -> None:
    shop = shop_with(ON_ITS_WAY, dataclasses.replace(ON_ITS_WAY, id="o2", number="10002", phone=""))
    result = await get_order_status.use(arguments, a_desk(shop, caller_number=""))
    assert not result.success
    assert "оператор" in result.content["error"]


async def test_nobody_elses_order_without_a_number_belongs_to_a_caller_without_a_number() -> None:
    result = await get_order_status.use(
        {"order_number": "10001"}, a_desk(shop_with(dataclasses.replace(ON_ITS_WAY, phone="")), caller_number="")
    )
    assert not result.success


async def test_no_orders_are_told_as_none() -> None:
    result = await get_order_status.use({}, a_desk())
    assert result.success
    assert result.content["found"] == 0


async def test_a_draft_is_made_for_the_callers_number_and_summed_up() -> None:
    shop, said = a_shop(), heard("Добрий день!", "Беру чотири.")
    desk = a_desk(shop, said=said)
    await search_tires.use({"width": 215, "profile": 55, "diameter": 17}, desk)
    result = await create_order_draft.use(FOUR, desk)
    assert result.success
    assert result.content["number"] == "1001"
    assert result.content["summary"] == "Michelin X-Ice Snow, 4 шт.; разом 18000 грн"
    assert "куди доставити" in result.content["next"]
    order = shop.placed["order-1"]
    assert (order.phone, order.total_uah, order.status) == (CALLER, 18000, "draft")
    assert desk.case.orders == {"order-1": order}
    assert desk.case.changed == {"order-1": len(said)}
    assert 18000 in desk.case.amounts_uah


async def test_a_repeated_draft_is_the_first_one() -> None:
    shop = a_shop()
    desk = a_desk(shop)
    first = await create_order_draft.use(FOUR, desk)
    split = {**FOUR, "items": [{"tyre_id": "t1", "quantity": 3}, {"tyre_id": "t1", "quantity": 1}]}
    assert await create_order_draft.use(FOUR, desk) == first
    assert await create_order_draft.use(split, desk) == first
    assert len(shop.placed) == 1


@virtual_time
async def test_a_draft_that_is_asked_for_again_is_the_same_request_whatever_name_comes_with_it() -> None:
    shop = a_shop(mishaps=deque(["answer_lost"]))
    desk = a_desk(shop)
    await create_order_draft.use(FOUR, desk)
    await create_order_draft.use({**FOUR, "customer_name": "Олег Петренко"}, desk)
    assert shop.drafted_for == ["Олег", "Олег"]
    assert len(shop.placed) == 1


async def test_more_than_there_is_can_be_drafted_but_is_told() -> None:
    desk = a_desk(a_shop(offers=[dataclasses.replace(X_ICE, stock_quantity=3)]))
    await search_tires.use({"width": 215, "profile": 55, "diameter": 17}, desk)
    result = await create_order_draft.use(FOUR, desk)
    assert result.success
    assert "Michelin X-Ice Snow — 3 шт." in result.content["note"]


async def test_a_draft_with_another_quantity_is_another_draft() -> None:
    shop = a_shop()
    desk = a_desk(shop)
    await create_order_draft.use(FOUR, desk)
    await create_order_draft.use({**FOUR, "items": [{"tyre_id": "t1", "quantity": 2}]}, desk)
    assert len(shop.placed) == 2


async def test_after_a_restart_the_draft_of_the_call_is_found_again() -> None:
    shop, ledger = a_shop(), FakeLedger()
    first = await create_order_draft.use(FOUR, a_desk(shop, ledger=ledger))
    desk = a_desk(shop, ledger=ledger)
    assert await create_order_draft.use(FOUR, desk) == first
    assert desk.case.orders == shop.placed
    assert len(shop.placed) == 1


@pytest.mark.parametrize(("mishap", "orders"), [("answer_lost", 1), ("request_lost", 0)])
async def test_an_unknown_outcome_is_told_as_unknown_and_asking_again_settles_it(mishap: Mishap, orders: int) -> None:
    shop = a_shop()
    shop.mishaps.append(mishap)
    desk = a_desk(shop)
    result = await create_order_draft.use(FOUR, desk)
    assert not result.success
    assert "невідомо, чи це записано" in result.content["error"]
    assert len(shop.placed) == orders
    assert (await create_order_draft.use(FOUR, desk)).success
    assert len(shop.placed) == 1


async def test_without_a_ledger_nothing_is_sent_to_the_shop() -> None:
    shop, ledger = a_shop(), FakeLedger()
    ledger.fails_next = 1
    desk = a_desk(shop, ledger=ledger)
    desk.case.offers["t1"] = X_ICE
    result = await create_order_draft.use(FOUR, desk)
    assert not result.success
    assert "нічого не зроблено" in result.content["error"]
    assert shop.request_ids == []


async def test_a_tyre_that_nobody_offered_and_the_shop_does_not_know_is_not_ordered() -> None:
    shop = a_shop()
    result = await create_order_draft.use({**FOUR, "items": [{"tyre_id": "made-up", "quantity": 4}]}, a_desk(shop))
    assert not result.success
    assert "made-up" in result.content["error"]
    assert shop.placed == {}


@pytest.mark.parametrize("quantity", [0, -4, 100, 1.5, "багато"])
async def test_an_absurd_quantity_is_not_ordered(quantity: object) -> None:
    shop = a_shop()
    result = await create_order_draft.use({**FOUR, "items": [{"tyre_id": "t1", "quantity": quantity}]}, a_desk(shop))
    assert "Хибні аргументи" in result.content["error"]
    assert shop.request_ids == []


async def test_a_quantity_in_many_lines_is_still_absurd() -> None:
    shop = a_shop()
    result = await create_order_draft.use({**FOUR, "items": [{"tyre_id": "t1", "quantity": 60}] * 2}, a_desk(shop))
    assert not result.success
    assert shop.placed == {}


async def test_an_order_above_the_limit_goes_to_a_human_at_once() -> None:
    desk = a_desk(a_shop())
    result = await create_order_draft.use({**FOUR, "items": [{"tyre_id": "t1", "quantity": 12}]}, desk)
    assert not result.success
    assert result.hand_off is not None
    assert "1001" in result.hand_off
    again = await create_order_draft.use({**FOUR, "items": [{"tyre_id": "t1", "quantity": 12}]}, desk)
    assert again.hand_off == result.hand_off


async def test_who_telephones_with_his_number_orders_for_no_other() -> None:
    shop = a_shop()
    desk = a_desk(shop)
    assert not (await create_order_draft.use({**FOUR, "phone": STRANGER}, desk)).success
    assert shop.placed == {}
    assert (await create_order_draft.use({**FOUR, "phone": "067 111-22-33"}, desk)).success
    assert shop.placed["order-1"].phone == CALLER


async def test_who_withholds_his_number_leaves_another_one() -> None:
    shop = a_shop()
    desk = a_desk(shop, caller_number="")
    assert "контактний телефон" in (await create_order_draft.use(FOUR, desk)).content["error"]
    assert "Перепитай" in (await create_order_draft.use({**FOUR, "phone": "12"}, desk)).content["error"]
    assert (await create_order_draft.use({**FOUR, "phone": "050 999 88 77"}, desk)).success
    assert shop.placed["order-1"].phone == STRANGER
    assert (await get_order_status.use({}, desk)).content["orders"][0]["number"] == "1001"


async def test_a_down_shop_is_told_as_down() -> None:
    shop = a_shop(fails=ShopFailed("open", unavailable=True))
    result = await create_order_draft.use(FOUR, a_desk(shop))
    assert "недоступна" in result.content["error"]
