"""Orders at the shop's stand-in: drafts, delivery, confirmation, stock, idempotency keys."""

from __future__ import annotations

import pytest

from tests.unit.standins.shop_counter import PHONE, Counter, fresh_shop, new_key, refusal


@pytest.fixture
def shop() -> Counter:
    return fresh_shop()


def test_a_draft_has_a_number_a_sum_and_takes_nothing_off_the_stock(shop: Counter) -> None:
    answer = shop.draft("T1001", 4)
    order = answer.json()
    assert answer.status_code == 201
    assert (order["status"], order["status_label"], order["subtotal"], order["delivery"]) == ("draft", "чернетка", 4 * 4690, None)
    assert 5 <= len(order["order_number"]) <= 6
    assert shop.get("/tires/T1001")["stock_quantity"] == 17


def test_the_same_key_and_request_give_the_same_order_back(shop: Counter) -> None:
    key = new_key()
    first, second = shop.draft(key=key), shop.draft(key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert shop.written()["orders"] == 1


def test_the_same_key_for_another_request_is_refused(shop: Counter) -> None:
    key = new_key()
    order_id = shop.ready()
    shop.draft(key=key)
    assert refusal(shop.draft("T1003", 2, key=key)) == (422, "idempotency_key_reused")
    assert refusal(shop.confirm(order_id, key=key)) == (422, "idempotency_key_reused")


def test_a_key_is_forgotten_after_24_hours(shop: Counter) -> None:
    key = new_key()
    first = shop.draft(key=key).json()
    shop.control.change({"now": "2026-11-24T07:59:59"})
    assert shop.draft(key=key).json()["id"] == first["id"]
    shop.control.change({"now": "2026-11-24T08:00:00"})
    assert shop.draft(key=key).json()["id"] != first["id"]


@pytest.mark.parametrize("key", [None, "not-a-uuid"])
def test_an_order_without_a_proper_key_is_refused(shop: Counter, key: str | None) -> None:
    body = {"customer_phone": PHONE, "items": [{"product_id": "T1001", "quantity": 1}]}
    assert refusal(shop.ask("POST", "/orders", body, key=key)) == (400, "bad_request")
    assert shop.written()["orders"] == 0


def test_a_refused_request_leaves_its_key_free(shop: Counter) -> None:
    key = new_key()
    assert refusal(shop.draft("T9999", key=key)) == (422, "unknown_product")
    assert shop.draft(key=key).status_code == 201


def test_the_same_product_twice_is_one_row(shop: Counter) -> None:
    body = {"customer_phone": "0931112233", "items": [{"product_id": "T1001", "quantity": n} for n in (1, 3)]}
    order = shop.ask("POST", "/orders", body, key=new_key()).json()
    assert [(row["product_id"], row["quantity"]) for row in order["items"]] == [("T1001", 4)]
    assert order["customer_phone"] == PHONE


@pytest.mark.parametrize("quantity", [0, 100, -1, "four", 1.5])
def test_an_absurd_quantity_is_refused(shop: Counter, quantity: object) -> None:
    body = {"customer_phone": PHONE, "items": [{"product_id": "T1001", "quantity": quantity}]}
    assert refusal(shop.ask("POST", "/orders", body, key=new_key())) == (422, "validation_error")


@pytest.mark.parametrize(
    ("product_id", "quantity", "city", "cost", "days"),
    [
        ("T1042", 2, "Київ", 300, 1),
        ("T1042", 2, "м. Киев", 300, 1),
        ("T1042", 2, "Ужгород", 300, 4),
        ("T1042", 2, "Нове Село", 300, 4),
        ("T1002", 4, "Львів", 0, 2),  # 25 920 UAH
    ],
)
def test_delivery_costs_by_the_tyre_and_takes_days_by_the_city(
    shop: Counter, product_id: str, quantity: int, city: str, cost: int, days: int
) -> None:
    draft = shop.draft(product_id, quantity).json()
    order = shop.ask("PATCH", f"/orders/{draft['id']}/delivery", {"delivery": {"city": city, "address": "вул. Нова, 1"}}).json()
    assert (order["delivery_cost"], order["estimated_days"]) == (cost, days)
    assert order["total"] == order["subtotal"] + cost


def test_a_pickup_is_free_and_the_last_choice_counts(shop: Counter) -> None:
    path = f"/orders/{shop.draft().json()['id']}/delivery"
    shop.ask("PATCH", path, {"delivery": {"city": "Київ", "address": "вул. Нова, 1"}})
    order = shop.ask("PATCH", path, {"pickup": {"pickup_point_id": "pp-lviv-1"}}).json()
    assert order["delivery"] == {"type": "pickup", "city": "Львів", "address": "вул. Городоцька, 282", "pickup_point_id": "pp-lviv-1"}
    assert (order["delivery_cost"], order["total"]) == (0, order["subtotal"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"pickup": {"pickup_point_id": "pp-moon"}}, "unknown_pickup_point"),
        ({"delivery": {"city": "Київ"}}, "validation_error"),
        ({"delivery": {"city": "Київ", "address": " "}}, "validation_error"),
        ({}, "validation_error"),
    ],
)
def test_a_place_that_does_not_exist_is_refused(shop: Counter, body: object, code: str) -> None:
    assert refusal(shop.ask("PATCH", f"/orders/{shop.draft().json()['id']}/delivery", body)) == (422, code)


