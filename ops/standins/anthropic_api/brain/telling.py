"""Results in words, refusals too; and what needs no more than one look: pickup points, the shop's articles."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ops.standins.anthropic_api.brain import finding, ordering, ringing, visiting
from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.blocks import Block, Flow, Tools, ask, before, say, use
from ops.standins.anthropic_api.brain.situation import Goal, Situation
from ops.standins.anthropic_api.brain.world import Result

_ARTICLE_CHARS = 220


def points(now: Situation, tools: Tools) -> list[Block]:
    """The goal POINTS."""
    if now.wishes.city is None:
        return ask(Ask.CITY)
    return use(now, tools, "get_pickup_points", {"city": now.wishes.city}, "Дивлюся пункти видачі.")


def question(now: Situation, tools: Tools) -> list[Block]:
    """Something the shop may have written about."""
    return use(now, tools, "search_knowledge_base", {"question": now.said}, "Зараз подивлюся.")


def tell(now: Situation, tools: Tools, on_with: Flow) -> list[Block]:
    """What the last result means to the caller, and how it goes on."""
    result = now.results[-1]
    if result.tool == ringing.TOOL:
        return ringing.tell(now, result)
    if result.content.get("status") == "closed":
        return ringing.tell_closed(now)
    if result.tool == "transfer_to_operator":
        return say("З'єдную.") if not result.failed else ask(Ask.ANYTHING_ELSE, "На жаль, з'єднати не вдалося.")
    if result.failed:
        return _failed(now, tools, on_with, result)
    if result.tool == "search_tires":
        return finding.tell_offers(now, result)
    if result.tool == "get_customer_bookings" and now.goal not in {Goal.MOVE, Goal.CANCEL}:
        return before(visiting.told_visits(now), on_with(now, tools))
    if result.tool == "get_pickup_points" and now.goal is not Goal.ORDER:
        return before(_told_points(now), on_with(now, tools))
    if result.tool in TOLD:
        return before(TOLD[result.tool](now, result), on_with(now, tools))
    return on_with(now, tools)


TOLD: Mapping[str, Callable[[Situation, Result], str]] = {
    "check_availability": lambda now, result: finding.told_stock(now, result.content),
    "get_vehicle_tire_sizes": lambda now, result: finding.told_sizes(now, result.content),
    "confirm_order": lambda now, result: ordering.told_confirmed(result),
    "get_order_status": lambda now, result: ordering.told_status(result),
    "book_fitting": lambda now, result: visiting.told_booked(result),
    "cancel_fitting": lambda now, result: "Готово, запис скасовано.",
    "get_fitting_price": lambda now, result: visiting.told_price(result.content),
    "search_knowledge_base": lambda now, result: _told_article(result.content),
}


def _told_points(now: Situation) -> str:
    points = now.world.points.get(now.wishes.city or "", [])
    if not points:
        return f"У місті {now.wishes.city} пунктів видачі немає."
    return f"Забрати можна тут: {'; '.join(str(point) for point in points[:3])}."


def _told_article(content: Mapping[str, Any]) -> str:
    rows = next((v for v in content.values() if isinstance(v, list) and v), [])
    text = rows[0].get("text", rows[0].get("content", "")) if rows and isinstance(rows[0], dict) else (str(rows[0]) if rows else "")
    if not text:
        return "На жаль, такої інформації не маю."
    sentences = re.split(r"(?<=[.!?])\s+", str(text).replace("\n", " ").strip())
    told = sentences[0]
    for sentence in sentences[1:]:
        if len(told) + len(sentence) > _ARTICLE_CHARS:
            break
        told = f"{told} {sentence}"
    return told


def _failed(now: Situation, tools: Tools, on_with: Flow, result: Result) -> list[Block]:
    """A refusal says what is missing: ask for it. What failed is not made up for."""
    error = result.error.casefold()
    if re.search(r"\bр[іо]к|року|year", error) and result.tool in {"search_tires", "get_vehicle_tire_sizes"}:
        return ask(Ask.YEAR)
    if "телефон" in error and result.tool == "create_order_draft":
        return ask(Ask.PHONE)
    if re.search(r"не відповіда|зламав|перервано|невідом", error):
        return ask(Ask.HUMAN, "Перепрошую, зараз не можу цього перевірити.")
    if result.tool == "create_order_draft" and now.wishes.quantity is None:
        return ask(Ask.QUANTITY, "Стільки шин оформити не можу.")
    if result.tool == "get_order_status":
        return ask(Ask.ANYTHING_ELSE, "За вашим номером телефону такого замовлення не знайшла.")
    if result.tool in {"confirm_order", "book_fitting", "cancel_fitting"} and re.search(r"підсум|згод|погод|«так»|підтвер|почу", error):
        return on_with(now, tools)  # he has not heard or not agreed: the summary once more
    if result.tool == "book_fitting" and now.wishes.time is None:
        return on_with(now, tools)
    if re.search(r"немає|не знайд|такого", error) and result.tool in {"search_tires", "get_vehicle_tire_sizes"}:
        return say("На жаль, такого авто в базі немає. Підкажіть, будь ласка, розмір шин або марку й модель авто.")
    return ask(Ask.HUMAN, "Перепрошую, зараз не можу цього перевірити.")
