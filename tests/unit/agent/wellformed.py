"""What holds for every talk, whatever happened in it: its record is true, and what the model was sent is well formed."""

from __future__ import annotations

import itertools
from typing import Any

from tests.fakes.talk import FakeTalk


def check_record(talk: FakeTalk) -> None:
    turns = talk.transcript.turns
    assert [turn.turn_number for turn in turns] == list(range(1, len(turns) + 1))
    numbers = {turn.turn_number for turn in turns if turn.speaker == "agent"}
    assert all(call.turn_number in numbers for call in talk.transcript.tool_calls)
    for turn in turns:
        if turn.speaker == "caller":
            assert turn.text
            continue
        assert turn.heard_text is not None
        if turn.interrupted:
            assert len(turn.heard_text) <= len(turn.text)
        else:
            assert turn.heard_text.split() == turn.text.split()


def check_messages(messages: Any) -> None:
    roles = [message["role"] for message in messages]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    for before, after in itertools.pairwise(messages):
        uses = [block["id"] for block in before["content"] if block["type"] == "tool_use"]
        results = [block["tool_use_id"] for block in after["content"] if block["type"] == "tool_result"]
        assert results == uses
