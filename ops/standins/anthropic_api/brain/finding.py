"""Tyres: searching, offering, stock, the price of a set, a car's sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.blocks import Block, Tools, ask, say, use
from ops.standins.anthropic_api.brain.situation import Goal, Situation
from ops.standins.anthropic_api.brain.world import Offer, Result, offers_in

SEASON_WISHED = {"winter": "зимові", "summer": "літні", "all_season": "всесезонні"}
SET = 4  # tyres on a car


def search_or_ask(now: Situation, tools: Tools) -> list[Block]:
    facts = now.facts
    if not now.searchable:
        if facts.make:
            return say(f"{Ask.MODEL.value} {facts.make}?")
        return ask(Ask.SIZE, "Підкажіть, будь ласка,")
    if facts.season is None:
        return ask(Ask.SEASON, "Які шини вас цікавлять:")
    width, profile, diameter = facts.size or (None, None, None)
    wanted = {
        "width": width,
        "profile": profile,
        "diameter": diameter,
        "season": facts.season,
        "brand": facts.brand,
        "vehicle_make": facts.make,
        "vehicle_model": facts.model,
        "vehicle_year": facts.year,
        "max_price_uah": facts.max_price if now.cheaper_than is None else now.cheaper_than - 1,
    }
    return use(now, tools, "search_tires", wanted, "Зараз подивлюся.")


def stock(now: Situation, tools: Tools) -> list[Block]:
    if now.offer is None:
        return search_or_ask(now, tools)
    return use(now, tools, "check_availability", {"tyre_id": now.offer.id}, "Перевіряю наявність.")


def price_of_set(now: Situation, tools: Tools) -> list[Block]:
    if now.offer is None:
        return search_or_ask(now, tools)
    return say(f"Чотири шини {now.offer.name} коштують {now.offer.price * SET} грн.")


def sizes(now: Situation, tools: Tools) -> list[Block]:
    """The goal SIZES."""
    if now.facts.model is None:
        return search_or_ask(now, tools)
    if now.facts.year is None:
        return ask(Ask.YEAR)
    car = {"make": now.facts.make, "model": now.facts.model, "year": now.facts.year}
    return use(now, tools, "get_vehicle_tire_sizes", car, "Зараз подивлюся.")


def tell_offers(now: Situation, result: Result) -> list[Block]:
    offers = offers_in(result)
    if not offers:
        return _tell_nothing(now)
    shown = [offer for offer in offers if offer.in_stock > 0] or offers
    named = " або ".join(f"{offer.name} за {offer.price} грн" for offer in shown[:2])
    return ask(Ask.WHICH_OFFER if now.goal is Goal.ORDER else Ask.CHECK_STOCK, f"У розмірі {shown[0].size} є {named}.")


def _tell_nothing(now: Situation) -> list[Block]:
    if now.cheaper_than is not None and now.offers:
        cheapest: Offer = min(now.offers, key=lambda offer: offer.price)
        question = Ask.WHICH_OFFER if now.goal is Goal.ORDER else Ask.CHECK_STOCK
        return ask(question, f"Дешевших зараз немає. Найдоступніша — {cheapest.name} за {cheapest.price} грн.")
    return say("На жаль, таких шин зараз немає. Пошукати іншого виробника чи сезон?")


def told_stock(now: Situation, content: Mapping[str, Any]) -> str:
    name = now.offer.name if now.offer else "Ці шини"
    places: Sequence[Mapping[str, Any]] = content.get("warehouses", content.get("locations", []))
    if here := [row for row in places if not row.get("available_from")]:
        best = max(here, key=lambda row: int(row["quantity"]))
        return f"{name} є в наявності: {best['warehouse']}, {best['quantity']} штук."
    if later := [row for row in content.get("expected", places) if row.get("available_from")]:
        return f"{name} очікуємо {later[0]['available_from']}."
    return f"На жаль, {name} зараз немає на складі."


def told_sizes(now: Situation, content: Mapping[str, Any]) -> str:
    listed = next((value for value in content.values() if isinstance(value, list) and value), [])
    named = " або ".join(str(size.get("size", "")) if isinstance(size, dict) else str(size) for size in listed[:3])
    return f"На {now.facts.make} {now.facts.model} підходять розміри {named}." if named else "Розмірів для цього авто не знайшла."
