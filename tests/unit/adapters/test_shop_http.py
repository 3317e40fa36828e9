"""The rules of the shop's API for its clients, with time passed in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest
import respx

from agent.adapters.shop_http import HttpShop
from agent.errors import ShopFailed
from agent.ports import Stock, Tyre, TyreQuery

BASE = "https://shop.test/api/v1"
ROW = {
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
EMPTY = {"data": [], "pagination": {"page": 1, "per_page": 10, "total": 0, "total_pages": 0}}


class Shop:
    """The adapter under test with the naps it took."""

    def __init__(self) -> None:
        self.naps_s: list[float] = []
        self.client = HttpShop(BASE, "fake-key", sleep=self._nap, today=lambda: dt.date(2026, 11, 22))

    async def _nap(self, seconds: float) -> None:
        self.naps_s.append(seconds)

    async def search(self, query: TyreQuery | None = None) -> list[Tyre]:
        return list(await self.client.search_tyres(query or TyreQuery(diameter=17), request_id="req-7"))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def page(*rows: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={**EMPTY, "data": list(rows)})


@respx.mock
async def test_a_search_sends_only_what_is_known_with_key_and_request_id(shop: Shop) -> None:
    route = respx.get(f"{BASE}/tires/search").mock(return_value=page(ROW))
    [tyre] = await shop.search(TyreQuery(width=215, profile=55, diameter=17, season="winter", max_price_uah=4000))
    request = route.calls.last.request
    assert dict(request.url.params) == {
        "width": "215",
        "profile": "55",
        "diameter": "17",
        "season": "winter",
        "max_price": "4000",
        "sort": "popularity",
        "per_page": "10",
    }
    assert request.headers["authorization"] == "Bearer fake-key"
    assert request.headers["x-request-id"] == "req-7"
    assert tyre == Tyre("T1", "Sava", "Eskimo HP2", "215/55 R17", "winter", 3890, True, 6)


@respx.mock
@pytest.mark.parametrize("status", [429, 503])
async def test_a_passing_fault_is_retried_after_one_then_two_seconds(shop: Shop, status: int) -> None:
    respx.get(f"{BASE}/tires/search").mock(side_effect=[httpx.Response(status), httpx.Response(status), page(ROW)])
    assert len(await shop.search()) == 1
    assert shop.naps_s == [1.0, 2.0]


@respx.mock
async def test_after_two_retries_it_gives_up_and_says_that_it_may_pass(shop: Shop) -> None:
    route = respx.get(f"{BASE}/tires/search").mock(return_value=httpx.Response(503))
    with pytest.raises(ShopFailed) as failed:
        await shop.search()
    assert (failed.value.status, failed.value.retryable, route.call_count) == (503, True, 3)


@respx.mock
async def test_retry_after_replaces_the_backoff(shop: Shop) -> None:
    respx.get(f"{BASE}/tires/search").mock(side_effect=[httpx.Response(429, headers={"Retry-After": "0.3"}), page()])
    assert await shop.search() == []
    assert shop.naps_s == [0.3]


@respx.mock
async def test_a_long_retry_after_is_not_waited_for_while_a_caller_is_on_the_phone(shop: Shop) -> None:
    route = respx.get(f"{BASE}/tires/search").mock(return_value=httpx.Response(503, headers={"Retry-After": "60"}))
    with pytest.raises(ShopFailed):
        await shop.search()
    assert (route.call_count, shop.naps_s) == (1, [])


@respx.mock
@pytest.mark.parametrize("nonsense", ["soon", "-1", "nan", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_an_unreadable_retry_after_counts_as_absent(shop: Shop, nonsense: str) -> None:
    respx.get(f"{BASE}/tires/search").mock(side_effect=[httpx.Response(503, headers={"Retry-After": nonsense}), page()])
    await shop.search()
    assert shop.naps_s == [1.0]


@respx.mock
@pytest.mark.parametrize("broken", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.RemoteProtocolError("cut")])
async def test_a_broken_connection_is_retried(shop: Shop, broken: Exception) -> None:
    respx.get(f"{BASE}/tires/search").mock(side_effect=[broken, page(ROW)])
    assert len(await shop.search()) == 1
    assert shop.naps_s == [1.0]


@respx.mock
@pytest.mark.parametrize(("status", "retryable"), [(500, True), (502, True), (400, False), (401, False), (404, False), (422, False)])
async def test_other_refusals_are_never_retried(shop: Shop, status: int, retryable: bool) -> None:
    body = {"error": {"code": "told", "message": "why", "request_id": "r"}}
    route = respx.get(f"{BASE}/tires/search").mock(return_value=httpx.Response(status, json=body))
    with pytest.raises(ShopFailed, match="told: why") as failed:
        await shop.search()
    assert (failed.value.status, failed.value.retryable, route.call_count) == (status, retryable, 1)


@respx.mock
async def test_an_answer_that_comes_too_late_is_not_asked_for_again(shop: Shop) -> None:
    route = respx.get(f"{BASE}/tires/search").mock(side_effect=httpx.ReadTimeout("late"))
    with pytest.raises(ShopFailed, match="within 5 s") as failed:
        await shop.search()
    assert (failed.value.retryable, route.call_count) == (True, 1)


@respx.mock
@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"data": [{"id": "T1"}]}',
        b'{"data": [{"id":"T","brand":"b","model":"m","size":"s","season":"winter","price":-5,"in_stock":true,"stock_quantity":1}]}',
    ],
)
async def test_an_answer_of_an_unknown_shape_is_a_failure_not_a_guess(shop: Shop, body: bytes) -> None:
    respx.get(f"{BASE}/tires/search").mock(return_value=httpx.Response(200, content=body))
    with pytest.raises(ShopFailed):
        await shop.search()


@respx.mock
async def test_a_car_without_a_size_is_looked_up_by_its_first_two_factory_sizes(shop: Shop) -> None:
    vehicle = respx.get(f"{BASE}/vehicles/tires").mock(
        return_value=httpx.Response(200, json={"vehicle": {"oem_sizes": ["215/55 R17", "?", "235/45 R18", "1"]}, "recommended_tires": {}})
    )
    search = respx.get(f"{BASE}/tires/search").mock(side_effect=[page({**ROW, "in_stock": False, "stock_quantity": 0}), page(ROW)])
    asked = TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2018, season="winter", brand="Sava")
    found = await shop.search(asked)
    assert [t.in_stock for t in found] == [True, False]
    assert dict(vehicle.calls.last.request.url.params) == {"make": "Toyota", "model": "Camry", "year": "2018", "season": "winter"}
    assert sorted(call.request.url.params["diameter"] for call in search.calls) == ["17", "18"]
    assert all(call.request.url.params["brand"] == "Sava" for call in search.calls)


@respx.mock
async def test_a_car_of_unknown_year_is_taken_for_the_newest(shop: Shop) -> None:
    vehicle = respx.get(f"{BASE}/vehicles/tires").mock(return_value=httpx.Response(200, json={"vehicle": {"oem_sizes": ["215/55 R17"]}}))
    respx.get(f"{BASE}/tires/search").mock(return_value=page(ROW))
    await shop.search(TyreQuery(vehicle_make="Toyota", vehicle_model="Camry"))
    assert vehicle.calls.last.request.url.params["year"] == "2026"


@respx.mock
async def test_a_car_whose_sizes_cannot_be_read_is_a_failure(shop: Shop) -> None:
    respx.get(f"{BASE}/vehicles/tires").mock(return_value=httpx.Response(200, json={"vehicle": {"oem_sizes": ["big"]}}))
    with pytest.raises(ShopFailed, match="no size"):
        await shop.search(TyreQuery(vehicle_make="Toyota", vehicle_model="Camry"))


@respx.mock
async def test_one_failed_size_fails_the_search_with_its_own_reason(shop: Shop) -> None:
    respx.get(f"{BASE}/vehicles/tires").mock(
        return_value=httpx.Response(200, json={"vehicle": {"oem_sizes": ["215/55 R17", "235/45 R18"]}})
    )
    respx.get(f"{BASE}/tires/search").mock(side_effect=[page(ROW), httpx.Response(500)])
    with pytest.raises(ShopFailed) as failed:
        await shop.search(TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2018))
    assert failed.value.status == 500


@respx.mock
async def test_a_car_with_a_size_is_searched_by_the_size(shop: Shop) -> None:
    respx.get(f"{BASE}/tires/search").mock(return_value=page(ROW))
    assert await shop.search(TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", diameter=17))


@respx.mock
async def test_an_id_cannot_reach_another_path(shop: Shop) -> None:
    route = respx.get(url__startswith=BASE).mock(return_value=httpx.Response(200, json={"locations": []}))
    await shop.client.availability("../orders/1?x=", request_id="r")
    assert route.calls.last.request.url.raw_path == b"/api/v1/tires/..%2Forders%2F1%3Fx%3D/availability"


@respx.mock
async def test_availability_tells_each_warehouse_and_when_more_comes(shop: Shop) -> None:
    places = [{"warehouse": "Київ", "quantity": 4}, {"warehouse": "Львів", "quantity": 8, "available_from": "2026-12-01"}]
    respx.get(f"{BASE}/tires/T1/availability").mock(return_value=httpx.Response(200, json={"locations": places}))
    stock = await shop.client.availability("T1", request_id="r")
    assert stock == [Stock("Київ", 4, None), Stock("Львів", 8, "2026-12-01")]
