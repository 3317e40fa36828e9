"""Anthropic's stream events read into a reply's parts; pure.

message_start ─► ( content_block_start ─► content_block_delta* ─► content_block_stop )* ─► message_delta ─► message_stop
  usage            text | tool_use         text | piece of JSON      tool use is whole     stop reason, usage
"""

from __future__ import annotations

import json
from typing import Any

from anthropic.types import MessageDeltaUsage, RawMessageStreamEvent, Usage

from agent.ports import ReplyEnded, TextDelta, ToolUse

ReplyPart = TextDelta | ToolUse | ReplyEnded
CHARACTERS_PER_TOKEN = 2.5  # of Ukrainian, roughly: counts a reply whose own count never came
COUNTERS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Malformed(Exception):
    """The stream is not a reply: arguments that are no JSON object, texts that are none, or an end before the end."""


class ReplyReader:
    """One reply. Block types that we do not ask for, thinking among them, are passed over."""

    def __init__(self) -> None:
        self.usage: dict[str, int] = {}
        self.stop_reason = ""
        self.ended = False
        self._tool: tuple[str, str] | None = None  # id and name while its arguments come
        self._json: list[str] = []
        self._written = 0  # characters of text and arguments

    @property
    def used(self) -> dict[str, int]:
        """The usage so far. The service tells the tokens of a reply at its end; before that they are estimated by its length."""
        if self.ended or not self.usage:
            return dict(self.usage)
        return {**self.usage, "output_tokens": max(self.usage.get("output_tokens", 0), round(self._written / CHARACTERS_PER_TOKEN))}

    def read(self, event: RawMessageStreamEvent) -> list[ReplyPart]:
        """The parts that *event* completes, mostly one or none; raises ``Malformed``."""
        match event.type:
            case "message_start":
                self._count(event.message.usage)
            case "content_block_start":
                block = event.content_block
                self._tool = (_text(block.id), _text(block.name)) if block.type == "tool_use" else None
                self._json.clear()
            case "content_block_delta":
                if event.delta.type == "text_delta" and (text := _text(event.delta.text)):
                    self._written += len(text)
                    return [TextDelta(text)]
                if event.delta.type == "input_json_delta":
                    self._json.append(_text(event.delta.partial_json))
                    self._written += len(self._json[-1])
            case "content_block_stop":
                return self._whole_tool()
            case "message_delta":
                self.stop_reason = _text(event.delta.stop_reason or "")
                self._count(event.usage)
            case "message_stop":
                self.ended = True
                return [ReplyEnded(self.stop_reason, dict(self.usage))]
        return []

    def _whole_tool(self) -> list[ReplyPart]:
        if self._tool is None:
            return []
        (tool_id, name), self._tool = self._tool, None
        try:
            arguments: Any = json.loads("".join(self._json) or "{}")
        except (ValueError, RecursionError) as wrong:
            raise Malformed(f"arguments of {name} are not JSON: {wrong}") from wrong
        if not isinstance(arguments, dict):
            raise Malformed(f"arguments of {name} are not an object")
        return [ToolUse(tool_id, name, _whole(arguments))]

    def _count(self, usage: Usage | MessageDeltaUsage) -> None:
        """Counts are cumulative: the latest stands."""
        for counter in COUNTERS:
            count = getattr(usage, counter, None)
            if isinstance(count, int):
                self.usage[counter] = count


def _text(value: Any) -> str:
    """The library validates no event: what should be a text may be anything."""
    if not isinstance(value, str):
        raise Malformed(f"a {type(value).__name__} where a text should be")
    text: str = _whole(value)
    return text


def _whole(value: Any) -> Any:
    """*value* without halves of a surrogate pair: JSON may bring them, and neither the shop nor the model's next request can carry them."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value
