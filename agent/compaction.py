"""A long talk within a budget: what the model is sent of it before it grows costly.

    turn 1   turn 2   turn 3   turn 4   turn 5   turn 6        a turn begins with the caller's words
    └─ a note of facts ┘└ results short ┘└──── whole ────┘

Pure. Old results of tools are shortened first; when that is not enough, the oldest turns give way to one short note: what the caller
said and what the tools found. The last turns stay whole, whatever their size.

Compaction goes in steps. As long as the budget holds, nothing changes; once it is exceeded, as much goes as brings the rest down to half
of it (three quarters, where shorter results are enough). Each step is decided by the messages up to the turn that exceeded the budget
alone: a talk that goes on keeps the beginning it was given before, byte by byte, and the model's cache with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

CHARACTERS_PER_TOKEN = 2.5
"""Of Ukrainian and JSON mixed, on the side of too many tokens."""

_ENOUGH = 0.75  # of the budget: when short results bring it below, no turn is given up
_AFTER_A_NOTE = 0.5  # of the budget: so many turns are given up at once
_PER_BLOCK = 20  # characters that the form of a block takes
_SHORT_RESULT = 240  # characters of a shortened one
_SHORT_ITEMS = 2  # of a list in it
_SHORT_TEXT = 60  # characters of a text in it
_QUOTE = 90  # characters of what the caller said in a turn
_NOTE = 1_600  # characters of all
_FACT = 280

Message = Mapping[str, Any]
Block = Mapping[str, Any]


class _Piece(NamedTuple):
    role: str
    block: Block


@dataclass(slots=True)
class _Turn:
    pieces: list[_Piece] = field(default_factory=list)
    characters: int = 0
    short_characters: int = 0  # with its results shortened

    def add(self, piece: _Piece) -> None:
        self.pieces.append(piece)
        self.characters += _size(piece.block)
        self.short_characters += _size(_shortened(piece.block))


@dataclass(frozen=True, slots=True)
class _Plan:
    """Turns before *noted* are in the note, those before *shortened* have short results."""

    noted: int = 0
    shortened: int = 0


def estimated_tokens(messages: Sequence[Message]) -> int:
    """What the messages will cost to read, roughly."""
    return math.ceil(sum(_size(piece.block) for piece in _pieces(messages)) / CHARACTERS_PER_TOKEN)


def compact(messages: Sequence[Message], *, budget_tokens: int = 6_000, whole_turns: int = 4) -> list[dict[str, Any]]:
    """*messages* of the Messages API, ending with the user, within *budget_tokens* unless the last *whole_turns* alone exceed it.

    Messages within the budget come back equal. Pairs of tool_use and tool_result stay together and roles alternate as they did.
    """
    turns = _turns(messages)
    plan = _plan(turns, budget_tokens * CHARACTERS_PER_TOKEN, whole_turns)
    if plan == _Plan():
        return [dict(message) for message in messages]
    pieces = [_Piece("user", {"type": "text", "text": _note(turns[: plan.noted])})] if plan.noted else []
    for index, turn in enumerate(turns[plan.noted :], plan.noted):
        pieces += [_Piece(role, _shortened(block)) for role, block in turn.pieces] if index < plan.shortened else turn.pieces
    return _joined(pieces)


def _plan(turns: Sequence[_Turn], budget: float, whole_turns: int) -> _Plan:
    """Replay the talk turn by turn; the plan changes where the budget is exceeded."""
    whole = [0, *accumulate(turn.characters for turn in turns)]
    short = [0, *accumulate(turn.short_characters for turn in turns)]

    def total(count: int, plan: _Plan) -> int:
        """Characters of the first *count* turns under that plan."""
        shortened = max(plan.shortened, plan.noted)
        return short[shortened] - short[plan.noted] + whole[count] - whole[shortened] + (_NOTE if plan.noted else 0)

    plan = _Plan()
    for count in range(1, len(turns) + 1):
        if total(count, plan) <= budget:
            continue
        oldest_whole = max(0, count - whole_turns, plan.noted)
        plan = _Plan(plan.noted, max(plan.shortened, oldest_whole))
        if total(count, plan) > budget * _ENOUGH:
            while plan.noted < oldest_whole and total(count, plan) > budget * _AFTER_A_NOTE:
                plan = _Plan(plan.noted + 1, plan.shortened)
    return plan


def _turns(messages: Sequence[Message]) -> list[_Turn]:
    """A turn begins where the caller's words begin; what he says while results come back begins one too."""
    turns: list[_Turn] = []
    spoke = False
    for piece in _pieces(messages):
        speaks = piece.role == "user" and piece.block["type"] == "text"
        if not turns or (speaks and not spoke):
            turns.append(_Turn())
        turns[-1].add(piece)
        spoke = speaks
    return turns


