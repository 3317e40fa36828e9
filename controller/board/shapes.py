"""Records as the console shows them: a Turn of what was said or looked up, an Ev of a line of the log. Pure.

*n* orders what stands in a transcript. Tool calls belong to the agent's turn that made them and stand before its words:

    turn 3 said by the caller ─► n 60      turn 4, the agent's: its tool calls ─► n 65, 66, ...; its words ─► n 80
"""

from __future__ import annotations

from typing import Any

from agent.records import Latencies, LiveText, ToolCallRecord, TurnRecord
from controller.board.topic import brief
from controller.journal.records import Logged, MachineStepped

Shape = dict[str, Any]
"""A value of JSON with the console's names."""

_STEP = 20
_TOOLS_FROM = 5
_TOOLS_MAX = _STEP - _TOOLS_FROM - 1  # the agent's own limit is ten a call


def turn_n(turn_number: int) -> int:
    return turn_number * _STEP


def tool_n(turn_number: int, index: int) -> int:
    """*index* 0, 1, ... within the turn."""
    return (turn_number - 1) * _STEP + _TOOLS_FROM + min(index, _TOOLS_MAX)


def turn(record: TurnRecord, started_ms: int) -> Shape:
    interrupted = record.interrupted and record.speaker == "agent"
    return {
        "n": turn_n(record.turn_number),
        "at": max(0, record.started_at_ms - started_ms),
        "who": record.speaker,
        "text": record.text,
        "heard_chars": heard_chars(record.text, record.heard_text or "") if interrupted else None,
        "played_ms": record.heard_ms,
        "lat": stages(record.latencies),
        **({"by": record.prompted_by} if record.prompted_by else {}),
    }


def live_turn(text: LiveText, started_ms: int) -> Shape:
    """The agent's words while they are spoken; ``turn`` replaces it."""
    return {
        "n": turn_n(text.turn_number),
        "at": max(0, text.started_at_ms - started_ms),
        "who": text.speaker,
        "text": text.text,
        "heard_chars": None,
        "played_ms": None,
        "lat": None,
    }


def tool_turn(record: ToolCallRecord, index: int, started_ms: int, *, budget_ms: int, attempt: int) -> Shape:
    return {
        "n": tool_n(record.turn_number, index),
        "at": max(0, record.started_at_ms - started_ms),
        "who": "tool",
        "text": "",
        "tool": {
            "name": record.name,
            "brief": brief(record.name, record.arguments, record.result),
            "args": record.arguments,
            "result": record.result if record.success else {},
            "error": None if record.success else record.result or {"error": "?"},
            "ms": record.duration_ms,
            "budget_ms": budget_ms,
            "attempt": attempt,
            "status": "ok" if record.success else "fail",
            "redacted": [],
        },
    }


def stages(latencies: Latencies) -> Shape | None:
    """Of an answer, in ms. *stt* begins where the turn was believed to be over: the silence before that is *hold*; *total* is the whole."""
    if latencies.answer_ms is None:
        return None
    return {
        "hold": latencies.hold_ms,
        "stt": latencies.stt_ms,
        "llm": latencies.model_ms,
        "tts": latencies.tts_ms,
        "wire": latencies.wire_ms,
        "total": latencies.answer_ms,
    }


def heard_chars(text: str, heard: str) -> int:
    """How much of *text* was heard: what is common, for the heard text may end with its own dots."""
    common = 0
    for one, other in zip(text, heard, strict=False):
        if one != other:
            break
        common += 1
    return common


def line(record: MachineStepped | Logged, started_ms: int) -> Shape:
    at = {"seq": record.sequence, "at": max(0, record.at_ms - started_ms)}
    if isinstance(record, Logged):
        return {**at, "src": record.source, "lvl": record.level, "name": record.name, "text": record.text, "data": record.data}
    return {
        **at,
        "src": "ctl",
        "lvl": "",
        "name": kind(record.event),
        "text": record.state,
        "data": {"event": record.event, "commands": record.commands},
    }


def kind(tagged: Shape) -> str:
    """Which of the machine's events it is: call_arrived of {"type": "call_arrived.1"}."""
    return str(tagged.get("type", "?")).partition(".")[0]
