from __future__ import annotations

import dataclasses

from agent.ports import Stock, TyreQuery
from agent.tools.tool import Desk
from agent.tools.tyres import check_availability, search_tires
from tests.fakes.services import X_ICE, FakeShop


async def test_tyres_are_found_by_vehicle_and_told_briefly() -> None:
    shop = FakeShop(latency_s=0)
    result = await search_tires.use({"vehicle_make": "Toyota", "vehicle_model": "Camry", "season": "winter"}, Desk(shop, "+380", "r1"))
    assert shop.queries == [TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", season="winter")]
    assert shop.request_ids == ["r1"]
    offer = {"id": "t1", "name": "Michelin X-Ice Snow", "size": "215/55 R17", "season": "зимові", "price": "4500 грн", "in_stock": 12}
    assert result.content == {"found": 1, "tires": [offer]}


async def test_no_more_than_three_offers_and_those_in_stock_first() -> None:
    gone = dataclasses.replace(X_ICE, id="gone", in_stock=False, stock_quantity=0)
    there = [dataclasses.replace(X_ICE, id=f"t{n}") for n in range(4)]
    shop = FakeShop(tyres=[gone, *there], latency_s=0)
    result = await search_tires.use({"width": 215, "profile": 55, "diameter": 17}, Desk(shop, "+380", "r1"))
    assert result.content["found"] == 5
    assert [offer["id"] for offer in result.content["tires"]] == ["t0", "t1", "t2"]


async def test_half_a_size_is_asked_about_and_not_searched() -> None:
    shop = FakeShop(latency_s=0)
    result = await search_tires.use({"width": 215, "season": "winter"}, Desk(shop, "+380", "r1"))
    assert not result.success
    assert shop.queries == []


async def test_nothing_found_is_a_success_that_says_so() -> None:
    result = await search_tires.use({"width": 215, "profile": 55, "diameter": 17}, Desk(FakeShop(tyres=(), latency_s=0), "+380", "r1"))
    assert result.success
    assert result.content["found"] == 0


async def test_stock_is_told_by_warehouse_now_and_later() -> None:
    shop = FakeShop(stocks=[Stock("Київ", 8, None), Stock("Одеса", 0, None), Stock("Львів", 4, "2030-01-15")], latency_s=0)
    result = await check_availability.use({"tyre_id": "t1"}, Desk(shop, "+380", "r1"))
    assert result.content == {
        "tyre_id": "t1",
        "in_stock_now": 8,
        "warehouses": [{"warehouse": "Київ", "quantity": 8}],
        "expected": [{"warehouse": "Львів", "quantity": 4, "available_from": "2030-01-15"}],
    }
