"""Orders so large that a human takes them."""

from __future__ import annotations

from typing import Any

from agent.guard.refusal import Refusal
from agent.shop import Order
from agent.tools.tool import Desk

TOTAL_MAX_UAH = 50_000


def order_total_allowed(order: Order) -> Refusal | None:
    """One above the limit goes to a human, with what is already known."""
    if order.total_uah <= TOTAL_MAX_UAH:
        return None
    return Refusal(
        f"Замовлення на понад {TOTAL_MAX_UAH} грн оформлює лише оператор. Скажи абоненту, що з'єднуєш з оператором.",
        f"Замовлення понад {TOTAL_MAX_UAH} грн: {order.items_summary}, разом {order.total_uah} грн.",
    )


def within_total(wanted: Any, desk: Desk) -> Refusal | None:
    """The same as a rule of a tool that takes an ``order_id``; an order we do not know is for ``own_order`` to refuse."""
    order = desk.case.orders.get(wanted.order_id)
    return order_total_allowed(order) if order else None