def test_to_an_address_and_a_pickup_point_at_once_is_refused(shop: Counter) -> None:
    both = {"delivery": {"city": "Київ", "address": "1"}, "pickup": {"pickup_point_id": "pp-kyiv-1"}}
    assert refusal(shop.ask("PATCH", f"/orders/{shop.draft().json()['id']}/delivery", both)) == (422, "validation_error")


def test_confirming_takes_the_goods_off_the_stock_once(shop: Counter) -> None:
    order_id, key = shop.ready("T1001", 4), new_key()
    first = shop.confirm(order_id, key=key)
    assert (first.status_code, first.json()["status"], first.json()["estimated_delivery"]) == (200, "confirmed", "2026-11-24")
    assert shop.confirm(order_id, key=key).json() == first.json()
    assert refusal(shop.confirm(order_id)) == (422, "order_not_draft")
    assert shop.get("/tires/T1001")["stock_quantity"] == 13
    assert shop.get("/tires/T1001/availability")["total_quantity"] == 13
    assert shop.written() == {"orders": 1, "confirmed": 1, "bookings": 0, "moved": 0, "cancelled": 0}


def test_more_than_in_stock_is_not_confirmed_and_takes_nothing(shop: Counter) -> None:
    order_id = shop.ready("T1001", 18)
    assert refusal(shop.confirm(order_id)) == (422, "not_enough_stock")
    assert shop.get(f"/orders/{order_id}")["status"] == "draft"
    assert shop.get("/tires/T1001")["stock_quantity"] == 17


def test_goods_that_are_only_expected_are_not_confirmed(shop: Counter) -> None:
    assert shop.get("/tires/T1002/availability")["total_quantity"] == 20
    assert refusal(shop.confirm(shop.ready("T1002", 1))) == (422, "not_enough_stock")


def test_an_order_needs_a_delivery_before_it_is_confirmed_and_keeps_it_after(shop: Counter) -> None:
    order_id = shop.draft().json()["id"]
    assert refusal(shop.confirm(order_id)) == (422, "delivery_missing")
    done = shop.ready()
    shop.confirm(done)
    assert refusal(shop.ask("PATCH", f"/orders/{done}/delivery", {"pickup": {"pickup_point_id": "pp-lviv-1"}})) == (422, "order_not_draft")


def test_the_known_customer_has_an_order_on_its_way_and_one_delivered(shop: Counter) -> None:
    rows = shop.get("/orders/search", phone="+380671234567")["data"]
    assert [row["status_label"] for row in rows] == ["в дорозі", "доставлено"]
    assert rows[0]["tracking_number"]
    assert rows[0]["estimated_delivery"] == "2026-11-24"
    assert shop.get("/orders/search", phone="0671234567")["data"] == rows
    assert len(shop.get("/orders/search", phone="+380501112233")["data"]) == 1


def test_orders_are_found_by_number_and_status_and_not_without_any(shop: Counter) -> None:
    assert [row["customer_phone"] for row in shop.get("/orders/search", order_number="104217")["data"]] == ["+380671234567"]
    assert shop.get("/orders/search", phone="+380671234567", status="delivered")["pagination"]["total"] == 1
    assert shop.get("/orders/search", phone=PHONE)["data"] == []
    assert refusal(shop.ask("GET", "/orders/search", status="draft")) == (400, "search_too_wide")
    assert refusal(shop.ask("GET", "/orders/104217")) == (404, "not_found")  # the number is not the id


def test_pickup_points_are_listed_by_city_however_it_is_written(shop: Counter) -> None:
    assert len(shop.get("/pickup-points", city="Киев")["data"]) == 2
    assert shop.get("/pickup-points", city="Ялта")["data"] == []
    assert shop.get("/pickup-points")["pagination"]["total"] == 6
