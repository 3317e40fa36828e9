"""What to do about a situation: short Ukrainian sentences and tool uses.

results came, no words ─► tell them, then on with the goal
words ─► refuse to disclose ─► ring him back ─► a human, once more after "nobody is free" ─► a goal: its flow ─► tyres ─► the first intent
         that fits
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ops.standins.anthropic_api.brain import finding, ordering, reading, ringing, telling, visiting
from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.blocks import Block, Flow, Tools, ask, before, say, use
from ops.standins.anthropic_api.brain.finding import SEASON_WISHED, search_or_ask
from ops.standins.anthropic_api.brain.intents import Intent, choice_in
from ops.standins.anthropic_api.brain.moments import today_in
from ops.standins.anthropic_api.brain.situation import Goal, Situation

BYE = "Дякую за дзвінок. До побачення!"
NOBODY_FREE = "усі оператори"  # of the agent's own announcement
LISTENING = "Так, слухаю вас."
OFF_TOPIC = "Перепрошую, я допомагаю лише з шинами. Що підібрати для вашого авто?"
UNCLEAR = "Перепрошую, не зовсім зрозуміла."
SHOP = ZoneInfo("Europe/Kyiv")
_NAME = re.compile(r"Ім'я клієнта за номером телефону: ([^.\n]+)\.")
_DIGRESSIONS = {
    Intent.KNOWLEDGE,
    Intent.SET_PRICE,
    Intent.STOCK,
    Intent.CHEAPER,
    Intent.REPEAT,
    Intent.STOP,
    Intent.GOODBYE,
    Intent.GREETING,
}

FLOWS: Mapping[Goal, Flow] = {
    Goal.ORDER: ordering.order,
    Goal.STATUS: ordering.status,
    Goal.VISIT: visiting.book,
    Goal.MOVE: visiting.move,
    Goal.CANCEL: visiting.cancel,
    Goal.MY_VISITS: visiting.visits,
    Goal.FITTING_PRICE: visiting.price,
    Goal.POINTS: telling.points,
    Goal.SIZES: finding.sizes,
}


def think(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], system: str = "") -> list[Block]:
    """The reply's content blocks: text first, then at most one tool use."""
    name = _NAME.search(system)
    today = today_in(system) or dt.datetime.now(SHOP).date()
    now = reading.read(messages, today, name[1] if name else None)
    desk = {tool["name"]: tool for tool in tools}
    if now.said:
        return _answer(now, desk)
    if now.results:
        return telling.tell(now, desk, on_with)
    return say(LISTENING)


def on_with(now: Situation, tools: Tools) -> list[Block]:
    """The next step of what is under way, or whether there is anything else."""
    return FLOWS[now.goal](now, tools) if now.goal is not None else ask(Ask.ANYTHING_ELSE)


def _answer(now: Situation, tools: Tools) -> list[Block]:
    intents = set(now.intents)
    if Intent.DISCLOSE in intents:
        return say("Перепрошую, про це я не розповідаю. Я допомагаю підібрати шини.")
    if ringing.wanted(now):
        return ringing.request(now, tools)
    wants_again = NOBODY_FREE in now.told and ({Intent.TRY_AGAIN, Intent.YES} & intents)
    agreed = Intent.YES in intents and now.asked is Ask.HUMAN
    if Intent.OPERATOR in intents or wants_again or agreed:
        return _transfer(now, tools)
    if now.abandoned:
        return ordering.abandoned(now)
    return _towards_goal(now, tools) or _about_tyres(now, tools) or _by_intent(now, tools)


def _towards_goal(now: Situation, tools: Tools) -> list[Block]:
    """When he said something of what is under way, or answered our question about it."""
    if now.goal is None:
        return []
    if now.new_facts and now.goal is Goal.ORDER:  # other tyres than those he was offered
        return search_or_ask(now, tools)
    if now.new_goal or now.new_wishes or now.new_facts:
        return on_with(now, tools)
    if _DIGRESSIONS & set(now.intents):
        return []
    if {Intent.YES, Intent.NO, Intent.BACKCHANNEL, Intent.ORDER, Intent.DELIVERY} & set(now.intents):
        return on_with(now, tools)
    return before(UNCLEAR, on_with(now, tools))


