"""The shop's adapter and the shop's stand-in understand each other over a socket: the catalogue, and the stand-in itself."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from agent.adapters.shop_http import HttpShop
from agent.errors import ShopFailed
from agent.shop import TyreQuery
from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings
from tests.contract.shop_standin import (
    KEY,
    get,
    no_nap,
    plain_http,
)

WINTER_CAMRY = TyreQuery(season="winter", vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2019)


async def test_winter_tyres_for_a_camry_are_found_by_the_car(shop: HttpShop) -> None:
    found = await shop.tyres.search_tyres(WINTER_CAMRY, request_id="r1")
    assert {t.season for t in found} == {"winter"}
    assert {t.size for t in found} == {"215/55 R17"}
    assert len(found) >= 4
    assert [t.in_stock for t in found] == sorted((t.in_stock for t in found), reverse=True)


async def test_a_camry_of_unknown_year_is_found_too(shop: HttpShop) -> None:
    assert await shop.tyres.search_tyres(TyreQuery(season="winter", vehicle_make="Toyota", vehicle_model="Camry"), request_id="r")


async def test_filters_hold_together(shop: HttpShop) -> None:
    found = await shop.tyres.search_tyres(
        TyreQuery(width=205, profile=55, diameter=16, season="winter", max_price_uah=4500), request_id="r"
    )
    assert found
    assert all(t.size == "205/55 R16" and t.price_uah <= 4500 for t in found)


async def test_availability_adds_up_to_what_the_search_said(shop: HttpShop) -> None:
    [first, *_] = await shop.tyres.search_tyres(WINTER_CAMRY, request_id="r")
    places = await shop.tyres.availability(first.id, request_id="r")
    assert sum(p.quantity for p in places if p.available_from is None) == first.stock_quantity > 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (TyreQuery(vehicle_make="Toyota", vehicle_model="Supra", vehicle_year=2019), 404),
        (TyreQuery(vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=1900), 422),
        (TyreQuery(width=1), 422),
    ],
)
async def test_what_the_shop_refuses_is_told_with_its_status(shop: HttpShop, query: TyreQuery, status: int) -> None:
    with pytest.raises(ShopFailed) as failed:
        await shop.tyres.search_tyres(query, request_id="r")
    assert (failed.value.status, failed.value.retryable) == (status, False)


async def test_a_wrong_key_is_refused(url: str) -> None:
    stranger = HttpShop(f"{url}/api/v1", "wrong", http=plain_http())
    with pytest.raises(ShopFailed) as failed:
        await stranger.tyres.availability("T1001", request_id="r")
    await stranger.aclose()
    assert failed.value.status == 401


async def test_a_shop_that_recovers_after_two_refusals_is_heard(shop: HttpShop, control: Control[ShopSettings]) -> None:
    control.change({"fail_next": 2, "fail_status": 503, "retry_after_s": 0.01})
    assert await shop.tyres.availability("T1001", request_id="one-and-the-same")
    assert [(s.outcome, s.detail["request_id"]) for s in control.log()] == [
        ("503", "one-and-the-same"),
        ("503", "one-and-the-same"),
        ("200", "one-and-the-same"),
    ]


@pytest.mark.parametrize(
    ("fault", "retryable"), [({"fail_next": 1}, True), ({"hang_next": 1}, True), ({"rubbish_next": 1}, False), ({"latency_ms": 900}, True)]
)
async def test_a_broken_shop_is_a_failure_in_time(
    impatient: HttpShop, control: Control[ShopSettings], fault: dict[str, int], retryable: bool
) -> None:
    control.change(fault)
    with pytest.raises(ShopFailed) as failed:
        await impatient.tyres.availability("T1001", request_id="r")
    assert failed.value.retryable is retryable


async def test_nobody_listening_is_a_passing_failure() -> None:
    shop = HttpShop("http://127.0.0.1:9/api/v1", KEY, sleep=no_nap)
    with pytest.raises(ShopFailed, match="no connection") as failed:
        await shop.tyres.availability("T1", request_id="r")
    await shop.aclose()
    assert failed.value.retryable


async def test_the_sizes_of_a_car_are_its_factory_s(shop: HttpShop) -> None:
    assert (await shop.tyres.vehicle_sizes("Toyota", "Camry", 2019, request_id="r"))[0] == "215/55 R17"
    with pytest.raises(ShopFailed) as failed:
        await shop.tyres.vehicle_sizes("Toyota", "Supra", 2019, request_id="r")
    assert failed.value.status == 404


async def test_pages_cover_everything_once_in_order(url: str) -> None:
    pages = [(await get(url, "/tires/search", sort="price_asc", per_page=20, page=n)).json() for n in (1, 2, 3, 4)]
    rows = [row for p in pages for row in p["data"]]
    assert pages[0]["pagination"] == {"page": 1, "per_page": 20, "total": len(rows), "total_pages": 3}
    assert len({r["id"] for r in rows}) == len(rows) >= 40
    assert [r["price"] for r in rows] == sorted(r["price"] for r in rows)
    assert pages[3]["data"] == []


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        ("/tires/T9", {}, 404, "not_found"),
        ("/nowhere", {}, 404, "not_found"),
        ("/tires/search", {"per_page": 51}, 422, "validation_error"),
        ("/tires/search", {"season": "autumn"}, 422, "validation_error"),
        ("/tires/search", {"colour": "black"}, 422, "validation_error"),
    ],
)
async def test_every_error_has_the_one_shape_and_a_request_id(
    url: str, path: str, parameters: dict[str, Any], status: int, code: str
) -> None:
    answer = await get(url, path, **parameters)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]


async def test_details_and_recommendations_are_of_the_tyre_and_the_car(url: str) -> None:
    detail = (await get(url, "/tires/T1001")).json()
    assert detail["size"] == f"{detail['width']}/{detail['profile']} R{detail['diameter']}"
    car = (await get(url, "/vehicles/tires", make="toyota", model="CAMRY", year=2020, season="winter")).json()
    assert car["vehicle"]["oem_sizes"][0] == "215/55 R17"
    assert {t["season"] for t in car["recommended_tires"]["215/55 R17"]} == {"winter"}


async def test_health_needs_no_key(url: str) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.get(f"{url}/api/v1/health")).json() == {"status": "ok"}
