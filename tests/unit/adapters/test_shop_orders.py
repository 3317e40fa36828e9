"""How orders are asked for and written, and how the answers are read."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import respx

from agent.errors import ShopFailed
from agent.shop import Delivery, Order, OrderDraft, OrderItem, PickupPoint
from tests.unit.adapters.shop_client import BASE, ShopClient, page, refusal, sent_body

KEY = uuid.UUID("0190a0a0-0000-7000-8000-000000000001")
ROW: dict[str, Any] = {
    "id": "o1",
    "order_number": "104501",
    "customer_phone": "+380671112233",
    "customer_name": "Олена",
    "status": "confirmed",
    "status_label": "підтверджено",
    "items": [{"product_id": "T1", "name": "Sava Eskimo", "quantity": 4, "price": 3890, "sum": 15560}],
    "items_summary": "Sava Eskimo, 4 шт.",
    "subtotal": 15560,
    "delivery_cost": 240,
    "total": 15800,
    "delivery": {"type": "delivery", "city": "Київ", "address": "вул. Садова, 1", "pickup_point_id": None},
    "estimated_days": 2,
    "estimated_delivery": "2026-11-24",
    "tracking_number": None,
    "created_at": "2026-11-22T10:00:00+02:00",
}
ORDER = Order(
    id="o1",
    number="104501",
    phone="+380671112233",
    status="confirmed",
    status_label="підтверджено",
    total_uah=15800,
    items_summary="Sava Eskimo, 4 шт.",
    delivery=Delivery("Київ", "вул. Садова, 1"),
    delivery_cost_uah=240,
    estimated_days=2,
    estimated_delivery="2026-11-24",
)
DRAFT = OrderDraft("067 111-22-33", "Олена", (OrderItem("T1", 4), OrderItem("T2", 1)), "call-1")


@pytest.fixture
async def client() -> AsyncIterator[ShopClient]:
    client = ShopClient()
    yield client
    await client.shop.aclose()


@respx.mock
async def test_a_customer_s_orders_are_asked_for_by_the_full_number_and_told_the_newest_first(client: ShopClient) -> None:
    made = ["2026-11-01T10:00:00+02:00", "2026-11-22T10:00:00+02:00", "2026-10-01T10:00:00+03:00"]
    rows = [{**ROW, "id": f"o{n}", "created_at": at} for n, at in enumerate(made)]
    route = respx.get(f"{BASE}/orders/search").mock(return_value=page(*rows))
    found = await client.orders.orders_of("0671112233", request_id="r")
    assert [order.id for order in found] == ["o1", "o0", "o2"]
    assert route.calls.last.request.url.query == b"phone=%2B380671112233"


@respx.mock
async def test_orders_of_unknown_age_keep_the_shop_s_order(client: ShopClient) -> None:
    rows = [{**ROW, "id": f"o{n}", "created_at": None} for n in range(3)]
    respx.get(f"{BASE}/orders/search").mock(return_value=page(*rows))
    assert [order.id for order in await client.orders.orders_of("+380671112233", request_id="r")] == ["o0", "o1", "o2"]


@respx.mock
async def test_an_order_is_found_by_its_number_only_when_it_is_that_number(client: ShopClient) -> None:
    route = respx.get(f"{BASE}/orders/search").mock(return_value=page({**ROW, "order_number": "1045011"}, ROW))
    assert await client.orders.find_order("104501", request_id="r") == ORDER
    assert dict(route.calls.last.request.url.params) == {"order_number": "104501"}
    route.mock(return_value=page({**ROW, "order_number": "1045011"}))
    assert await client.orders.find_order("104501", request_id="r") is None


@respx.mock
@pytest.mark.parametrize("nothing", [page(), refusal(404)], ids=["empty list", "404"])
async def test_an_unknown_number_is_no_order_not_a_failure(client: ShopClient, nothing: httpx.Response) -> None:
    respx.get(f"{BASE}/orders/search").mock(return_value=nothing)
    assert await client.orders.find_order("1", request_id="r") is None


@respx.mock
async def test_a_shop_that_fails_to_find_an_order_has_failed(client: ShopClient) -> None:
    respx.get(f"{BASE}/orders/search").mock(return_value=refusal(500))
    with pytest.raises(ShopFailed):
        await client.orders.find_order("1", request_id="r")


@respx.mock
async def test_an_order_is_read_by_its_id(client: ShopClient) -> None:
    respx.get(f"{BASE}/orders/o1").mock(return_value=httpx.Response(200, json=ROW))
    assert await client.orders.order("o1", request_id="r") == ORDER


@respx.mock
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"total": "15800.00", "delivery_cost": "240", "estimated_days": "2"}, {}),
        ({"id": 1, "order_number": 104501, "tracking_number": 5900}, {"id": "1", "tracking_number": "5900"}),
        ({"customer_phone": "067 111 22 33"}, {}),
        ({"customer_phone": "unknown"}, {"phone": "unknown"}),
        ({"status_label": ""}, {"status_label": "confirmed"}),
        ({"total": None}, {"total_uah": 15560}),
        ({"delivery": None, "delivery_cost": None}, {"delivery": None, "delivery_cost_uah": None}),
        ({"delivery": {"type": "pickup", "city": "Київ", "pickup_point_id": 7}}, {"delivery": Delivery("Київ", None, "7")}),
        ({"items": "not read", "customer_name": None}, {}),
    ],
)
async def test_an_order_is_read_as_it_may_be_written(client: ShopClient, written: dict[str, Any], read: dict[str, Any]) -> None:
    respx.get(f"{BASE}/orders/o1").mock(return_value=httpx.Response(200, json={**ROW, **written}))
    order = await client.orders.order("o1", request_id="r")
    assert {name: getattr(order, name) for name in Order.__dataclass_fields__} == {
        **{name: getattr(ORDER, name) for name in Order.__dataclass_fields__},
        **read,
    }


@respx.mock
@pytest.mark.parametrize(
    "wrong", [{"total": -1}, {"total": None, "subtotal": None}, {"customer_phone": None}, {"status": 5}, {"estimated_delivery": "soon"}]
)
async def test_an_order_that_cannot_be_true_is_a_failure(client: ShopClient, wrong: dict[str, Any]) -> None:
    respx.get(f"{BASE}/orders/o1").mock(return_value=httpx.Response(200, json={**ROW, **wrong}))
    with pytest.raises(ShopFailed, match="unknown shape"):
        await client.orders.order("o1", request_id="r")


@respx.mock
async def test_a_draft_is_sent_once_with_its_key_and_has_the_sum_so_far(client: ShopClient) -> None:
    draft = {**ROW, "status": "draft", "status_label": "чернетка", "delivery": None, "delivery_cost": None, "total": None}
    route = respx.post(f"{BASE}/orders").mock(return_value=httpx.Response(201, json=draft))
    order = await client.orders.create_order(DRAFT, idempotency_key=KEY, request_id="req-7")
    assert (order.status, order.total_uah, order.delivery) == ("draft", 15560, None)
    request = route.calls.last.request
    assert sent_body(request) == {
        "customer_phone": "+380671112233",
        "customer_name": "Олена",
        "items": [{"product_id": "T1", "quantity": 4}, {"product_id": "T2", "quantity": 1}],
        "source": "phone",
        "call_id": "call-1",
    }
    assert (request.headers["idempotency-key"], request.headers["x-request-id"]) == (str(KEY), "req-7")


@respx.mock
@pytest.mark.parametrize(
    ("delivery", "body"),
    [
        (Delivery("Київ", "вул. Садова, 1"), {"delivery": {"city": "Київ", "address": "вул. Садова, 1"}}),
        (Delivery(pickup_point_id="p1"), {"pickup": {"pickup_point_id": "p1"}}),
        (Delivery("Київ", None, "p1"), {"pickup": {"pickup_point_id": "p1"}}),
    ],
)
async def test_a_delivery_goes_to_an_address_or_to_a_pickup_point(client: ShopClient, delivery: Delivery, body: dict[str, Any]) -> None:
    route = respx.patch(f"{BASE}/orders/o1/delivery").mock(return_value=httpx.Response(200, json=ROW))
    assert await client.orders.set_delivery("o1", delivery, request_id="r") == ORDER
    assert sent_body(route.calls.last.request) == body


@respx.mock
async def test_a_confirmation_tells_how_it_is_paid_and_carries_its_key(client: ShopClient) -> None:
    route = respx.post(f"{BASE}/orders/o1/confirm").mock(return_value=httpx.Response(200, json=ROW))
    confirmed = await client.orders.confirm_order("o1", payment="cod", name="Олена", sms=True, idempotency_key=KEY, request_id="r")
    assert confirmed == ORDER
    request = route.calls.last.request
    assert sent_body(request) == {"payment_method": "cod", "customer_name": "Олена", "send_sms_confirmation": True}
    assert request.headers["idempotency-key"] == str(KEY)


@respx.mock
async def test_an_order_s_id_cannot_reach_another_path(client: ShopClient) -> None:
    route = respx.route(url__startswith=BASE).mock(return_value=httpx.Response(200, json=ROW))
    await client.orders.confirm_order("o1/../o2", payment="cod", name="О", sms=False, idempotency_key=KEY, request_id="r")
    assert route.calls.last.request.url.raw_path == b"/api/v1/orders/o1%2F..%2Fo2/confirm"


@respx.mock
@pytest.mark.parametrize(("city", "asked"), [("Київ", {"city": "Київ"}), (None, {})])
async def test_pickup_points_are_those_of_a_city_or_all(client: ShopClient, city: str | None, asked: dict[str, str]) -> None:
    row = {"id": 1, "name": "Поштомат 12", "city": "Київ", "address": "вул. Садова, 1", "open": "9-18"}
    route = respx.get(f"{BASE}/pickup-points").mock(return_value=page(row))
    assert await client.orders.pickup_points(city, request_id="r") == [PickupPoint("1", "Поштомат 12", "Київ", "вул. Садова, 1")]
    assert dict(route.calls.last.request.url.params) == asked
