"""What tests and seeds do behind the shop's back: faults, a rate limit, orders that are simply there, a fresh start."""

from __future__ import annotations

import pytest

from tests.unit.standins.shop_counter import PHONE, Counter, fresh_shop, refusal


@pytest.fixture
def shop() -> Counter:
    return fresh_shop()


def test_a_fault_of_writes_lets_reads_pass(shop: Counter) -> None:
    shop.control.change({"fail_write_next": 1, "fail_status": 503, "retry_after_s": 2})
    assert shop.get("/pickup-points")["data"]
    failed = shop.draft()
    assert (failed.status_code, failed.headers["retry-after"]) == (503, "2")
    assert shop.written()["orders"] == 0
    assert shop.draft().status_code == 201


def test_a_write_can_be_done_and_answered_with_a_failure(shop: Counter) -> None:
    shop.control.change({"fail_answer_next": 1})
    assert shop.draft().status_code == 500
    assert shop.written()["orders"] == 1


def test_a_refused_write_does_not_use_up_the_loss_of_an_answer(shop: Counter) -> None:
    shop.control.change({"fail_answer_next": 1})
    assert shop.draft("T9999").status_code == 422
    assert shop.control.settings.fail_answer_next == 1


def test_a_written_answer_can_be_rubbish(shop: Counter) -> None:
    shop.control.change({"rubbish_answer_next": 1})
    assert shop.book().headers["content-type"].startswith("text/html")
    assert shop.written()["bookings"] == 1


def test_a_fault_hits_only_what_it_is_narrowed_to(shop: Counter) -> None:
    order_id = shop.ready()
    shop.control.change({"fail_next": 1, "only": "/confirm"})
    assert shop.draft().status_code == 201
    assert shop.confirm(order_id).status_code == 500
    assert shop.confirm(order_id).status_code == 200


def test_too_many_requests_are_told_when_to_come_again(shop: Counter) -> None:
    shop.control.change({"rate_limit": 2, "rate_window_s": 30})
    answers = [shop.ask("GET", "/pickup-points") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 30
    shop.control.change({"rate_limit": 0})
    assert shop.ask("GET", "/pickup-points").status_code == 200


def test_an_order_is_there_for_any_number(shop: Counter) -> None:
    made = shop.put("/orders", {"phone": "0997776655", "order_number": "77001", "status": "delivered", "arrives_in_days": -3})
    assert shop.get("/orders/search", phone="+380997776655")["data"] == [made]
    assert (made["order_number"], made["status_label"], made["estimated_delivery"]) == ("77001", "доставлено", "2026-11-20")
    assert shop.control_request("GET", "/written") == {}


def test_a_booking_is_there_for_any_number(shop: Counter) -> None:
    made = shop.put("/bookings", {"phone": PHONE, "in_open_days": 6, "time": "14:00"})
    assert (made["date"], made["status"]) == ("2026-11-30", "booked")  # six days on, and a Sunday between
    assert shop.get("/fitting/bookings", phone=PHONE)["data"] == [made]
    assert shop.written()["bookings"] == 0


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/orders", {}),
        ("/orders", {"phone": PHONE, "colour": "black"}),
        ("/orders", {"phone": PHONE, "order_number": "104217"}),
        ("/orders", {"phone": PHONE, "pickup_point_id": "pp-moon"}),
        ("/bookings", {"phone": PHONE, "time": "03:00"}),
        ("/stock", {"product_id": "T9999", "quantity": 1}),
        ("/stock", {"product_id": "T1001", "quantity": -1}),
    ],
)
def test_a_wrong_order_to_the_stand_in_is_told_and_changes_nothing(shop: Counter, path: str, wrong: dict[str, object]) -> None:
    before = shop.control_request("GET", "/orders"), shop.control_request("GET", "/bookings")
    with pytest.raises(AssertionError, match="error"):
        shop.put(path, wrong)
    assert (shop.control_request("GET", "/orders"), shop.control_request("GET", "/bookings")) == before


def test_the_stock_is_what_a_test_says(shop: Counter) -> None:
    shop.put("/stock", {"product_id": "T1001", "quantity": 3})
    assert shop.get("/tires/T1001/availability")["locations"] == [{"warehouse": "Львів, Городоцька", "quantity": 3, "available_from": None}]
    assert refusal(shop.confirm(shop.ready("T1001", 4))) == (422, "not_enough_stock")
    shop.put("/stock", {"product_id": "T1002", "quantity": 4})
    assert shop.confirm(shop.ready("T1002", 4)).status_code == 200


@pytest.mark.parametrize(("path", "delay_ms"), [("", 0), ("/state", 1)])
def test_a_reset_brings_the_shop_back_as_it_opened(shop: Counter, path: str, delay_ms: int) -> None:
    opened = shop.control_request("GET", "/orders"), shop.control_request("GET", "/bookings")
    shop.control.change({"latency_ms": 1})
    shop.confirm(shop.ready())
    shop.book()
    shop.control_request("DELETE", path)
    assert (shop.control_request("GET", "/orders"), shop.control_request("GET", "/bookings")) == opened
    assert shop.get("/tires/T1001")["stock_quantity"] == 17
    assert shop.control.settings.latency_ms == delay_ms


def test_a_request_with_an_unknown_or_doubled_parameter_is_refused(shop: Counter) -> None:
    assert refusal(shop.ask("GET", "/pickup-points", town="Київ")) == (422, "validation_error")
    assert refusal(shop.ask("GET", "/pickup-points", city=["Київ", "Львів"])) == (422, "validation_error")


def test_a_wrong_method_is_told_the_right_ones(shop: Counter) -> None:
    answer = shop.ask("PUT", "/fitting/bookings/bk-5001")
    assert (refusal(answer), answer.headers["allow"]) == ((405, "method_not_allowed"), "DELETE, PATCH")
