"""How much one call and one caller may do. Counted in the ledger: it is local, outlives the process and needs no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from agent.guard.refusal import Refusal
from agent.ledger import Entry
from agent.once import Write
from agent.summary import in_brief
from agent.tools.tool import Desk

CALLS_MAX = 10  # uses of tools in one call
ORDERS_MAX = 3  # confirmed orders of one number on one local day
_MAY_HAVE_HAPPENED = frozenset({"begun", "unknown", "done"})
TRANSFER = "transfer_to_operator"  # never counted: a human is always within reach
ALWAYS = frozenset({TRANSFER, "request_callback"})  # and who cannot reach one may always be rung back


def only_listed(name: str, listed: Collection[str]) -> Refusal | None:
    return None if name in listed else Refusal(f"Інструмента {name!r} немає. Є: {', '.join(sorted(listed))}.")


def within_calls(name: str, desk: Desk, *, calls_max: int = CALLS_MAX) -> Refusal | None:
    """The use after the last one allowed goes to a human."""
    if name in ALWAYS:
        return None
    used = sum(entry.stage == "used" for entry in desk.once.ledger.entries(call_id=desk.call_id))
    if used < calls_max:
        return None
    words = f"Вичерпано {calls_max} викликів інструментів за розмову: далі допоможе оператор."
    return Refusal(words, in_brief(f"Автоматичний консультант вичерпав {calls_max} звернень до бази магазину.", desk.said))


def note_use(name: str, desk: Desk) -> None:
    """Count a use of the tool *name*, before it begins: one that is interrupted has happened too."""
    if name != TRANSFER:
        at_ms = int(desk.now().timestamp() * 1000)
        desk.once.ledger.note(Entry(call_id=desk.call_id, number=desk.caller_number, intent=name, stage="used", at_ms=at_ms))


def accountable(desk: Desk, phone: str) -> str:
    """Whose daily limit a write counts against: the caller's number, and for a withheld one the phone he orders with."""
    return desk.caller_number or phone


def orders_today(wanted: Any, desk: Desk) -> Refusal | None:
    """For ``confirm_order``; one that is confirmed already is not one more, nor is a repetition. What may have happened counts."""
    order = desk.case.orders.get(wanted.order_id)
    if order is not None and order.status != "draft":
        return None
    number = accountable(desk, order.phone if order else "")
    midnight = dt.datetime.combine(desk.now().date(), dt.time(), desk.now().tzinfo)
    entries = desk.once.ledger.entries(number=number, since_ms=int(midnight.timestamp() * 1000))
    this = Write(desk.call_id, number, "confirm_order", {"order": wanted.order_id}).key
    others = {entry.key for entry in entries if entry.intent == "confirm_order" and entry.stage in _MAY_HAVE_HAPPENED} - {this}
    if len(others) < ORDERS_MAX:
        return None
    return Refusal(
        f"Сьогодні з цього номера вже підтверджено {ORDERS_MAX} замовлення, більше не можна. Далі допоможе оператор.",
        in_brief(f"З номера сьогодні вже {ORDERS_MAX} підтверджені замовлення, абонент хоче ще одне.", desk.said),
    )
