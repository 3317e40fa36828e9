"""An order as a caller can be told it, and an order that is too large for us."""

from __future__ import annotations

from typing import Any

from agent.case import Case
from agent.guard.totals import order_total_allowed
from agent.shop import Order
from agent.tools.tool import Desk, ToolResult
from agent.tools.wording import counted, day_of, told

DRAFT = "draft"
_OVER = {"delivered", "cancelled"}  # nothing is expected any more


def order_in_words(order: Order, case: Case) -> dict[str, Any]:
    """For the model; a draft comes with a summary to read out and with what is to do next."""
    words = {
        "order_id": order.id,
        "number": order.number,
        "status": order.status_label,
        "items": order.items_summary,
        "delivery": _delivery(order, case),
        "total": told(order.total_uah, case),
        "expected": None if order.status in _OVER else day_of(order.estimated_delivery),
        "tracking_number": order.tracking_number,
    }
    if order.status == DRAFT:
        words["summary"] = _summary(order, case)
        words["next"] = (
            "Запитай, куди доставити: на адресу чи в пункт видачі."
            if order.delivery is None
            else "Прочитай підсумок із сумою і способом оплати та запитай, чи підтверджує абонент."
        )
    return {name: value for name, value in words.items() if value is not None}


def too_much(order: Order, desk: Desk) -> ToolResult | None:
    """An order that only a human may take: the talk goes to him, with what is already known."""
    refusal = order_total_allowed(order)
    if refusal is None:
        return None
    hand_off = f"{refusal.summary} Чернетка № {order.number}."
    return ToolResult({"error": refusal.words, **order_in_words(order, desk.case)}, success=False, hand_off=hand_off)


def _summary(order: Order, case: Case) -> str:
    delivery = _delivery(order, case)
    return "; ".join([order.items_summary, *([f"доставка: {delivery}"] if delivery else []), f"разом {told(order.total_uah, case)}"])


def _delivery(order: Order, case: Case) -> str | None:
    """What it costs and how long it takes matters until it is agreed to."""
    where = order.delivery
    if where is None:
        return None
    point = case.points.get(where.pickup_point_id or "")
    if point is not None:
        place = f"пункт видачі {point.name}, {point.address}"
    elif where.pickup_point_id:
        place = ", ".join(part for part in ("пункт видачі", where.city, where.address) if part)
    else:
        place = ", ".join(part for part in (where.city, where.address) if part)
    if order.status != DRAFT:
        return place
    cost = None if order.delivery_cost_uah is None else told(order.delivery_cost_uah, case) if order.delivery_cost_uah else "безкоштовно"
    days = None if order.estimated_days is None else counted(order.estimated_days, "день", "дні", "днів")
    return ", ".join(part for part in (place, cost, days) if part)
