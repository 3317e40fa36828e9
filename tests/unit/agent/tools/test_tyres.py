from __future__ import annotations

import dataclasses

from agent.shop import Stock, TyreQuery
from agent.tools.tyres import check_availability, get_vehicle_tire_sizes, search_tires
from tests.fakes.desk import a_desk
from tests.fakes.shop import X_ICE, FakeShop

CAMRY = {"vehicle_make": "Toyota", "vehicle_model": "Camry", "vehicle_year": 2019}
SIZE = {"width": 215, "profile": 55, "diameter": 17}


async def test_tyres_are_found_by_vehicle_and_told_briefly() -> None:
    shop = FakeShop(latency_s=0)
    desk = a_desk(shop)
    result = await search_tires.use({**CAMRY, "season": "winter"}, desk)
    assert shop.queries == [TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2019, season="winter")]
    assert shop.request_ids == ["r1"]
    offer = {"id": "t1", "name": "Michelin X-Ice Snow", "size": "215/55 R17", "season": "зимові", "in_stock": 12}
    prices = {"price": "4500 грн", "price_of_four": "18000 грн"}
    assert result.content == {"found": 1, "tires": [{**offer, **prices}]}


async def test_the_call_remembers_what_was_offered_at_which_price() -> None:
    desk = a_desk()
    await search_tires.use(SIZE, desk)
    assert desk.case.offers == {"t1": X_ICE}
    assert desk.case.amounts_uah == {4500, 18000}


async def test_no_more_than_three_offers_and_those_in_stock_first() -> None:
    gone = dataclasses.replace(X_ICE, id="gone", in_stock=False, stock_quantity=0)
    there = [dataclasses.replace(X_ICE, id=f"t{n}") for n in range(4)]
    desk = a_desk(FakeShop(offers=[gone, *there], latency_s=0))
    result = await search_tires.use(SIZE, desk)
    assert result.content["found"] == 5
    assert [offer["id"] for offer in result.content["tires"]] == ["t0", "t1", "t2"]
    assert list(desk.case.offers) == ["t0", "t1", "t2"]


async def test_half_a_size_is_asked_about_and_not_searched() -> None:
    shop = FakeShop(latency_s=0)
    result = await search_tires.use({"width": 215, "season": "winter"}, a_desk(shop))
    assert not result.success
    assert shop.queries == []


async def test_a_car_without_its_year_is_asked_about_and_not_searched() -> None:
    shop = FakeShop(latency_s=0)
    result = await search_tires.use({"vehicle_make": "Toyota", "vehicle_model": "Camry"}, a_desk(shop))
    assert not result.success
    assert "Запитай рік випуску" in result.content["error"]
    assert shop.queries == []


async def test_whoever_knows_the_size_needs_no_year() -> None:
    result = await search_tires.use({**SIZE, "vehicle_make": "Toyota", "vehicle_model": "Camry"}, a_desk())
    assert result.success


async def test_nothing_found_is_a_success_that_says_so() -> None:
    result = await search_tires.use(SIZE, a_desk(FakeShop(offers=(), latency_s=0)))
    assert result.success
    assert result.content["found"] == 0


async def test_a_car_has_its_sizes() -> None:
    result = await get_vehicle_tire_sizes.use({"make": "Toyota", "model": "Camry", "year": 2019}, a_desk())
    assert result.content == {"vehicle": "Toyota Camry 2019", "sizes": ["215/55 R17", "235/45 R18"]}


async def test_an_unknown_car_is_told_as_unknown() -> None:
    result = await get_vehicle_tire_sizes.use({"make": "Tavria", "model": "Nova", "year": 1999}, a_desk())
    assert not result.success
    assert "немає" in result.content["error"]


async def test_stock_is_told_by_warehouse_now_and_later() -> None:
    shop = FakeShop(stocks=[Stock("Київ", 8, None), Stock("Одеса", 0, None), Stock("Львів", 4, "2030-01-15")], latency_s=0)
    result = await check_availability.use({"tyre_id": "t1"}, a_desk(shop))
    assert result.content == {
        "tyre_id": "t1",
        "in_stock_now": 8,
        "warehouses": [{"warehouse": "Київ", "quantity": 8}],
        "expected": [{"warehouse": "Львів", "quantity": 4, "available_from": "15 січня"}],
    }