def _pieces(messages: Sequence[Message]) -> Iterator[_Piece]:
    for message in messages:
        content = message["content"]
        blocks: Sequence[Block] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks:
            yield _Piece(message["role"], block)


def _joined(pieces: Sequence[_Piece]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for role, block in pieces:
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"].append(dict(block))
        else:
            messages.append({"role": role, "content": [dict(block)]})
    return messages


def _size(block: Block) -> int:
    match block["type"]:
        case "text":
            return len(block["text"]) + _PER_BLOCK
        case "tool_use":
            return len(block["name"]) + len(json.dumps(block["input"], ensure_ascii=False)) + 2 * _PER_BLOCK
        case _:
            return len(_result_text(block)) + 2 * _PER_BLOCK


def _result_text(block: Block) -> str:
    content = block.get("content", "")
    return content if isinstance(content, str) else " ".join(str(part.get("text", "")) for part in content)


def _shortened(block: Block) -> Block:
    """A result with its first items and short texts; other blocks as they are."""
    if block["type"] != "tool_result":
        return block
    text = _result_text(block)
    if len(text) <= _SHORT_RESULT:
        return block
    return {**block, "content": [{"type": "text", "text": _short_json(text)}]}


def _short_json(text: str, limit: int = _SHORT_RESULT) -> str:
    try:
        short = json.dumps(_trimmed(json.loads(text)), ensure_ascii=False)
    except ValueError:
        short = text
    return short if len(short) <= limit else short[: limit - 1] + "…"


def _trimmed(value: Any) -> Any:
    match value:
        case dict():
            return {key: _trimmed(part) for key, part in value.items()}
        case list():
            return [_trimmed(part) for part in value[:_SHORT_ITEMS]]
        case str() if len(value) > _SHORT_TEXT:
            return value[: _SHORT_TEXT - 1] + "…"
        case _:
            return value


# The note


def _note(turns: Sequence[_Turn]) -> str:
    """What those turns were about, in parentheses: so the prompt marks what the caller did not say himself."""
    said = [quote for turn in turns if (quote := _quote(turn))]
    facts = list(_facts(turns))
    room = _NOTE - 120
    told: list[str] = []
    for fact in reversed(facts):  # the newest matter most
        if room < len(fact):
            break
        told.insert(0, fact)
        room -= len(fact) + 2
    quotes: list[str] = []
    for quote in reversed(said):
        if room < len(quote):
            break
        quotes.insert(0, quote)
        room -= len(quote) + 4
    parts = ["Стислий зміст попередньої розмови."]
    if quotes:
        parts.append("Абонент казав: " + "; ".join(f"«{quote}»" for quote in quotes) + ".")
    if told:
        parts.append("Інструменти відповіли: " + "; ".join(told) + ".")
    return f"({' '.join(parts)})"


def _quote(turn: _Turn) -> str:
    words = " ".join(block["text"] for role, block in turn.pieces if role == "user" and block["type"] == "text")
    plain = words.translate(str.maketrans("()«»", "    ")).strip()
    if words.strip().startswith("("):
        return ""  # a mark of ours, not his words
    return plain if len(plain) <= _QUOTE else plain[: _QUOTE - 1] + "…"


def _facts(turns: Sequence[_Turn]) -> Iterator[str]:
    """What each tool found when it was last asked that; what failed is no fact."""
    uses: dict[str, str] = {}
    found: dict[str, str] = {}
    for turn in turns:
        for _, block in turn.pieces:
            if block["type"] == "tool_use":
                uses[block["id"]] = f"{block['name']} {_short_json(json.dumps(block['input'], ensure_ascii=False), _FACT // 3)}"
            elif block["type"] == "tool_result" and not block.get("is_error") and block["tool_use_id"] in uses:
                asked = uses[block["tool_use_id"]]
                found.pop(asked, None)
                found[asked] = _short_json(_result_text(block), _FACT)
    yield from (f"{asked} → {answer}" for asked, answer in found.items())
