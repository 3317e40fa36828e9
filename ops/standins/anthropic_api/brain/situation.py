"""What a conversation has come to, read from the messages alone, from the first to the last.

Parts of caller's messages in round brackets are marks of the system, not his words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ops.standins.anthropic_api.brain.facts import Facts, facts_in
from ops.standins.anthropic_api.brain.intents import Intent, intents_in


@dataclass(frozen=True, slots=True)
class Offer:
    """A tyre that a search brought."""

    id: str
    name: str
    size: str
    price: int  # UAH for one
    in_stock: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool brought back."""

    tool: str
    content: Mapping[str, Any]

    @property
    def failed(self) -> bool:
        return "error" in self.content


@dataclass(slots=True)
class Situation:
    """The end of the conversation so far."""

    facts: Facts = field(default_factory=Facts)
    new_facts: bool = False  # his last words told something new
    offers: Sequence[Offer] = ()  # of the last search that found some
    chosen: int = 0  # index of the offer under discussion
    said: str = ""  # his last words; empty when the last message only brings results
    results: Sequence[Result] = ()  # what the last message brings
    told: str = ""  # our last words
    cheaper_than: int | None = None  # UAH; he found this too dear

    @property
    def offer(self) -> Offer | None:
        return self.offers[self.chosen] if self.chosen < len(self.offers) else None

    @property
    def searchable(self) -> bool:
        return self.facts.size is not None or self.facts.model is not None


def read(messages: Sequence[Mapping[str, Any]]) -> Situation:
    situation = Situation()
    tool_names: dict[str, str] = {}
    for message in messages:
        blocks = _blocks(message)
        if message["role"] == "assistant":
            tool_names |= {b["id"]: b["name"] for b in blocks if b["type"] == "tool_use"}
            words = " ".join(b["text"] for b in blocks if b["type"] == "text")
            if words:
                _tell(situation, words)
        elif message["role"] == "user":
            situation.results = [_result(tool_names, b) for b in blocks if b["type"] == "tool_result"]
            for result in situation.results:
                _learn(situation, result)
            situation.said = _words(blocks)
            if situation.said:
                _hear(situation, situation.said)
    return situation


def _hear(situation: Situation, said: str) -> None:
    newer = facts_in(said)
    before = situation.facts
    situation.facts = before.updated(newer)
    situation.new_facts = newer.any
    changed = replace(situation.facts, max_price=None) != replace(before, max_price=None)
    if changed or newer.max_price:
        situation.cheaper_than = None
    if not newer.any and situation.offers and Intent.CHEAPER in intents_in(said):
        situation.cheaper_than = min(offer.price for offer in situation.offers)


def _tell(situation: Situation, told: str) -> None:
    """The tyre that our words named first is the one under discussion."""
    situation.told = told
    named = [(told.find(offer.name), index) for index, offer in enumerate(situation.offers) if offer.name in told]
    if named:
        situation.chosen = min(named)[1]


def _learn(situation: Situation, result: Result) -> None:
    offers = offers_in(result)
    if offers:
        situation.offers, situation.chosen = offers, 0


def offers_in(result: Result) -> list[Offer]:
    """The tyres of a search's result, those in stock first: the first list of objects that have an id and a price."""
    for value in result.content.values():
        if isinstance(value, list):
            rows = [row for row in value if isinstance(row, dict) and "id" in row and _price(row)]
            if rows:
                return sorted(map(_offer, rows), key=lambda offer: offer.in_stock <= 0)
    return []


def _offer(row: Mapping[str, Any]) -> Offer:
    name = row.get("name") or f"{row.get('brand', '')} {row.get('model', '')}".strip()
    stock = row.get("stock_quantity", row.get("in_stock", 0))
    return Offer(str(row["id"]), str(name), str(row.get("size", "")), _price(row), int(stock))


def _price(row: Mapping[str, Any]) -> int:
    told = row.get("price_uah", row.get("price", 0))
    digits = re.sub(r"[^\d.]", "", str(told)).strip(".")
    return round(float(digits)) if digits else 0


def _result(tool_names: Mapping[str, str], block: Mapping[str, Any]) -> Result:
    content = block.get("content", "")
    text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
    try:
        value = json.loads(text)
    except ValueError:
        value = {"text": text}
    if not isinstance(value, dict):
        value = {"data": value}
    if block.get("is_error"):
        value.setdefault("error", text)
    return Result(tool_names.get(block["tool_use_id"], ""), value)


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _words(blocks: Sequence[Mapping[str, Any]]) -> str:
    words = " ".join(b["text"] for b in blocks if b["type"] == "text")
    return re.sub(r"\([^)]*\)", " ", words).strip()
