from __future__ import annotations

import dataclasses

import pytest

from agent.shop import Delivery
from agent.tools.delivery import get_pickup_points, update_order_delivery
from agent.tools.orders import create_order_draft
from agent.tools.tool import Desk
from tests.fakes.clock import virtual_time
from tests.fakes.desk import FakeLedger, a_desk, heard
from tests.fakes.shop import FakeShop

HOME = {"order_id": "order-1", "city": "Київ", "address": "вул. Хрещатик, 1"}
WORK = {"order_id": "order-1", "city": "Львів", "address": "вул. Городоцька, 174"}
POINT = {"order_id": "order-1", "pickup_point_id": "p1"}


async def at_a_draft(shop: FakeShop, ledger: FakeLedger | None = None) -> Desk:
    desk = a_desk(shop, ledger=ledger, said=heard("Добрий день!", "Беру."))
    await create_order_draft.use({"items": [{"tyre_id": "t1", "quantity": 4}], "customer_name": "Олег"}, desk)
    return desk


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop(latency_s=0)


async def test_pickup_points_of_a_city_are_told_with_their_ids() -> None:
    desk = a_desk()
    result = await get_pickup_points.use({"city": "Київ"}, desk)
    assert result.content == {"found": 1, "points": [{"id": "p1", "name": "Поштомат 12", "address": "вул. Хрещатик, 1"}]}


async def test_a_city_without_pickup_points_is_told_as_such() -> None:
    result = await get_pickup_points.use({"city": "Умань"}, a_desk())
    assert result.success
    assert result.content["found"] == 0


async def test_the_street_that_the_caller_named_chooses_among_the_points() -> None:
    result = await get_pickup_points.use({"city": "Київ", "near": "хрещатик"}, a_desk())
    assert [point["id"] for point in result.content["points"]] == ["p1"]
    result = await get_pickup_points.use({"city": "Київ", "near": "Хрищатик"}, a_desk())
    assert [point["id"] for point in result.content["points"]] == ["p1"]


async def test_delivery_to_an_address_makes_a_new_summary_that_must_be_heard(shop: FakeShop) -> None:
    desk = await at_a_draft(shop)
    desk.case.changed.clear()
    result = await update_order_delivery.use(HOME, desk)
    assert result.content["summary"] == "Michelin X-Ice Snow, 4 шт.; доставка: Київ, вул. Хрещатик, 1, 150 грн, 2 дні; разом 18150 грн"
    assert "запитай, чи підтверджує" in result.content["next"]
    assert desk.case.orders["order-1"] == shop.placed["order-1"]
    assert desk.case.changed == {"order-1": 2}
    assert {150, 18150} <= desk.case.amounts_uah


async def test_a_pickup_point_is_named_in_the_summary(shop: FakeShop) -> None:
    desk = await at_a_draft(shop)
    await get_pickup_points.use({"city": "Київ"}, desk)
    result = await update_order_delivery.use(POINT, desk)
    assert result.content["delivery"] == "пункт видачі Поштомат 12, вул. Хрещатик, 1, безкоштовно, 2 дні"
    assert result.content["total"] == "18000 грн"


@pytest.mark.parametrize(
    "where",
    [{}, {"city": "Київ"}, {"address": "вул. Хрещатик, 1"}, {"city": "Київ", "address": "вул. Хрещатик, 1", "pickup_point_id": "p1"}],
)
async def test_half_an_address_or_two_places_are_asked_about(shop: FakeShop, where: dict[str, str]) -> None:
    desk = await at_a_draft(shop)
    assert not (await update_order_delivery.use({"order_id": "order-1", **where}, desk)).success
    assert ("set_delivery", "order-1") not in shop.writes


async def test_the_same_delivery_again_writes_nothing(shop: FakeShop) -> None:
    desk = await at_a_draft(shop)
    first = await update_order_delivery.use(HOME, desk)
    assert await update_order_delivery.use(HOME, desk) == first
    assert shop.writes.count(("set_delivery", "order-1")) == 1


async def test_who_changes_his_mind_and_changes_it_back_gets_what_he_said_last(shop: FakeShop) -> None:
    desk = await at_a_draft(shop)
    for wish in (HOME, WORK, HOME, WORK, HOME):
        result = await update_order_delivery.use(wish, desk)
        assert wish["city"] in result.content["delivery"]
        assert shop.placed["order-1"].delivery == Delivery(wish["city"], wish["address"])


@virtual_time
async def test_a_delivery_whose_answer_was_lost_is_found_by_reading_back(shop: FakeShop) -> None:
    desk = await at_a_draft(shop)
    shop.mishaps.append("answer_lost")
    result = await update_order_delivery.use(HOME, desk)
    assert result.content["total"] == "18150 грн"
    assert desk.case.orders == shop.placed


@virtual_time
async def test_a_delivery_that_may_still_be_under_way_is_unknown_and_asking_again_settles_it(shop: FakeShop) -> None:
    desk = await at_a_draft(shop)
    shop.mishaps.append("request_lost")
    result = await update_order_delivery.use(HOME, desk)
    assert "невідомо, чи це записано" in result.content["error"]
    result = await update_order_delivery.use(HOME, desk)
    assert result.success
    assert shop.placed["order-1"].delivery == Delivery("Київ", "вул. Хрещатик, 1")
    assert shop.writes.count(("set_delivery", "order-1")) == 1


@virtual_time
async def test_a_wish_after_an_unknown_one_holds_whatever_became_of_that(shop: FakeShop) -> None:
    desk = await at_a_draft(shop)
    await update_order_delivery.use(HOME, desk)
    shop.mishaps.append("answer_lost")
    await update_order_delivery.use(WORK, desk)
    result = await update_order_delivery.use(HOME, desk)
    assert "Київ" in result.content["delivery"]
    assert shop.placed["order-1"].delivery == Delivery("Київ", "вул. Хрещатик, 1")


async def test_the_delivery_of_anothers_order_is_not_touched(shop: FakeShop) -> None:
    await at_a_draft(shop)
    result = await update_order_delivery.use(HOME, a_desk(shop, caller_number="+380509998877", call_id="call-2"))
    assert not result.success
    assert ("set_delivery", "order-1") not in shop.writes


async def test_a_delivery_that_lifts_the_order_above_the_limit_goes_to_a_human(shop: FakeShop) -> None:
    desk = a_desk(shop)
    await create_order_draft.use({"items": [{"tyre_id": "t1", "quantity": 11}], "customer_name": "Олег"}, desk)
    shop.placed["order-1"] = dataclasses.replace(shop.placed["order-1"], total_uah=49_900)
    result = await update_order_delivery.use(HOME, desk)
    assert not result.success
    assert result.hand_off is not None
