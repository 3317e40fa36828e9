"""Nothing binding without the caller's yes to what he has heard. Both are facts of the talk; what the model claims plays no part.

    ... order changed ─┬─ agent, heard: "чотири Michelin, разом 18 150 грн. Оформлюємо?"     the facts, since the last change
                       └─ caller:       "так, оформлюйте"                                    his last words, and a yes to this

A summary cut short before its total was not heard. A yes to another question ("ви ще на лінії?") is no yes to the order. Nor is one in
which we broke off: "так..." may have gone on. Where the same write was begun before, its yes was given then: repeating it is for
``agent.once`` to answer with the first result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from agent.case import Said
from agent.guard.agreement import Act, Agreement, agreement, declines
from agent.guard.moments import names_another_day, names_day, names_hour
from agent.guard.numbers import numbers_in
from agent.guard.refusal import Refusal
from agent.once import Write
from agent.prompt.phrases import PHRASES
from agent.shop import Booking, Order
from agent.tools.tool import Desk

_ASKS: dict[Act, re.Pattern[str]] = {
    "order": re.compile(r"оформ|підтвер|замовл|погодж|згод|згідн|вірно|правильно|влаштов", re.IGNORECASE),
    "booking": re.compile(r"запис|запиш|брон|підтвер|перен[оі]с|погодж|згод|згідн|вірно|правильно|влаштов", re.IGNORECASE),
    "cancel": re.compile(r"скас|відмін|ануль?|підтвер|погодж|згод|згідн|вірно|правильно", re.IGNORECASE),
}
_ASKS_ELSE: dict[Act, re.Pattern[str]] = {
    "order": re.compile(r"запис|запиш|скас|відмін|перен[оі]с", re.IGNORECASE),
    "booking": re.compile(r"замовл|скас|відмін", re.IGNORECASE),
    "cancel": re.compile(r"замовл|перен[оі]с|запишу|запису[юєв]", re.IGNORECASE),
}
_GOODS = re.compile(r"шин|покришк|колес|комплект|гум|диск", re.IGNORECASE)
_CANCELLING = re.compile(r"скас|відмін|анулю|зняти|знімаю", re.IGNORECASE)
_BRAND = re.compile(r"[^\W\d_]{3,}")
_PASSED_OVER = PHRASES["didnt_hear"]  # what he says then still answers the question before it


def heard_and_confirmed_order(wanted: Any, desk: Desk) -> Refusal | None:
    """For ``confirm_order``: the total and what is ordered were heard since the order last changed."""
    order = desk.case.orders.get(wanted.order_id)
    if order is None or order.status != "draft" or _begun(desk, "confirm_order", order=order.id):
        return None  # not ours, or done: the tool tells
    told = f"{order.items_summary}, разом {order.total_uah} грн"
    return _heard_and_confirmed(
        "order",
        desk,
        since=desk.case.changed.get(order.id, 0),
        tells=lambda texts: _tells_order(texts, order),
        ask=f"Абонент ще не погодився. Прочитай підсумок: {told}, і запитай, чи оформлювати. Виклич знову після його «так».",
    )


def heard_and_confirmed_booking(wanted: Any, desk: Desk) -> Refusal | None:
    """For ``book_fitting``: one day and one hour were heard, those of the booking; for a move, since the booking last changed."""
    moved = desk.case.bookings.get(wanted.booking_id or "")
    if moved is not None and moved.status == "booked" and _is_there(moved, wanted):
        return None  # a move to where it is: nothing changes, the tool tells
    today = desk.now().date()
    days, hours = ([moved.date], [moved.time]) if moved else ([], [])

    def tells(texts: Sequence[str]) -> bool:
        text = texts[-1]
        return names_day(text, wanted.date, today, beside=days) and names_hour(text, wanted.time, beside=hours)

    return _heard_and_confirmed(
        "booking",
        desk,
        since=desk.case.changed.get(moved.id, 0) if moved else 0,
        tells=tells,
        otherwise=lambda answer: names_another_day(answer, wanted.date, today),
        ask=f"Абонент ще не погодився. Назви станцію, послугу, день {wanted.date:%d.%m} і годину {wanted.time:%H:%M} "
        "та запитай, чи записувати. Виклич знову після його «так».",
    )


def _is_there(booking: Booking, wanted: Any) -> bool:
    same_time = (booking.date, booking.time) == (wanted.date, wanted.time)
    return same_time and (booking.station_id, booking.service) == (wanted.station_id, wanted.service_type)


def heard_and_confirmed_cancel(wanted: Any, desk: Desk) -> Refusal | None:
    """For ``cancel_fitting``: which booking, and that it is to be cancelled, were heard."""
    booking = desk.case.bookings.get(wanted.booking_id)
    if booking is None or _begun(desk, "cancel_fitting", booking=booking.id):
        return None
    today = desk.now().date()

    def tells(texts: Sequence[str]) -> bool:
        text = texts[-1]
        which = names_day(text, booking.date, today) or names_hour(text, booking.time)
        return which and bool(_CANCELLING.search(text))

    return _heard_and_confirmed(
        "cancel",
        desk,
        since=desk.case.changed.get(booking.id, 0),
        tells=tells,
        otherwise=lambda answer: names_another_day(answer, booking.date, today),
        ask=f"Абонент ще не погодився. Назви запис на {booking.date:%d.%m} о {booking.time:%H:%M} і запитай, чи скасувати саме його. "
        "Виклич знову після його «так».",
    )


def _heard_and_confirmed(
    act: Act,
    desk: Desk,
    *,
    since: int,
    tells: Callable[[Sequence[str]], bool],
    ask: str,
    otherwise: Callable[[str], bool] = lambda answer: False,
) -> Refusal | None:
    """*tells*: whether the last of these texts of the agent, perhaps with those before it, tells what is agreed to.

    *otherwise*: whether an answer, yes or not, wants something else.
    """
    since -= sum(one.text == _PASSED_OVER for one in desk.said[:since])
    said = [one for one in desk.said if one.text != _PASSED_OVER][since:]
    last = len(said)
    while last and said[last - 1].speaker == "caller":
        last -= 1
    answer = ". ".join(one.text for one in said[last:])
    agreed, told_at = agreement(answer, act), _told_at(said[:last], tells)
    if agreed is None or told_at is None or any(one.broken for one in said[last:]):
        return Refusal(ask)
    if otherwise(answer) or not set(_values(answer)) <= {value for text in _agents(said) for value in _values(text)}:
        return Refusal(ask)  # a number that he was not told is something else too
    if agreed is Agreement.EXPLICIT:
        return None
    question = said[last - 1].text
    about_this = told_at == last - 1 or (_ASKS[act].search(question) and not _ASKS_ELSE[act].search(question))
    declined = any(one.speaker == "caller" and declines(one.text) for one in said[told_at:last])
    asked = agreed is not Agreement.MURMUR or question.rstrip().endswith("?")
    return None if about_this and asked and not declined else Refusal(ask)


def _told_at(said: Sequence[Said], tells: Callable[[Sequence[str]], bool]) -> int | None:
    """Where it was told last."""
    agents = [at for at, one in enumerate(said) if one.speaker == "agent"]
    return next((at for at in reversed(agents) if tells(_agents(said[: at + 1]))), None)


def _agents(said: Sequence[Said]) -> list[str]:
    return [one.text for one in said if one.speaker == "agent"]


def _tells_order(texts: Sequence[str], order: Order) -> bool:
    """The total in the last text, a hint of the goods in any."""
    goods = {word.lower() for word in _BRAND.findall(order.items_summary)}
    hinted = any(_GOODS.search(text) or goods & {word.lower() for word in _BRAND.findall(text)} for text in texts)
    return hinted and order.total_uah in _values(texts[-1])


def _values(text: str) -> list[int]:
    return [number.value for number in numbers_in(text)]


def _begun(desk: Desk, intent: str, **arguments: Any) -> bool:
    """This very write was allowed before; *arguments* are its canonical ones."""
    known = desk.once.ledger.find(Write(desk.call_id, desk.caller_number, intent, arguments).key)
    return known is not None and known.stage != "refused"
