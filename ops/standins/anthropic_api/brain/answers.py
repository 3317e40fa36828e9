"""What to do about a situation: short Ukrainian sentences and tool uses.

results came, no words ─► tell them
words ─► refuse to disclose ─► a human ─► after "nobody is free" ─► something new about tyres ─► the first intent that fits
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops.standins.anthropic_api.brain import situation as reading
from ops.standins.anthropic_api.brain.intents import Intent, choice_in, intents_in
from ops.standins.anthropic_api.brain.situation import Offer, Result, Situation

Block = dict[str, Any]
SEASONS = {"winter": "зимових", "summer": "літніх", "all_season": "всесезонних"}
SEASON_WISHED = {"winter": "зимові", "summer": "літні", "all_season": "всесезонні"}
SET = 4  # tyres on a car

ASK_SEASON = "Які шини вас цікавлять: літні, зимові чи всесезонні?"
ASK_SIZE = "Підкажіть, будь ласка, розмір шин або марку й модель авто."
ASK_MODEL = "Яка модель {}?"
BYE = "Дякую за дзвінок. До побачення!"
ANYTHING_ELSE = "Чи можу ще чимось допомогти?"
NOBODY_FREE = "усі оператори"  # of the agent's own announcement
OFFER_HUMAN = "З'єднати вас з оператором?"
LISTENING = "Так, слухаю вас."
OFF_TOPIC = "Перепрошую, я допомагаю лише з шинами. Що підібрати для вашого авто?"


def think(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> list[Block]:
    """The reply's content blocks: text first, then at most one tool use."""
    now = reading.read(messages)
    desk = {tool["name"]: tool for tool in tools}
    if now.said:
        return _answer(now, desk)
    if now.results:
        return [_text(_tell(now, now.results[-1]))]
    return [_text(LISTENING)]


