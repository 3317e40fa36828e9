"""Lines for the call's log: what happened in the talk between its turns, with a warning where a stage took longer than it may.

Pure. A handful of them belong to each turn; what could come faster is thinned here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.errors import AgentError, ModelFailed, RecognizerFailed, VoiceFailed
from agent.records import Moment

Stage = Literal["stt", "llm", "tts", "rtp"]

BUDGET_MS: Mapping[Stage, int] = MappingProxyType({"stt": 500, "llm": 1_000, "tts": 400, "rtp": 100})
"""Of the mission; the last is the wire's."""
_SOUNDS_APART_MS = 500  # a noisy line begins and ends sounds without end


def stage(source: Stage, name: str, ms: int, text: str = "", **data: Any) -> Moment:
    """A stage of an answer was passed after *ms*; of *data* what is known."""
    told = {"ms": ms, **{key: value for key, value in data.items() if value is not None}}
    return Moment(source=source, name=name, level="warn" if ms > BUDGET_MS[source] else "", text=text, data=told)


def failure(failed: AgentError) -> Moment:
    match failed:
        case RecognizerFailed():
            source: Literal["stt", "tts", "llm", "tool"] = "stt"
        case VoiceFailed():
            source = "tts"
        case ModelFailed():
            source = "llm"
        case _:
            source = "tool"
    return Moment(source=source, name=type(failed).__name__, level="err", text=str(failed)[:200])


class Sounds:
    """The caller's sounds, of those that follow each other quickly only the first."""

    def __init__(self) -> None:
        self._told_ms: int | None = None  # when the one began that was told last
        self._telling = False

    def heard(self, event: SpeechBegan | SpeechEnded) -> Moment | None:
        match event:
            case SpeechBegan(at_ms):
                self._telling = self._told_ms is None or at_ms - self._told_ms >= _SOUNDS_APART_MS
                if not self._telling:
                    return None
                self._told_ms = at_ms
                return Moment(source="vad", name="SpeechBegan")
            case SpeechEnded(last_voiced_ms):
                if not self._telling or self._told_ms is None:
                    return None
                self._telling = False
                return Moment(source="vad", name="SpeechEnded", data={"sound_ms": max(0, last_voiced_ms - self._told_ms)})
