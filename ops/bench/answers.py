"""One answer as the call's record and the stand-ins' logs tell it, all on CLOCK_MONOTONIC in ms. Pure values.

caller's last voiced ─ hold ─► ended ─ stt ─► asked ─ model ─► token ... clause ─ tts ─► audio ─ wire ─► sent
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.standins.control import Served


@dataclass(frozen=True, slots=True)
class ToolUsed:
    tool_use_id: str
    request_id: str  # of its request to the shop
    started_ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the record; the stages are those of ``agent.records.Latencies``."""

    question: str  # the caller's words as we understood them
    text: str
    sent_ms: float
    hold_ms: float
    stt_ms: float
    model_ms: float
    tts_ms: float
    wire_ms: float
    answer_ms: float
    filler_ms: float | None = None
    tools: tuple[ToolUsed, ...] = ()

    @property
    def ended_ms(self) -> float:
        """The caller's turn was believed to be over."""
        return self.sent_ms - self.answer_ms + self.hold_ms

    @property
    def asked_ms(self) -> float:
        """The model was asked."""
        return self.ended_ms + self.stt_ms

    @property
    def audio_ms(self) -> float:
        return self.sent_ms - self.wire_ms

    @property
    def clause_ms(self) -> float:
        """The first clause went to the voice."""
        return self.audio_ms - self.tts_ms


Row = Mapping[str, Any]
_NEEDED = ("hold_ms", "stt_ms", "model_ms", "tts_ms", "wire_ms", "answer_ms")


def answers_of(turns: Sequence[Row], tool_calls: Sequence[Row], unix_offset_ms: float) -> list[Answer]:
    """The answers among a call's rows, in order. *unix_offset_ms*: Unix time less CLOCK_MONOTONIC.

    Speech that answers no question, and an answer without every stage (nothing of it left for the caller), is left out.
    """
    found = []
    question = ""
    for row in turns:
        if row["speaker"] == "caller":
            question = row["text"]
        elif all(row[stage] is not None for stage in _NEEDED):
            tools = tuple(
                ToolUsed(use["tool_use_id"], use["request_id"], 1000 * use["created_at"].timestamp() - unix_offset_ms)
                for use in tool_calls
                if use["turn_number"] == row["turn_number"]
            )
            stages = {stage: float(row[stage]) for stage in _NEEDED}
            sent_ms = 1000 * row["created_at"].timestamp() - unix_offset_ms
            found.append(Answer(question, row["text"], sent_ms, **stages, filler_ms=row["filler_ms"], tools=tools))
    return found


@dataclass(frozen=True, slots=True)
class Logs:
    """What each stand-in served during a round."""

    stt: Sequence[Served] = ()
    model: Sequence[Served] = ()
    voice: Sequence[Served] = ()
    shop: Sequence[Served] = ()
