"""How tyres are asked for and how the answers are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import respx

from agent.errors import ShopFailed
from agent.shop import Stock, Tyre, TyreQuery
from tests.unit.adapters.shop_client import BASE, ShopClient, page

ROW: dict[str, Any] = {
    "id": "T1",
    "brand": "Sava",
    "model": "Eskimo HP2",
    "size": "215/55 R17",
    "season": "winter",
    "load_index": 98,
    "speed_index": "V",
    "price": 3890,
    "in_stock": True,
    "stock_quantity": 6,
}
SAVA = Tyre("T1", "Sava", "Eskimo HP2", "215/55 R17", "winter", 3890, True, 6)
CAMRY = TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2018)


@pytest.fixture
async def client() -> AsyncIterator[ShopClient]:
    client = ShopClient()
    yield client
    await client.shop.aclose()


def car(*sizes: str) -> httpx.Response:
    return httpx.Response(200, json={"vehicle": {"make": "Toyota", "oem_sizes": sizes}, "recommended_tires": {}})


@respx.mock
async def test_a_search_sends_only_what_is_known(client: ShopClient) -> None:
    route = respx.get(f"{BASE}/tires/search").mock(return_value=page(ROW))
    query = TyreQuery(width=215, profile=55, diameter=17, season="winter", max_price_uah=4000)
    assert await client.tyres.search_tyres(query, request_id="r") == [SAVA]
    assert dict(route.calls.last.request.url.params) == {
        "width": "215",
        "profile": "55",
        "diameter": "17",
        "season": "winter",
        "max_price": "4000",
        "sort": "popularity",
        "per_page": "10",
    }


@respx.mock
@pytest.mark.parametrize(
    "written",
    [
        {"price": "3890.00", "stock_quantity": "6", "in_stock": "true"},
        {"price": 3889.6, "stock_quantity": 6.0},
        {"colour": {"new": "field"}, "load_index": None},
    ],
)
async def test_numbers_may_be_strings_and_what_is_not_read_may_be_anything(client: ShopClient, written: dict[str, Any]) -> None:
    respx.get(f"{BASE}/tires/search").mock(return_value=page({**ROW, **written}))
    assert await client.tyres.search_tyres(TyreQuery(diameter=17), request_id="r") == [SAVA]


@respx.mock
async def test_a_number_as_an_id_is_an_id(client: ShopClient) -> None:
    respx.get(f"{BASE}/tires/search").mock(return_value=page({**ROW, "id": 1001}))
    [tyre] = await client.tyres.search_tyres(TyreQuery(diameter=17), request_id="r")
    assert tyre.id == "1001"


@respx.mock
@pytest.mark.parametrize(
    "wrong",
    [
        {"price": -5},
        {"price": 0},
        {"price": "free"},
        {"price": "inf"},
        {"price": None},
        {"stock_quantity": -1},
        {"size": None},
        {"in_stock": "maybe"},
    ],
)
async def test_a_row_that_cannot_be_true_is_a_failure_not_an_offer(client: ShopClient, wrong: dict[str, Any]) -> None:
    respx.get(f"{BASE}/tires/search").mock(return_value=page(ROW, {**ROW, **wrong}))
    with pytest.raises(ShopFailed, match="unknown shape"):
        await client.tyres.search_tyres(TyreQuery(diameter=17), request_id="r")


@respx.mock
async def test_a_car_without_a_size_is_looked_up_by_its_first_two_factory_sizes(client: ShopClient) -> None:
    vehicle = respx.get(f"{BASE}/vehicles/tires").mock(return_value=car("215/55 R17", "?", "235/45 R18", "245/40 R19"))
    search = respx.get(f"{BASE}/tires/search").mock(side_effect=[page({**ROW, "in_stock": False, "stock_quantity": 0}), page(ROW)])
    asked = TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2018, season="winter", brand="Sava")
    found = await client.tyres.search_tyres(asked, request_id="req-7")
    assert [t.in_stock for t in found] == [True, False]
    assert dict(vehicle.calls.last.request.url.params) == {"make": "Toyota", "model": "Camry", "year": "2018"}
    assert sorted(call.request.url.params["diameter"] for call in search.calls) == ["17", "18"]
    assert all(call.request.url.params["brand"] == "Sava" for call in search.calls)
    assert {call.request.headers["x-request-id"] for call in [*vehicle.calls, *search.calls]} == {"req-7"}


@respx.mock
async def test_a_car_of_unknown_year_is_taken_for_the_newest(client: ShopClient) -> None:
    vehicle = respx.get(f"{BASE}/vehicles/tires").mock(return_value=car("215/55 R17"))
    respx.get(f"{BASE}/tires/search").mock(return_value=page(ROW))
    await client.tyres.search_tyres(TyreQuery(vehicle_make="Toyota", vehicle_model="Camry"), request_id="r")
    assert vehicle.calls.last.request.url.params["year"] == "2026"


@respx.mock
async def test_one_failed_size_fails_the_search_with_its_own_reason(client: ShopClient) -> None:
    respx.get(f"{BASE}/vehicles/tires").mock(return_value=car("215/55 R17", "235/45 R18"))
    respx.get(f"{BASE}/tires/search").mock(side_effect=[page(ROW), httpx.Response(500)])
    with pytest.raises(ShopFailed) as failed:
        await client.tyres.search_tyres(CAMRY, request_id="r")
    assert failed.value.status == 500


@respx.mock
async def test_a_car_with_a_size_is_searched_by_the_size(client: ShopClient) -> None:
    respx.get(f"{BASE}/tires/search").mock(return_value=page(ROW))
    query = TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", diameter=17)
    assert await client.tyres.search_tyres(query, request_id="r") == [SAVA]


@respx.mock
async def test_a_car_s_sizes_are_told_in_one_form_and_the_unreadable_are_left_out(client: ShopClient) -> None:
    respx.get(f"{BASE}/vehicles/tires").mock(return_value=car("215/55R17", "big", "235 / 45 ZR18"))
    assert await client.tyres.vehicle_sizes("Toyota", "Camry", 2018, request_id="r") == ["215/55 R17", "235/45 R18"]


@respx.mock
async def test_a_car_whose_sizes_cannot_be_read_is_a_failure(client: ShopClient) -> None:
    respx.get(f"{BASE}/vehicles/tires").mock(return_value=car("big"))
    with pytest.raises(ShopFailed, match="no size"):
        await client.tyres.vehicle_sizes("Toyota", "Camry", 2018, request_id="r")
    with pytest.raises(ShopFailed, match="no size"):
        await client.tyres.search_tyres(CAMRY, request_id="r")


@respx.mock
async def test_an_id_cannot_reach_another_path(client: ShopClient) -> None:
    route = respx.get(url__startswith=BASE).mock(return_value=httpx.Response(200, json={"locations": []}))
    await client.tyres.availability("../orders/1?x=", request_id="r")
    assert route.calls.last.request.url.raw_path == b"/api/v1/tires/..%2Forders%2F1%3Fx%3D/availability"


@respx.mock
async def test_availability_tells_each_warehouse_and_when_more_comes(client: ShopClient) -> None:
    places = [{"warehouse": "Київ", "quantity": 4}, {"warehouse": "Львів", "quantity": "8", "available_from": "2026-12-01"}]
    respx.get(f"{BASE}/tires/T1/availability").mock(return_value=httpx.Response(200, json={"total_quantity": 12, "locations": places}))
    stock = await client.tyres.availability("T1", request_id="r")
    assert stock == [Stock("Київ", 4, None), Stock("Львів", 8, "2026-12-01")]
