"""Evidence of calls, as tests need it: an order that went well, and what can be changed about it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ops.eval.customer import Customer, Expect, Ordered, Use
from ops.eval.evidence import Evidence

BEGAN = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
SUMMARY = "Отже: Michelin Alpin 6, 4 шт., Полтава, разом 18680 грн. Підтверджуєте замовлення?"
WISH = Customer(
    "orders_four",
    says=("take_four",),
    expect=Expect(
        uses=(Use("search_tires", {"width": 205, "season": "winter"}), Use("confirm_order")), orders=(Ordered(4, city="Полтава"),)
    ),
    topic="orders",
)


def turn(number: int, speaker: str, text: str, *, heard: str | None = None) -> dict[str, Any]:
    return {"turn_number": number, "speaker": speaker, "text": text, "heard_text": text if heard is None else heard}


def use(number: int, name: str, arguments: dict[str, Any], result: dict[str, Any], *, success: bool = True) -> dict[str, Any]:
    return {"turn_number": number, "name": name, "arguments": arguments, "result": result, "success": success}


def order(**more: Any) -> dict[str, Any]:
    row = {
        "id": "ord-104501",
        "origin": "api",
        "status": "confirmed",
        "customer_phone": "+380930000001",
        "items": [{"name": "Michelin Alpin 6 205/55 R16", "quantity": 4}],
        "items_summary": "Michelin Alpin 6 205/55 R16, 4 шт.",
        "total": 18680,
        "delivery": {"city": "Полтава", "address": "відділення 7", "pickup_point_id": None},
        "payment_method": "cod",
        "tracking_number": None,
    }
    return {**row, **more}


def booking(**more: Any) -> dict[str, Any]:
    row = {"id": "b1", "station_id": "st-lviv-1", "date": "2026-11-25", "time": "10:00", "service_type": "tire_change", "status": "booked"}
    return {**row, "phone": "+380930000001", **more}


TURNS = [
    turn(1, "agent", "Добрий день! Чим можу допомогти?"),
    turn(2, "caller", "Зимові шини, чотири"),
    turn(3, "agent", "Є Michelin Alpin 6 за 4520 грн, чотири за 18080 грн. Оформити?"),
    turn(4, "caller", "Так, у Полтаву"),
    turn(5, "agent", SUMMARY),
    turn(6, "caller", "Так, підтверджую"),
    turn(7, "agent", "Дякую, замовлення прийнято."),
]
USES = [
    use(3, "search_tires", {"width": 205, "season": "winter"}, {"tires": [{"price": "4520 грн", "price_of_four": "18080 грн"}]}),
    use(5, "update_order_delivery", {"order_id": "ord-104501"}, {"total": "18680 грн"}),
    use(7, "confirm_order", {"order_id": "ord-104501"}, {"number": "104501", "total": "18680 грн"}),
]


def call(**more: Any) -> Evidence:
    """The order above, with parts of it replaced."""
    row = {"transferred_to_operator": False, "outcome": "goodbye", "started_at": BEGAN, "ended_at": BEGAN + dt.timedelta(seconds=61)}
    parts: dict[str, Any] = {"turns": TURNS, "tool_calls": USES, "orders": [order()], "latencies_ms": [640.4, 702.0], **more}
    return Evidence(call={**row, **parts.pop("call", {})}, **parts)