def _answer(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    intents = intents_in(now.said)
    if Intent.DISCLOSE in intents:
        return [_text("Перепрошую, про це я не розповідаю. Я допомагаю підібрати шини.")]
    after_nobody = NOBODY_FREE in now.told
    if after_nobody and Intent.CALL_BACK in intents:
        return [_text(f"Добре, ми вам передзвонимо, щойно оператор звільниться. {ANYTHING_ELSE}")]
    wants_again = after_nobody and ({Intent.TRY_AGAIN, Intent.YES} & set(intents))
    agreed = Intent.YES in intents and OFFER_HUMAN in now.told
    if Intent.OPERATOR in intents or wants_again or agreed:
        return _transfer(now, tools)
    if now.new_facts:
        return _search_or_ask(now, tools)
    if (choice := choice_in(now.said)) and choice <= len(now.offers):
        now.chosen = choice - 1
        return _stock(now, tools)
    for intent in intents:
        if blocks := ANSWERS[intent](now, tools):
            return blocks
    return [_text(OFF_TOPIC)]


def _search_or_ask(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    if not now.searchable:
        return [_text(ASK_MODEL.format(now.facts.make) if now.facts.make else ASK_SIZE)]
    if now.facts.season is None:
        return [_text(ASK_SEASON)]
    facts = now.facts
    width, profile, diameter = facts.size or (None, None, None)
    limit = facts.max_price if now.cheaper_than is None else now.cheaper_than - 1
    wanted = {
        "width": width,
        "profile": profile,
        "diameter": diameter,
        "season": facts.season,
        "brand": facts.brand,
        "vehicle_make": facts.make,
        "vehicle_model": facts.model,
        "vehicle_year": facts.year,
        "max_price_uah": limit,
    }
    return _use(tools, "search_tires", wanted, "Зараз подивлюся.")


def _transfer(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    wanted = {"reason": "Абонент просить оператора", "summary": _summary(now)}
    return _use(tools, "transfer_to_operator", wanted, "З'єдную вас з оператором, залишайтеся на лінії.")


def _summary(now: Situation) -> str:
    facts = now.facts
    size = f"{facts.size[0]}/{facts.size[1]} R{facts.size[2]}" if facts.size else None
    car = " ".join(str(part) for part in (facts.make, facts.model, facts.year) if part) or None
    season = SEASON_WISHED.get(facts.season or "")
    known = [part for part in (size, car, facts.brand) if part]
    tyres = ", ".join([f"{season} шини" if season else "шини", *known])
    wish = f"Абонент шукає {tyres}." if season or known else "Абонент просить з'єднати з оператором."
    return f"{wish} Пропонували {now.offer.name} за {now.offer.price} грн." if now.offer else wish


def _stock(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    if now.offer is None:
        return _search_or_ask(now, tools)
    return _use(tools, "check_availability", {"tyre_id": now.offer.id}, "Перевіряю наявність.")


def _set_price(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    if now.offer is None:
        return _search_or_ask(now, tools)
    return [_text(f"Чотири шини {now.offer.name} коштують {now.offer.price * SET} грн. {ANYTHING_ELSE}")]


def _yes(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    return _stock(now, tools) if "наявність" in now.told else [_text(LISTENING)]


def _no(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    done = ANYTHING_ELSE in now.told or NOBODY_FREE in now.told
    return [_text(BYE if done else f"Добре. {ANYTHING_ELSE}")]


def _thanks(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    refused = Intent.NO in intents_in(now.said)
    return [_text(BYE if refused else f"Будь ласка! {ANYTHING_ELSE}")]


def _repeat(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    return [_text(now.told or LISTENING)]


def _say(text: str) -> Callable[[Situation, Mapping[str, Any]], list[Block]]:
    return lambda now, tools: [_text(text)]


def _nothing(now: Situation, tools: Mapping[str, Any]) -> list[Block]:
    return []


ANSWERS: dict[Intent, Callable[[Situation, Mapping[str, Any]], list[Block]]] = {
    Intent.DISCLOSE: _nothing,
    Intent.OPERATOR: _nothing,
    Intent.CALL_BACK: _say(f"Передати оператору, щоб вам передзвонили? {OFFER_HUMAN}"),
    Intent.TRY_AGAIN: _repeat,
    Intent.REPEAT: _repeat,
    Intent.CHEAPER: _search_or_ask,
    Intent.SERVICE: _say(f"З цим краще допоможе оператор. {OFFER_HUMAN}"),
    Intent.SET_PRICE: _set_price,
    Intent.ORDER: _say(f"Замовлення оформить оператор. {OFFER_HUMAN}"),
    Intent.STOCK: _stock,
    Intent.GOODBYE: _say(BYE),
    Intent.THANKS: _thanks,
    Intent.STOP: _say(LISTENING),
    Intent.TYRES: _search_or_ask,
    Intent.GREETING: _say("Добрий день, чую вас. Які шини вам підібрати?"),
    Intent.NO: _no,
    Intent.YES: _yes,
    Intent.BACKCHANNEL: _say(LISTENING),
}


def _tell(now: Situation, result: Result) -> str:
    """A result in words."""
    if result.tool == "transfer_to_operator":
        return "З'єдную." if not result.failed else f"На жаль, з'єднати не вдалося. {ANYTHING_ELSE}"
    if result.failed:
        return f"Перепрошую, зараз не можу цього перевірити. {OFFER_HUMAN}"
    if result.tool == "check_availability":
        return _tell_stock(now, result.content)
    offers = reading.offers_in(result)
    return _tell_offers(offers) if offers else _tell_nothing(now)


def _tell_offers(offers: Sequence[Offer]) -> str:
    in_stock = [offer for offer in offers if offer.in_stock > 0] or list(offers)
    named = " або ".join(f"{offer.name} за {offer.price} грн" for offer in in_stock[:2])
    return f"У розмірі {in_stock[0].size} є {named}. Перевірити наявність на складі?"


def _tell_nothing(now: Situation) -> str:
    if now.cheaper_than is not None and now.offers:
        cheapest = min(now.offers, key=lambda offer: offer.price)
        return f"Дешевших зараз немає. Найдоступніша — {cheapest.name} за {cheapest.price} грн. Перевірити наявність?"
    return "На жаль, таких шин зараз немає. Пошукати іншого виробника чи сезон?"


def _tell_stock(now: Situation, content: Mapping[str, Any]) -> str:
    name = now.offer.name if now.offer else "Ці шини"
    places = [row for row in content.get("warehouses", content.get("locations", [])) if not row.get("available_from")]
    if places:
        best = max(places, key=lambda row: int(row["quantity"]))
        return f"{name} є в наявності: {best['warehouse']}, {best['quantity']} штук. {ANYTHING_ELSE}"
    later = [row for row in content.get("expected", content.get("locations", [])) if row.get("available_from")]
    if later:
        return f"{name} очікуємо {later[0]['available_from']}. {ANYTHING_ELSE}"
    return f"На жаль, {name} зараз немає на складі. {ANYTHING_ELSE}"


def _use(tools: Mapping[str, Any], name: str, wanted: Mapping[str, Any], words: str) -> list[Block]:
    """Words and a tool use with those arguments that the tool's schema knows; an apology when there is no such tool."""
    if name not in tools:
        return [_text("Перепрошую, зараз не можу цього зробити.")]
    known = tools[name]["input_schema"].get("properties", {})
    arguments = {key: value for key, value in wanted.items() if value is not None and key in known}
    return [_text(words), {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": name, "input": arguments}]


def _text(text: str) -> Block:
    return {"type": "text", "text": text}
