"""Whose it is: what was made in this call, or what the shop gave us for the caller's number. The model's word for it does not count."""

from __future__ import annotations

from typing import Any

from agent.guard.refusal import Refusal
from agent.phone import normalise
from agent.tools.tool import Desk

# The same words whether it is another's or nobody's: that there is such a one is not told either.
_NO_ORDER = "Такого замовлення на номер телефону абонента немає. Перепитай номер або запропонуй оператора."
_NO_BOOKING = "Такого запису на номер телефону абонента немає. Спершу дізнайся його записи через get_customer_bookings."


def own_order(wanted: Any, desk: Desk) -> Refusal | None:
    """For tools that take an ``order_id``."""
    order = desk.case.orders.get(wanted.order_id)
    return None if order is not None and _callers(order.phone, desk) else Refusal(_NO_ORDER)


def own_booking(wanted: Any, desk: Desk) -> Refusal | None:
    """For tools that take a ``booking_id``; without one there is nothing to own."""
    if wanted.booking_id is None:
        return None
    booking = desk.case.bookings.get(wanted.booking_id)
    return None if booking is not None and _callers(booking.phone, desk) else Refusal(_NO_BOOKING)


def _callers(phone: str, desk: Desk) -> bool:
    """A caller who withholds his number has only what he made in this call."""
    return not desk.caller_number or normalise(phone) == desk.caller_number
