"""What a conversation leaves behind: versioned values, written to the journal and shown live."""

from __future__ import annotations

import enum
from typing import Any, Literal

import msgspec


class AgentState(enum.StrEnum):
    """The states of a call that the agent knows; the words are the same everywhere (mission M2)."""

    GREETING = "greeting"
    LISTENING = "listening"
    THINKING = "thinking"
    TOOL = "tool"
    SPEAKING = "speaking"


class Latencies(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Stages of one answer in ms; None where a stage did not happen.

    caller's last voiced frame ─ hold ─► turn ended ─ stt ─► text ─ model ─► first token ─ tts ─► first audio ─ wire ─► sent
    └──────────────────────────────────────── answer ─────────────────────────────────────────────────────────────────┘
    """

    hold_ms: int | None = None  # endpointing: silence we waited through before we believed he had finished
    stt_ms: int | None = None  # from the end of the turn to the text we used
    model_ms: int | None = None  # request to first token
    tts_ms: int | None = None  # first clause to first audio
    wire_ms: int | None = None  # first audio in our hands to first frame sent
    answer_ms: int | None = None  # caller's last voiced frame to first frame sent; fillers are apart
    filler_ms: int | None = None  # the same for a filler, when one was said


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    turn_number: int  # 1, 2, ... over both speakers, in the order in which they began
    speaker: Literal["caller", "agent"]
    text: str
    started_at_ms: int  # Unix time
    revision: int = 1
    heard_text: str | None = None  # agent only: what of *text* the caller heard
    heard_ms: int | None = None
    interrupted: bool = False
    stt_confidence: float | None = None
    language: str | None = None
    latencies: Latencies = Latencies()
    usage: dict[str, int] = {}
    prompted_by: str = ""  # agent only: the supervisor who had it said; empty: the agent's own words


class LiveText(msgspec.Struct, frozen=True, kw_only=True):
    """A turn in the making, for those who watch; the ``TurnRecord`` of the same number replaces it and is what is kept."""

    turn_number: int
    speaker: Literal["caller", "agent"]
    text: str  # the whole turn so far: what the recogniser makes of it, what is being spoken
    started_at_ms: int  # Unix time


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing worth a line in the call's log that is neither a turn nor a tool call."""

    source: Literal["vad", "stt", "llm", "tts", "tool", "rtp"]
    name: str  # past tense, as in SpeechBegan, FirstToken, BargeIn
    level: Literal["", "warn", "err"] = ""
    text: str = ""  # for people, short
    data: dict[str, Any] = {}


class ToolCallRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    turn_number: int
    tool_use_id: str
    name: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    started_at_ms: int
    duration_ms: int
    success: bool
    request_id: str = ""
