"""The reply's content blocks: words, and at most one tool use behind them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.situation import Situation

Block = dict[str, Any]
Tools = Mapping[str, Any]
"""The tools we were offered, by name, as the request describes them."""
Flow = Callable[[Situation, Tools], list[Block]]
"""The next step towards a goal, from what is known so far."""


def say(text: str) -> list[Block]:
    return [{"type": "text", "text": text}]


def ask(question: Ask, before: str = "") -> list[Block]:
    return say(f"{before} {question.value}".strip())


def use(now: Situation, tools: Tools, name: str, wanted: Mapping[str, Any], words: str) -> list[Block]:
    """A tool use with those arguments that the tool's schema knows; *words* before it only where he has just spoken.

    Without such a tool: a human can help.
    """
    if name not in tools:
        return ask(Ask.HUMAN, "З цим краще допоможе оператор.")
    known = tools[name]["input_schema"].get("properties", {})
    arguments = {key: value for key, value in wanted.items() if value is not None and key in known}
    block = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": name, "input": arguments}
    return [*(say(words) if now.said else []), block]


def before(told: str, blocks: Sequence[Block]) -> list[Block]:
    """*told* first, then what comes next."""
    if blocks and blocks[0]["type"] == "text":
        return [*say(f"{told} {blocks[0]['text']}"), *blocks[1:]]
    return [*say(told), *blocks]
