"""The situation, read from the messages alone, from the first to the last.

    caller's words ─► goal, facts, wishes, choice          tool results ─► what there is, which goals are reached
    our words ─► the question that his next words answer, the tyre under discussion

Parts of caller's messages in round brackets are marks of the system, not his words.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ops.standins.anthropic_api.brain.asking import Ask, asked_in
from ops.standins.anthropic_api.brain.facts import Facts, facts_in
from ops.standins.anthropic_api.brain.intents import Intent, choice_in, intents_in
from ops.standins.anthropic_api.brain.situation import Goal, Situation
from ops.standins.anthropic_api.brain.wishes import Wishes, wishes_in
from ops.standins.anthropic_api.brain.world import Place, Result, read_result

_GOALS = {
    Intent.CANCEL_VISIT: Goal.CANCEL,
    Intent.MOVE_VISIT: Goal.MOVE,
    Intent.MY_VISITS: Goal.MY_VISITS,
    Intent.STATUS: Goal.STATUS,
    Intent.FITTING_PRICE: Goal.FITTING_PRICE,
    Intent.FITTING: Goal.VISIT,
    Intent.PICKUP_POINTS: Goal.POINTS,
    Intent.SIZES: Goal.SIZES,
    Intent.ORDER: Goal.ORDER,
}
_REACHED = {
    "confirm_order": {Goal.ORDER},
    "get_order_status": {Goal.STATUS},
    "book_fitting": {Goal.VISIT, Goal.MOVE},
    "cancel_fitting": {Goal.CANCEL},
    "get_fitting_price": {Goal.FITTING_PRICE},
    "get_vehicle_tire_sizes": {Goal.SIZES},
    "transfer_to_operator": set(Goal),
}
_FITTING = {Goal.VISIT, Goal.MOVE}
_ANSWERS = {Intent.YES, Intent.NO, Intent.BACKCHANNEL, Intent.GREETING, Intent.THANKS, Intent.ORDER, Intent.FITTING, Intent.DELIVERY}
_ANSWERS |= {Intent.PICKUP_POINTS, Intent.SET_PRICE, Intent.TYRES, Intent.STATUS, Intent.ABANDON}


def read(messages: Sequence[Mapping[str, Any]], today: dt.date, name: str | None = None) -> Situation:
    """*name* is the caller's as the system prompt tells it."""
    now = Situation(today, wishes=Wishes(name=name))
    uses: dict[str, Mapping[str, Any]] = {}
    for message in messages:
        blocks = _blocks(message)
        if message["role"] == "assistant":
            uses |= {b["id"]: b for b in blocks if b["type"] == "tool_use"}
            words = " ".join(b["text"] for b in blocks if b["type"] == "text")
            if words:
                _tell(now, words)
        elif message["role"] == "user":
            now.results = [_result(uses, b) for b in blocks if b["type"] == "tool_result"]
            for result in now.results:
                _learn(now, result)
            now.said = _words(blocks)
            if now.said:
                _hear(now, now.said)
    return now


def _hear(now: Situation, said: str) -> None:
    now.asked = asked_in(now.told)
    now.intents = intents_in(said)
    now.abandoned = False
    _hear_goal(now)
    _hear_facts(now, said)
    _hear_wishes(now, said)
    _hear_choice(now, said)


def _hear_goal(now: Situation) -> None:
    """The first intent that is a goal; in the middle of a visit "запишіть" is nothing new."""
    goal = next((_GOALS[intent] for intent in now.intents if intent in _GOALS), None)
    now.new_goal = False
    if goal is Goal.VISIT and now.goal in _FITTING:
        goal = None
    if goal is Goal.POINTS and now.goal is Goal.ORDER:
        goal = None  # he wants to pick it up
    if goal is None and Intent.ABANDON in now.intents and now.goals and now.asked is not Ask.CONFIRM_CANCEL:
        now.goals.pop()
        now.abandoned = True
    elif goal is not None:
        now.new_goal = goal is not now.goal
        now.goals = [other for other in now.goals if other is not goal] + [goal]
        if now.new_goal and goal in {Goal.VISIT, Goal.MOVE}:
            now.wishes = replace(now.wishes, date=None, time=None)


def _hear_facts(now: Situation, said: str) -> None:
    newer = facts_in(said)
    if now.goal in {Goal.VISIT, Goal.MOVE, Goal.CANCEL, Goal.STATUS, Goal.FITTING_PRICE}:
        newer = replace(newer, season=None, size=None, max_price=None, brand=None, year=None)
    if newer.brand and now.goal is Goal.ORDER:
        newer = _among_offers(now, newer)
    before = now.facts
    if Intent.OTHER_SIZE in now.intents:
        before = replace(before, size=None, make=None, model=None, year=None)
    now.facts = before.updated(newer)
    now.new_facts = now.facts != before or (newer.any and now.goal is not Goal.ORDER) or Intent.OTHER_SIZE in now.intents
    changed = replace(now.facts, max_price=None) != replace(before, max_price=None)
    if changed or newer.max_price:
        now.cheaper_than = None
    if not newer.any and now.offers and Intent.CHEAPER in now.intents:
        now.cheaper_than = min(offer.price for offer in now.offers)


