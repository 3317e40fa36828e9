from datetime import UTC, datetime
from typing import Any

import pytest

from ops.bench.answers import answers_of

OFFSET_MS = 1_700_000_000_000.0


def at(ms: float) -> datetime:
    return datetime.fromtimestamp((OFFSET_MS + ms) / 1000, UTC)


def agent(number: int, ms: float, **stages: int | None) -> dict[str, Any]:
    whole = {"hold_ms": 550, "stt_ms": 10, "model_ms": 30, "tts_ms": 20, "wire_ms": 5, "answer_ms": 640, "filler_ms": None} | stages
    return {"turn_number": number, "speaker": "agent", "text": "Так.", "created_at": at(ms), **whole}


def caller(number: int, text: str) -> dict[str, Any]:
    return {"turn_number": number, "speaker": "caller", "text": text, "created_at": at(0)}


def test_an_answer_has_its_moments_on_the_monotonic_clock() -> None:
    (answer,) = answers_of([caller(1, "Є шини?"), agent(2, 5_640)], [], OFFSET_MS)
    assert answer.question == "Є шини?"
    assert answer.sent_ms == pytest.approx(5_640, abs=0.01)
    assert answer.ended_ms == pytest.approx(5_550, abs=0.01)
    assert answer.asked_ms == pytest.approx(5_560, abs=0.01)
    assert answer.audio_ms == pytest.approx(5_635, abs=0.01)
    assert answer.clause_ms == pytest.approx(5_615, abs=0.01)


def test_the_greeting_answers_nothing() -> None:
    greeting = agent(1, 100, hold_ms=None, stt_ms=None, model_ms=None, answer_ms=None)
    assert answers_of([greeting], [], OFFSET_MS) == []


def test_an_answer_of_which_nothing_left_is_left_out() -> None:
    assert answers_of([caller(1, "Є шини?"), agent(2, 100, wire_ms=None, answer_ms=None)], [], OFFSET_MS) == []


def test_tools_belong_to_the_turn_they_were_used_in() -> None:
    uses = [{"turn_number": turn, "tool_use_id": f"toolu_{turn}", "request_id": f"r{turn}", "created_at": at(500)} for turn in (2, 4)]
    rows = [caller(1, "Є шини?"), agent(2, 1_000), caller(3, "Дешевші?"), agent(4, 9_000)]
    first, second = answers_of(rows, uses, OFFSET_MS)
    assert [use.request_id for use in first.tools] == ["r2"]
    assert [use.request_id for use in second.tools] == ["r4"]
    assert first.tools[0].started_ms == pytest.approx(500, abs=0.01)
