"""Stream events read into a reply's parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from anthropic._models import construct_type
from anthropic.types import RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from agent.adapters.anthropic_reply import Malformed, ReplyPart, ReplyReader
from agent.ports import ReplyEnded, TextDelta, ToolUse
from ops.standins.anthropic_api import stream

EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
BODY = {"model": "claude-haiku-5-5", "max_tokens": 4000, "messages": [{"role": "user", "content": "Добрий день"}]}
USE = {"type": "tool_use", "id": "toolu_1", "name": "search_tires", "input": {"width": 205}}


def read(events: Iterable[dict[str, Any]]) -> list[ReplyPart]:
    reader = ReplyReader()
    return [part for event in events if event["type"] != "ping" for part in reader.read(EVENT.validate_python(event))]


def delta(index: int, piece: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": piece}}


def opened(block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": 0, "content_block": block}


STOPPED = {"type": "content_block_stop", "index": 0}


@given(st.text(min_size=1, max_size=60), st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=4))
def test_what_the_stream_carries_is_what_is_read(text: str, arguments: dict[str, Any]) -> None:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text}, {**USE, "input": arguments}]
    *parts, ended = read(stream.events(BODY, blocks))
    assert "".join(p.text for p in parts if isinstance(p, TextDelta)) == text
    assert [p for p in parts if not isinstance(p, TextDelta)] == [ToolUse("toolu_1", "search_tires", arguments)]
    assert isinstance(ended, ReplyEnded)


def test_a_tool_without_arguments_has_none() -> None:
    assert read([opened({**USE, "input": {}}), delta(0, ""), STOPPED]) == [ToolUse("toolu_1", "search_tires", {})]


@pytest.mark.parametrize("arguments", ['{"width": 20', "205", "[1]", "null", "{'a': 1}"])
def test_arguments_that_are_no_json_object_are_malformed(arguments: str) -> None:
    with pytest.raises(Malformed, match="search_tires"):
        read([opened({**USE, "input": {}}), delta(0, arguments), STOPPED])


DEEP = '{"a":' * 100_000


@pytest.mark.parametrize(
    "event",
    [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": True}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ["a", "b"]}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": 5}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": {}, "name": "book", "input": {}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": None, "input": {}}},
    ],
)
def test_a_text_that_is_none_is_malformed(event: dict[str, Any]) -> None:
    unchecked: Any = construct_type(type_=RawMessageStreamEvent, value=event)  # as the library makes it: it checks nothing
    with pytest.raises(Malformed, match="where a text should be"):
        ReplyReader().read(unchecked)


def test_arguments_nested_without_end_are_malformed() -> None:
    with pytest.raises(Malformed):
        read([opened({**USE, "input": {}}), delta(0, DEEP), STOPPED])


def test_half_a_character_is_not_passed_on() -> None:
    """Nothing that holds one can be sent anywhere: the shop's client and the model's next request would both break."""
    said = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "так\ud800"}}
    arguments = '{"name": "\\ud800Петро", "\\udfff": ["\\ud83d\\ude00", {"x": "\\udc00"}]}'
    assert read([said, opened({**USE, "input": {}}), delta(0, arguments), STOPPED]) == [
        TextDelta("так?"),
        ToolUse("toolu_1", "search_tires", {"name": "?Петро", "?": ["😀", {"x": "?"}]}),
    ]


def test_two_tools_in_a_row_keep_their_own_arguments() -> None:
    blocks = [USE, {**USE, "id": "toolu_2", "input": {"width": 215}}]
    uses = [p for p in read(stream.events(BODY, blocks)) if isinstance(p, ToolUse)]
    assert [(u.id, u.arguments) for u in uses] == [("toolu_1", {"width": 205}), ("toolu_2", {"width": 215})]


def test_thinking_is_passed_over() -> None:
    thinking = opened({"type": "thinking", "thinking": "", "signature": ""})
    piece = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}
    assert read([thinking, piece, STOPPED]) == []


def test_the_latest_counts_of_tokens_stand() -> None:
    words = [{"type": "text", "text": "Слухаю вас, добрий день"}]
    [ended] = [p for p in read(stream.events(BODY, words, {"input_tokens": 12, "cache_read_input_tokens": 5})) if isinstance(p, ReplyEnded)]
    assert ended.stop_reason == "end_turn"
    assert ended.usage == {"input_tokens": 12, "output_tokens": 7, "cache_read_input_tokens": 5}


def test_a_reply_without_its_end_is_counted_by_its_length() -> None:
    reader = ReplyReader()
    assert reader.used == {}
    for event in stream.events(BODY, [{"type": "text", "text": "Слухаю вас, добрий день"}], {"input_tokens": 12}):
        if event["type"] == "message_delta":
            break
        if event["type"] != "ping":
            reader.read(EVENT.validate_python(event))
    assert reader.used == {"input_tokens": 12, "output_tokens": 9}