def _among_offers(now: Situation, newer: Facts) -> Facts:
    """A maker he was just offered is a choice, not a new wish."""
    for index, offer in enumerate(now.offers):
        if newer.brand and newer.brand in offer.name:
            now.chosen = index
            return replace(newer, brand=None)
    return newer


def _hear_wishes(now: Situation, said: str) -> None:
    answering = now.asked if set(now.intents) <= _ANSWERS else None  # a question of his own is no answer to ours
    newer = wishes_in(said, answering, today=now.today, ordering=now.goal is Goal.ORDER, visiting=now.goal in _FITTING)
    if now.goal is Goal.STATUS or now.asked is Ask.ORDER_NUMBER:
        newer = newer.with_number(said)
    elif newer.typed(said) and now.asked is not Ask.TYPE_NUMBER:
        now.goals = [*now.goals, Goal.STATUS]
        newer = newer.with_number(said)
    before = now.wishes
    now.wishes = before.updated(newer)
    now.new_wishes = now.wishes != before
    if now.says_no and not now.new_wishes and now.asked in {Ask.CONFIRM_VISIT, Ask.CONFIRM_MOVE}:
        now.wishes = replace(now.wishes, date=None, time=None)


def _hear_choice(now: Situation, said: str) -> None:
    """Which of the things we listed."""
    choice, before = choice_in(said), (now.chosen, now.point, now.station, now.visit)
    if now.asked is Ask.POINT:
        now.point = _place(now.world.points.get(now.wishes.city or "", []), choice, said) or now.point
    elif now.asked is Ask.STATION:
        now.station = _place(now.world.stations.get(now.wishes.city or "", []), choice, said) or now.station
    elif now.asked is Ask.WHICH_VISIT and choice:
        now.visit = choice - 1
    elif choice and choice <= len(now.offers) and now.goal in {None, Goal.ORDER}:
        now.chosen = choice - 1
    now.new_wishes |= before != (now.chosen, now.point, now.station, now.visit)


def _place(places: Sequence[Place], choice: int | None, said: str) -> Place | None:
    """By its place in the list, or by a word of its name that he said."""
    if choice and choice <= len(places):
        return places[choice - 1]
    if re.search(r"будь-як|любой|любая|байдуже|без різниці|ближч", said.casefold()):
        return places[0] if places else None
    for place in places:
        stems = [word[:5] for word in re.findall(r"[^\W\d_]{5,}", str(place).casefold()) if not word.startswith("шиномонт")]
        if any(re.search(rf"\b{stem}", said.casefold()) for stem in stems):
            return place
    return None


def _tell(now: Situation, told: str) -> None:
    """The tyre that our words named first is the one under discussion."""
    now.told = told
    if any(ask.value in told for ask in (Ask.CHECK_STOCK, Ask.WHICH_OFFER)) or "Найдоступніша" in told:
        named = [(told.find(offer.name), index) for index, offer in enumerate(now.offers) if offer.name in told]
        now.chosen = min(named)[1] if named else now.chosen


def _learn(now: Situation, result: Result) -> None:
    now.world.learn(result)
    if result.failed:
        _learn_from_failure(now, result)
        return
    if result.tool == "search_tires" and now.world.offers:
        now.chosen = 0
    if result.tool == "get_pickup_points" and now.goal is Goal.POINTS:
        now.goals.pop()
    if result.tool == "get_customer_bookings" and now.goal is Goal.MY_VISITS:
        now.goals.pop()
    reached = _REACHED.get(result.tool, set())
    now.goals = [goal for goal in now.goals if goal not in reached]
    if result.tool == "confirm_order":
        now.wishes, now.point = replace(now.wishes, quantity=None, delivery=None), None
    if result.tool == "get_order_status":
        now.wishes = replace(now.wishes, order_number=None)
    if result.tool in ("book_fitting", "cancel_fitting"):
        now.wishes, now.visit = replace(now.wishes, date=None, time=None), 0


def _learn_from_failure(now: Situation, result: Result) -> None:
    """What was refused is not tried again as it was."""
    if result.tool == "create_order_draft" and re.search(r"кільк|quantity|шин|штук|items", result.error):
        now.wishes = replace(now.wishes, quantity=None)
    if result.tool == "get_order_status":
        now.wishes = replace(now.wishes, order_number=None)
        now.goals = [goal for goal in now.goals if goal is not Goal.STATUS]
    if result.tool == "book_fitting" and re.search(r"зайнят|вільн|slot|час", result.error):
        now.wishes = replace(now.wishes, time=None)
        now.world.slots.clear()


def _result(uses: Mapping[str, Mapping[str, Any]], block: Mapping[str, Any]) -> Result:
    use = uses.get(block["tool_use_id"], {})
    return read_result(str(use.get("name", "")), use.get("input", {}), block)


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _words(blocks: Sequence[Mapping[str, Any]]) -> str:
    words = " ".join(b["text"] for b in blocks if b["type"] == "text")
    return re.sub(r"\([^)]*\)", " ", words).strip()
