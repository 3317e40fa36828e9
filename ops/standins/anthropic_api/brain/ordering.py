"""An order: tyre, how many, who, whither, a summary that he hears, his yes.

    offer ─► quantity ─► name ─► create_order_draft ─► delivery or pickup ─► update_order_delivery ─► summary ─► yes ─► confirm_order
      ▲         ▲                                          ▲                                             │
      └─────────┴───────────── whatever he changes ────────┴─────────────────────────────────────────────┘

Each step asks for what is missing or does what can be done; so a change of mind needs no step of its own.
"""

from __future__ import annotations

from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.blocks import Block, Tools, ask, use
from ops.standins.anthropic_api.brain.finding import search_or_ask, stock
from ops.standins.anthropic_api.brain.situation import Situation
from ops.standins.anthropic_api.brain.world import Draft, Offer, Result

_PAYMENTS = {"cod": "оплата при отриманні", "online": "оплата онлайн"}


def order(now: Situation, tools: Tools) -> list[Block]:
    """The goal ORDER."""
    if "create_order_draft" not in tools:
        return ask(Ask.HUMAN, "Замовлення оформить оператор.")
    if now.offer is None:
        return search_or_ask(now, tools)
    if now.offer.in_stock <= 0 and now.world.draft is None and not now.results:
        return stock(now, tools)
    if now.wishes.quantity is None:
        return ask(Ask.QUANTITY)
    items = ((now.offer.id, now.wishes.quantity),)
    if now.world.draft is None or now.world.draft.items != items:
        return _draft(now, tools, now.offer, now.wishes.quantity)
    delivery = _delivery(now)
    if not delivery:
        return _ask_delivery(now, tools)
    if dict(now.world.draft.delivery) != delivery:
        return use(now, tools, "update_order_delivery", {"order_id": now.world.draft.id, **delivery}, "Рахую доставку.")
    if now.agrees and now.asked is Ask.CONFIRM_ORDER:
        return _confirm(now, tools, now.world.draft)
    if now.says_no and now.asked is Ask.CONFIRM_ORDER and not (now.new_wishes or now.new_facts):
        return ask(Ask.CHANGE_ORDER, "Добре.")
    return ask(Ask.CONFIRM_ORDER, _summary(now, now.world.draft, now.offer))


def _draft(now: Situation, tools: Tools, offer: Offer, quantity: int) -> list[Block]:
    if now.wishes.name is None:
        return ask(Ask.NAME)
    wanted = {
        "items": [{"tyre_id": offer.id, "quantity": quantity}],
        "customer_name": now.wishes.name,
        "phone": now.wishes.phone,
    }
    return use(now, tools, "create_order_draft", wanted, "Записую.")


def _delivery(now: Situation) -> dict[str, str] | None:
    """As the shop wants it; None while something is missing."""
    wishes = now.wishes
    if wishes.delivery == "pickup":
        return {"pickup_point_id": now.point.id} if now.point is not None else _only_point(now)
    if wishes.delivery == "courier" and wishes.city and wishes.address:
        return {"city": wishes.city, "address": wishes.address}
    return None


def _only_point(now: Situation) -> dict[str, str] | None:
    points = now.world.points.get(now.wishes.city or "", [])
    return {"pickup_point_id": points[0].id} if len(points) == 1 else None


def _ask_delivery(now: Situation, tools: Tools) -> list[Block]:
    wishes = now.wishes
    if wishes.delivery is None:
        return ask(Ask.DELIVERY)
    if wishes.city is None:
        return ask(Ask.CITY)
    if wishes.delivery == "courier":
        return ask(Ask.ADDRESS)
    points = now.world.points.get(wishes.city)
    if points is None:
        return use(now, tools, "get_pickup_points", {"city": wishes.city}, "Дивлюся пункти видачі.")
    if not points:
        return ask(Ask.ADDRESS, f"У місті {wishes.city} пунктів видачі немає.")
    return ask(Ask.POINT, f"Є такі пункти: {'; '.join(str(point) for point in points[:3])}.")


def _summary(now: Situation, draft: Draft, offer: Offer) -> str:
    if "pickup_point_id" in draft.delivery:
        point = next((p for points in now.world.points.values() for p in points if p.id == draft.delivery["pickup_point_id"]), None)
        whither = f"самовивіз: {point}" if point else "самовивіз"
    else:
        whither = f"доставка: {draft.delivery.get('city')}, {draft.delivery.get('address')}"
    payment = _PAYMENTS[now.wishes.payment or "cod"]
    tyres = f"{offer.name} {offer.size}, {now.wishes.quantity} шт."
    return f"Отже: {draft.summary or f'{tyres}, {whither}, разом {draft.total} грн'}, {payment}."


def _confirm(now: Situation, tools: Tools, draft: Draft) -> list[Block]:
    wanted = {"order_id": draft.id, "payment_method": now.wishes.payment or "cod", "customer_name": now.wishes.name}
    return use(now, tools, "confirm_order", wanted, "Підтверджую.")


def told_confirmed(result: Result) -> str:
    content = result.content
    number = next((str(content[key]) for key in ("order_number", "number") if content.get(key)), "")
    return f"Дякую! Замовлення номер {number} прийнято." if number else "Дякую! Замовлення прийнято."


def status(now: Situation, tools: Tools) -> list[Block]:
    """The goal STATUS: his own orders are found by his number, another only by its own."""
    return use(now, tools, "get_order_status", {"order_number": now.wishes.order_number}, "Зараз перевірю.")


def told_status(result: Result) -> str:
    rows = next((v for v in result.content.values() if isinstance(v, list) and v and isinstance(v[0], dict)), [result.content])
    row = rows[0]
    number, label = row.get("order_number", row.get("number", "")), row.get("status_label", row.get("status", ""))
    if not number:
        return "За вашим номером замовлень не знайшла."
    coming = row.get("estimated_delivery") or row.get("expected")
    return f"Замовлення {number}: {label}." + (f" Очікуйте {coming}." if coming else "")


def abandoned(now: Situation) -> list[Block]:
    return ask(Ask.ANYTHING_ELSE, "Добре, не оформлюю.")
