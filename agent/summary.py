"""Why the caller is handed over and what the operator reads, when the model did not write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from agent.case import Said
from agent.errors import AgentError, ModelFailed, RecognizerFailed, VoiceFailed
from agent.history import History

_REASONS = {
    "stt_failed": "Технічний збій: не працює розпізнавання мовлення.",
    "tts_failed": "Технічний збій: не працює синтез мовлення.",
    "model_failed": "Технічний збій: не відповідає мовна модель.",
    "agent_failed": "Технічний збій голосового консультанта.",
}
_LONGEST = 300


def cause_of(failed: AgentError) -> Literal["stt_failed", "tts_failed", "model_failed", "agent_failed"]:
    """Whose failure it was, in the words of ``outcome.HandOff``."""
    match failed:
        case RecognizerFailed():
            return "stt_failed"
        case VoiceFailed():
            return "tts_failed"
        case ModelFailed():
            return "model_failed"
        case _:
            return "agent_failed"


def summary_of(history: History, why: str | None = None) -> str:
    """One or two Ukrainian sentences: why he comes, in the words of ``outcome.HandOff``, and his last words."""
    return in_brief(_REASONS.get(why or "", "Абонент просить оператора."), history.said())


def in_brief(reason: str, said: Sequence[Said]) -> str:
    """The same for a *reason* in words."""
    words = " / ".join([one.text for one in said if one.speaker == "caller"][-2:])
    if len(words) > _LONGEST:
        words = "…" + words[-_LONGEST:]
    return f"{reason} Слова абонента: «{words}»." if words else f"{reason} Абонент ще нічого не сказав."
