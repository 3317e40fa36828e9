"""What the Messages API's stand-in refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ops.standins.anthropic_api.rules import Refused, check

TOOL = {"name": "search_tires", "description": "", "input_schema": {"type": "object"}}
CACHED = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def agent(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def use(ident: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": ident, "name": "search_tires", "input": {}}


def result(ident: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": ident, "content": "{}"}


def body(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "claude-haiku-5-5", "max_tokens": 100, "tools": [TOOL], "messages": list(messages), **more}


@pytest.mark.parametrize(
    "right",
    [
        body({"role": "user", "content": "Так"}),
        body(user(text("Так")), agent(text("Слухаю"), use("a"), use("b")), user(result("b"), result("a"), text("і ще"))),
        body(user(text("Так")), agent(use("a")), user(result("a")), user(text("і ще"))),
        body(user(text("раз")), user(text("два"))),
        body(user(text("Так")), system=[CACHED], tools=[{**TOOL, "cache_control": {"type": "ephemeral"}}], stream=True),
        body(user(text("Так")), {"role": "system", "content": "Оператори зайняті"}),
    ],
)
def test_what_the_real_one_takes_is_taken(right: dict[str, Any]) -> None:
    check(right)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([], "JSON object"),
        ({"model": "m", "max_tokens": 1}, "messages: Field required"),
        (body(), "at least one message"),
        (body(user(text("x")), nonsense=1), "nonsense: Extra inputs"),
        (body(user(text("x")), max_tokens=0), "max_tokens"),
        (body(user(text("x")), temperature=0.2), "temperature"),
        (body(agent(text("x")), user(text("y"))), "first message"),
        (body(user(text("x")), agent(text("y"))), "prefill"),
        (body(user(text(" "))), "non-whitespace"),
        (body({"role": "user", "content": ""}), "non-whitespace"),
        (body(user()), "non-empty content"),
        (body(user(use("a"))), "unexpected block type 'tool_use'"),
        (body(user(text("x")), agent(use("a")), user(text("y"))), "`tool_use` ids were found without `tool_result`.*: a"),
        (body(user(text("x")), agent(use("a")), user(result("b"))), "unexpected `tool_use_id`.*: b"),
        (body(user(text("x")), agent(use("a")), user(result("a")), agent(text("z")), user(result("a"))), "unexpected `tool_use_id`"),
        (body(user(text("x")), agent(use("a")), user(text("y"), result("a"))), "must come first"),
        (body(user(text("x")), agent(use("a")), user(result("a"), result("a"))), "single result"),
        (body(user(text("x")), agent(use("a")), user(result("a")), tools=[]), "must define tools"),
        (body(user(text("x")), tools=[TOOL, TOOL]), "unique"),
        (body(user(text("x")), tools=[{**TOOL, "name": "пошук шин"}]), "pattern"),
        (body(user(text("x")), tools=[{**TOOL, "input_schema": {}}]), "input_schema"),
        (body(user(text("x")), system=[CACHED] * 5), "maximum of 4"),
        (body(user(text("x")), system=[{"type": "image"}]), "text block"),
    ],
)
def test_what_the_real_one_refuses_is_refused_with_the_place(wrong: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check(wrong)
