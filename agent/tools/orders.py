"""Orders: the caller's own, a new draft, its confirmation. Delivery is in ``delivery``.

create_order_draft ─► update_order_delivery ─► summary heard, yes ─► confirm_order
"""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.errors import ShopFailed
from agent.guard.consent import heard_and_confirmed_order
from agent.guard.limits import accountable, orders_today
from agent.guard.ownership import own_order
from agent.guard.totals import within_total
from agent.phone import normalise
from agent.shop import Order, OrderDraft, OrderItem, Payment
from agent.tools.order_words import DRAFT, order_in_words, too_much
from agent.tools.tool import Desk, ToolResult, no, tool
from agent.tools.tyres import TOLD_AT_ONCE
from agent.tools.writing import NO_NUMBER, changed, write_of

UNKNOWN_ORDER = "Замовлення з таким номером на номер телефону абонента не знайдено. Перепитай номер або запропонуй оператора."
_ORDERED_ALREADY = (
    "Таке саме замовлення вже оформлено в цій розмові: № {}. Нового не створено, так і скажи. "
    "Якщо абонент хоче ще одне таке саме, запропонуй оператора."
)
_PAYMENTS: dict[Payment, str] = {"cod": "при отриманні", "online": "онлайн за посиланням"}
_PAID_OTHERWISE = "Замовлення вже підтверджено з іншою оплатою: {}. Змінити її може лише оператор, так і скажи."
_QUANTITY_MAX = 99

OrderId = Annotated[str, Meta(min_length=1, max_length=64, description="order_id з create_order_draft або get_order_status")]
Name = Annotated[str, Meta(min_length=1, max_length=80, description="Ім'я клієнта, як він назвався")]


class GetOrderStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_number: (
        Annotated[str, Meta(min_length=1, max_length=32, description="Номер замовлення; без нього — останні замовлення")] | None
    ) = None


class DraftItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tyre_id: Annotated[str, Meta(min_length=1, max_length=64, description="id шини з search_tires")]
    quantity: Annotated[int, Meta(ge=1, le=_QUANTITY_MAX, description="Скільки шин")]


class CreateOrderDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: Annotated[tuple[DraftItem, ...], Meta(min_length=1, max_length=10, description="Які шини і скільки")]
    customer_name: Name
    phone: Annotated[str, Meta(max_length=20, description="Контактний телефон; лише коли номер абонента приховано")] | None = None


class ConfirmOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_id: OrderId
    payment_method: Annotated[Payment, Meta(description="cod — при отриманні, online — онлайн за посиланням")]
    customer_name: Name | None = None


@tool(
    "Стан замовлень абонента, який телефонує: за номером замовлення або, без номера, останніх. "
    "Чужі замовлення не показує. Нічого не змінює."
)
async def get_order_status(wanted: GetOrderStatus, desk: Desk) -> ToolResult:
    if wanted.order_number is not None:
        order = await _own_order(wanted.order_number, desk)
        if order is None:
            return no(UNKNOWN_ORDER)
        found = [order]
    elif desk.caller_number:
        searched = await desk.shop.orders.orders_of(desk.caller_number, request_id=desk.request_id)
        found = [order for order in searched if _callers(order, desk)]
    else:
        found = list(desk.case.orders.values())
    if not found:
        return ToolResult({"found": 0, "note": "Замовлень на цей номер немає."}) if desk.caller_number else no(NO_NUMBER)
    told_now = found[:TOLD_AT_ONCE]
    desk.case.orders.update((order.id, order) for order in told_now)
    return ToolResult({"found": len(found), "orders": [order_in_words(order, desk.case) for order in told_now]})


@tool(
    "Створює чернетку замовлення; чернетка ні до чого не зобов'язує, згода на неї не потрібна. "
    "Далі — update_order_delivery, потім прочитай підсумок із сумою і запитай згоду."
)
async def create_order_draft(wanted: CreateOrderDraft, desk: Desk) -> ToolResult:
    phone, wrong = _contact(wanted.phone, desk)
    if wrong:
        return no(wrong)
    quantities: Counter[str] = Counter()
    for item in wanted.items:
        quantities[item.tyre_id] += item.quantity
    if max(quantities.values()) > _QUANTITY_MAX:
        return no(f"Не більше {_QUANTITY_MAX} однакових шин в одному замовленні. Для більшої кількості запропонуй оператора.")
    if (stranger := await _unknown_tyre(quantities, desk)) is not None:
        return no(f"Шини з id {stranger!r} немає. Знайди шини через search_tires і візьми id звідти.")
    items = tuple(OrderItem(tyre_id, quantity) for tyre_id, quantity in sorted(quantities.items()))
    write = write_of(desk, "create_order_draft", items=[[one.product_id, one.quantity] for one in items], phone=phone)
    name = desk.case.names.setdefault(write.key, wanted.customer_name)  # one key, one request: it is repeated as it was
    draft = OrderDraft(phone, name, items, desk.call_id)

    async def act(key: uuid.UUID) -> dict[str, Any]:
        order = await desk.shop.orders.create_order(draft, idempotency_key=key, request_id=desk.request_id)
        return _keep(order, name, desk)

    written = await desk.once.do(write, act)
    order = desk.case.orders.get(written.result["order_id"])
    if order is None:  # done before a restart: the first result is in the ledger, the order at the shop
        order = await desk.shop.orders.order(written.result["order_id"], request_id=desk.request_id)
        _keep(order, name, desk)
    if order.status != DRAFT:  # the first result would pass for one more order
        return no(_ORDERED_ALREADY.format(order.number))
    told = order_in_words(order, desk.case) if written.again else written.result  # its delivery may have been set since
    return too_much(order, desk) or ToolResult({**told, **_short(quantities, desk)})


