"""What a voice engine does, and which one this machine has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Sink = Callable[[bytes, int], bool]
"""Takes (16-bit little-endian mono PCM, its rate in Hz) as it is synthesised; False stops the speech."""


class EngineFailed(Exception):
    """The engine is not on this machine, or would not speak."""


@dataclass(frozen=True, slots=True)
class Speech:
    text: str
    speaker: str  # RHVoice's name of a voice: natalia, anatol, irina, aleksandr
    rate: float = 1.0  # 1.0 = the voice's own pace


class Engine(Protocol):
    name: str

    def speak(self, speech: Speech, sink: Sink) -> None:
        """Synthesise in the calling thread until the end or until *sink* says stop; raises ``EngineFailed``."""


def open_engine(preferred: str | None = None) -> Engine:
    """RHVoice where it is found, else espeak-ng; *preferred* ("rhvoice", "espeak") insists. Raises ``EngineFailed``."""
    from ops.standins.voices.espeak import Espeak
    from ops.standins.voices.rhvoice import RHVoice

    if preferred == "espeak":
        return Espeak()
    try:
        return RHVoice()
    except EngineFailed:
        if preferred == "rhvoice":
            raise
        return Espeak()
