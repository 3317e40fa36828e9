"""How a conversation ends. The agent returns one of these; it never calls up."""

from __future__ import annotations

from typing import Literal

import msgspec


class Completed(msgspec.Struct, frozen=True, tag=True):
    """The talk is over and the goodbye was heard: hang up."""

    why: Literal["goodbye", "silence"]


class HandOff(msgspec.Struct, frozen=True, tag=True):
    """The caller is to be put through to a human; he was already told so."""

    why: Literal["asked", "limit", "stt_failed", "tts_failed", "model_failed", "agent_failed"]
    summary: str  # Ukrainian, one or two sentences, for the operator


class CallerGone(msgspec.Struct, frozen=True, tag=True):
    """The line closed under the talk; the controller knows why."""


Outcome = Completed | HandOff | CallerGone