@tool(
    "Підтверджує замовлення: після цього воно йде в роботу. Лише коли абонент почув підсумок із сумою і сказав «так». "
    "Спершу має бути вказана доставка.",
    own_order,
    orders_today,
    within_total,
    heard_and_confirmed_order,
)
async def confirm_order(wanted: ConfirmOrder, desk: Desk) -> ToolResult:
    order = desk.case.orders[wanted.order_id]
    if order.delivery is None:
        return no("Доставку ще не вказано. Запитай, куди доставити, і виклич update_order_delivery.")
    name = wanted.customer_name or desk.case.names.get(order.id)
    if name is None:
        return no("Бракує імені клієнта. Запитай, на чиє ім'я замовлення.")

    payment = _PAYMENTS[wanted.payment_method]

    async def act(key: uuid.UUID) -> dict[str, Any]:
        confirmed = await desk.shop.orders.confirm_order(
            order.id, payment=wanted.payment_method, name=name, sms=True, idempotency_key=key, request_id=desk.request_id
        )
        return {**_told(confirmed, desk), "payment": payment}

    async def look() -> dict[str, Any] | None:
        now = await desk.shop.orders.order(order.id, request_id=desk.request_id)
        return None if now.status == "draft" else _told(now, desk)

    written = await desk.once.do(write_of(desk, "confirm_order", number=accountable(desk, order.phone), order=order.id), act, look=look)
    paid = written.result.get("payment", payment)  # an order that was read back does not tell
    return ToolResult(written.result) if paid == payment else no(_PAID_OTHERWISE.format(paid))


async def _own_order(number: str, desk: Desk) -> Order | None:
    """The order of that number if it is the caller's: whose it is otherwise, nobody learns."""
    try:
        order = await desk.shop.orders.find_order(number.strip(" №#"), request_id=desk.request_id)
    except ShopFailed as failed:
        if failed.status == 404:
            return None
        raise
    if order is None:
        return None
    return order if _callers(order, desk) or order.id in desk.case.orders else None


def _callers(order: Order, desk: Desk) -> bool:
    """By its own number: a search of the shop's may bring more than was asked for."""
    return desk.caller_number != "" and normalise(order.phone) == desk.caller_number


def _contact(phone: str | None, desk: Desk) -> tuple[str, str | None]:
    """The order's telephone number, or what is wrong: it is the caller's own unless that is withheld."""
    given = normalise(phone or "")
    if desk.caller_number:
        other = phone is not None and given != desk.caller_number
        return desk.caller_number, "Замовлення оформлюється лише на номер, з якого телефонують: не вказуй phone." if other else None
    if phone is None:
        return "", "Номер абонента приховано. Запитай контактний телефон."
    return given, None if given else "Це не схоже на номер телефону. Перепитай його."


async def _unknown_tyre(ids: Counter[str], desk: Desk) -> str | None:
    """The first tyre that neither this call's offers nor the shop know."""
    for tyre_id in ids:
        if tyre_id in desk.case.offers:
            continue
        try:
            await desk.shop.tyres.availability(tyre_id, request_id=desk.request_id)
        except ShopFailed as failed:
            if failed.status != 404:
                raise
            return tyre_id
    return None


def _short(quantities: Counter[str], desk: Desk) -> dict[str, str]:
    """A draft may ask for more than there is; the caller should know before he agrees to it."""
    offers = {tyre_id: tyre for tyre_id in quantities if (tyre := desk.case.offers.get(tyre_id))}
    short = [tyre for tyre_id, tyre in offers.items() if tyre.stock_quantity < quantities[tyre_id]]
    if not short:
        return {}
    there = ", ".join(f"{tyre.brand} {tyre.model} — {tyre.stock_quantity} шт." for tyre in short)
    return {"note": f"Зараз на складах менше, ніж треба: {there}. Скажи про це і запропонуй меншу кількість або інші шини."}


def _keep(order: Order, name: str, desk: Desk) -> dict[str, Any]:
    desk.case.names[order.id] = name
    return _told(order, desk)


def _told(order: Order, desk: Desk) -> dict[str, Any]:
    known = desk.case.orders.get(order.id)
    if order.delivery is None and known is not None:
        order = dataclasses.replace(order, delivery=known.delivery)
    desk.case.orders[order.id] = order
    changed(desk, order.id)
    return order_in_words(order, desk.case)
