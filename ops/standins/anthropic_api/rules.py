"""What the Messages API refuses, as a pure check of a request's body; messages are worded like the real ones.

Checked is what a client can get wrong in a conversation with tools. As in the real API, turns of one role in a row
are one turn, and the conversation must end with the user (newer models take no prefill).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
BREAKPOINTS = 4
KNOWN = {"model", "max_tokens", "messages", "system", "tools", "tool_choice", "stream", "thinking", "metadata"}
KNOWN |= {"stop_sequences", "cache_control", "output_config", "service_tier", "temperature", "top_p", "top_k"}
REMOVED = ("temperature", "top_p", "top_k")


class Refused(Exception):
    """An ``invalid_request_error``; the text says where."""


def check(body: Any) -> None:
    """Raises ``Refused`` for the first thing that is wrong."""
    if not isinstance(body, dict):
        raise Refused("the body must be a JSON object")
    if stray := sorted(body.keys() - KNOWN):
        raise Refused(f"{stray[0]}: Extra inputs are not permitted")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise Refused(f"{name}: Field required")
    if not isinstance(body["model"], str) or not body["model"]:
        raise Refused("model: String should have at least 1 character")
    if not isinstance(body["max_tokens"], int) or not 1 <= body["max_tokens"] <= 128_000:
        raise Refused("max_tokens: must be between 1 and 128000")
    if "-5-5" in body["model"] and (old := [name for name in REMOVED if name in body]):
        raise Refused(f"{old[0]}: this parameter is not supported on this model")
    _check_system(body.get("system", ""))
    tools = _check_tools(body.get("tools", []))
    _check_messages(body["messages"], tools)
    if sum(1 for block in _all_blocks(body) if block.get("cache_control")) > BREAKPOINTS:
        raise Refused(f"A maximum of {BREAKPOINTS} blocks with cache_control may be provided.")


def _check_system(system: Any) -> None:
    if isinstance(system, list):
        for index, block in enumerate(system):
            _check_text(block, f"system.{index}")
    elif not isinstance(system, str):
        raise Refused("system: Input should be a string or a list of text blocks")


def _check_tools(tools: Any) -> set[str]:
    names: set[str] = set()
    for index, tool in enumerate(tools):
        name, schema = tool.get("name", ""), tool.get("input_schema")
        if not TOOL_NAME.fullmatch(name):
            raise Refused(f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise Refused(f"tools.{index}.custom.input_schema.type: Field required")
        if name in names:
            raise Refused("tools: Tool names must be unique.")
        names.add(name)
    return names


def _check_messages(messages: Any, tools: set[str]) -> None:
    if not isinstance(messages, list) or not messages:
        raise Refused("messages: at least one message is required")
    for index, message in enumerate(messages):
        if message.get("role") not in ("user", "assistant", "system"):
            raise Refused(f"messages.{index}.role: Input should be 'user', 'assistant' or 'system'")
        _check_content(message, f"messages.{index}")
    if messages[0]["role"] != "user":
        raise Refused("messages: first message must use the user role")
    if messages[-1]["role"] == "assistant":
        raise Refused("This model does not support assistant message prefill. The conversation must end with a user message.")
    _check_tool_pairs(messages)
    if not tools and any(block["type"] == "tool_use" for m in messages for block in _blocks(m)):
        raise Refused("Requests which include `tool_use` or `tool_result` blocks must define tools")


def _check_content(message: Mapping[str, Any], where: str) -> None:
    content = message.get("content")
    if isinstance(content, str):
        if not content.strip():
            raise Refused(f"{where}: text content blocks must contain non-whitespace text")
        return
    if not isinstance(content, list) or not content:
        raise Refused(f"{where}.content: all messages must have non-empty content")
    allowed = {"user": {"text", "tool_result"}, "assistant": {"text", "tool_use"}, "system": {"text"}}[message["role"]]
    for index, block in enumerate(content):
        kind = block.get("type")
        if kind not in allowed:
            raise Refused(f"{where}.content.{index}: unexpected block type {kind!r} in a message of role {message['role']}")
        if kind == "text":
            _check_text(block, f"{where}.content.{index}")
        elif kind == "tool_use" and not (isinstance(block.get("input"), dict) and block.get("id") and block.get("name")):
            raise Refused(f"{where}.content.{index}.tool_use: id, name and input (a dictionary) are required")
        elif kind == "tool_result" and not block.get("tool_use_id"):
            raise Refused(f"{where}.content.{index}.tool_result.tool_use_id: Field required")


def _check_text(block: Any, where: str) -> None:
    if not isinstance(block, dict) or block.get("type") != "text" or not isinstance(block.get("text"), str):
        raise Refused(f"{where}: Input should be a text block")
    if not block["text"].strip():
        raise Refused(f"{where}: text content blocks must contain non-whitespace text")


def _check_tool_pairs(messages: Sequence[Mapping[str, Any]]) -> None:
    """Each tool_use is answered in the very next turn, results first, and nothing else is answered."""
    asked: set[str] = set()
    for role, turn in groupby((m for m in messages if m["role"] != "system"), key=lambda m: m["role"]):
        blocks = [block for message in turn for block in _blocks(message)]
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if stray := [i for i in results if i not in asked]:
            raise Refused(
                f"messages: unexpected `tool_use_id` found in `tool_result` blocks: {stray[0]}. Each `tool_result` block must have "
                "a corresponding `tool_use` block in the previous message."
            )
        if missing := sorted(asked - set(results)):
            raise Refused(
                f"messages: `tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(missing)}. "
                "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            )
        if len(set(results)) != len(results):
            raise Refused("messages: each tool_use must have a single result")
        if results and blocks[0]["type"] != "tool_result":
            raise Refused("messages: `tool_result` blocks must come first in the message that answers a `tool_use`")
        asked = {block["id"] for block in blocks if block["type"] == "tool_use"} if role == "assistant" else set()


def _blocks(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _all_blocks(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from body.get("tools", [])
    if isinstance(body.get("system"), list):
        yield from body["system"]
    for message in body["messages"]:
        yield from _blocks(message)