def _about_tyres(now: Situation, tools: Tools) -> list[Block]:
    if Intent.KNOWLEDGE in now.intents and not (now.new_facts and now.searchable):
        return []
    if now.new_facts:
        return search_or_ask(now, tools)
    if (choice := choice_in(now.said)) and choice <= len(now.offers):
        return finding.stock(now, tools)
    return []


def _by_intent(now: Situation, tools: Tools) -> list[Block]:
    for intent in now.intents:
        if (answer := ANSWERS.get(intent)) and (blocks := answer(now, tools)):
            return blocks
    return say(OFF_TOPIC)


def _transfer(now: Situation, tools: Tools) -> list[Block]:
    wanted = {"reason": "Абонент просить оператора", "summary": _summary(now)}
    return use(now, tools, "transfer_to_operator", wanted, "З'єдную вас з оператором, залишайтеся на лінії.")


def _summary(now: Situation) -> str:
    facts = now.facts
    size = f"{facts.size[0]}/{facts.size[1]} R{facts.size[2]}" if facts.size else None
    car = " ".join(str(part) for part in (facts.make, facts.model, facts.year) if part) or None
    season = SEASON_WISHED.get(facts.season or "")
    known = [part for part in (size, car, facts.brand) if part]
    tyres = ", ".join([f"{season} шини" if season else "шини", *known])
    wish = f"Абонент шукає {tyres}." if season or known else "Абонент просить з'єднати з оператором."
    return f"{wish} Пропонували {now.offer.name} за {now.offer.price} грн." if now.offer else wish


def _aside(now: Situation, tools: Tools, told: str) -> list[Block]:
    """A short answer in between; then what is under way goes on."""
    return before(told, on_with(now, tools))


def _set_price(now: Situation, tools: Tools) -> list[Block]:
    blocks = finding.price_of_set(now, tools)
    return before(blocks[0]["text"], on_with(now, tools)) if now.offer else blocks


def _yes(now: Situation, tools: Tools) -> list[Block]:
    return finding.stock(now, tools) if now.asked is Ask.CHECK_STOCK or "наявність" in now.told else say(LISTENING)


def _no(now: Situation, tools: Tools) -> list[Block]:
    done = now.asked is Ask.ANYTHING_ELSE or NOBODY_FREE in now.told or ringing.CLOSED in now.told
    return say(BYE) if done else ask(Ask.ANYTHING_ELSE, "Добре.")


def _thanks(now: Situation, tools: Tools) -> list[Block]:
    return say(BYE) if now.says_no else _aside(now, tools, "Будь ласка!")


def _repeat(now: Situation, tools: Tools) -> list[Block]:
    return say(now.told or LISTENING)


def _say(text: str) -> Flow:
    return lambda now, tools: say(text)


ANSWERS: Mapping[Intent, Flow] = {
    Intent.TRY_AGAIN: _repeat,
    Intent.REPEAT: _repeat,
    Intent.CHEAPER: search_or_ask,
    Intent.KNOWLEDGE: telling.question,
    Intent.SET_PRICE: _set_price,
    Intent.STOCK: finding.stock,
    Intent.DELIVERY: telling.question,
    Intent.GOODBYE: _say(BYE),
    Intent.THANKS: _thanks,
    Intent.STOP: _say(LISTENING),
    Intent.TYRES: search_or_ask,
    Intent.GREETING: _say("Добрий день, чую вас. Які шини вам підібрати?"),
    Intent.NO: _no,
    Intent.YES: _yes,
    Intent.BACKCHANNEL: _say(LISTENING),
}
