"""A reply as the API's stream events; pure. Tokens are estimated: about three letters of Ukrainian make one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Event = dict[str, Any]
LETTERS_PER_TOKEN = 3
NO_INPUT: Mapping[str, int] = {"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


def tokens_in(value: Any) -> int:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return max(1, len(text) // LETTERS_PER_TOKEN)


def events(
    body: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]], usage: Mapping[str, int] = NO_INPUT, *, malformed: bool = False
) -> Iterator[Event]:
    """All events of a streamed reply, about one token a delta. *usage* counts the input; *malformed*: a tool's arguments break off."""
    kept, stop_reason = _within(blocks, body["max_tokens"])
    message = {"id": f"msg_{uuid.uuid4().hex[:24]}", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    yield {
        "type": "message_start",
        "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}},
    }
    yield {"type": "ping"}
    for index, block in enumerate(kept):
        yield {"type": "content_block_start", "index": index, "content_block": _opened(block)}
        for delta in _deltas(block, malformed):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {**usage, "output_tokens": sum(map(_cost, kept))}}
    yield {"type": "message_stop"}


def whole(body: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]], usage: Mapping[str, int] = NO_INPUT) -> Event:
    """The same reply without a stream."""
    kept, stop_reason = _within(blocks, body["max_tokens"])
    return {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": list(kept),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": sum(map(_cost, kept))},
    }


def sse(event: Event) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _within(blocks: Sequence[Mapping[str, Any]], max_tokens: int) -> tuple[list[Mapping[str, Any]], str]:
    """What fits into *max_tokens*, and why it ends. Text is cut; a tool use that does not fit is left out."""
    kept: list[Mapping[str, Any]] = []
    left = max_tokens
    for block in blocks:
        if _cost(block) > left:
            if block["type"] == "text" and left:
                kept.append({"type": "text", "text": block["text"][: left * LETTERS_PER_TOKEN]})
            return kept, "max_tokens"
        kept.append(block)
        left -= _cost(block)
    return kept, "tool_use" if any(block["type"] == "tool_use" for block in kept) else "end_turn"


def _cost(block: Mapping[str, Any]) -> int:
    return tokens_in(block["text"] if block["type"] == "text" else block["input"])


def _opened(block: Mapping[str, Any]) -> Event:
    return {"type": "text", "text": ""} if block["type"] == "text" else {**block, "input": {}}


def _deltas(block: Mapping[str, Any], malformed: bool) -> Iterator[Event]:
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": piece} for piece in _pieces(block["text"]))
        return
    arguments = json.dumps(block["input"], ensure_ascii=False)
    yield {"type": "input_json_delta", "partial_json": ""}
    for piece in _pieces(arguments[:-1] + '"' if malformed else arguments):
        yield {"type": "input_json_delta", "partial_json": piece}


def _pieces(text: str, letters: int = LETTERS_PER_TOKEN) -> Iterator[str]:
    return (text[start : start + letters] for start in range(0, len(text), letters))
