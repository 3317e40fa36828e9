"""A voice that is given written text and speaks it as Ukrainians say it (``agent.spoken``).

Outside, the text stays as the model wrote it: history, record and cache know nothing of this.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from agent.metering import metered_voice
from agent.ports import Voice
from agent.spoken import spoken
from audiosocket.audio import AudioFormat


class SpokenVoice:
    """In front of a service's voice and behind the cache."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        """As ``ports.Voice.speak``."""
        return self._voice.speak(spoken(text), audio)

    def metered(self, sent: Callable[[int], None]) -> Voice:
        """As ``metering.TellsCharacters``: what is counted is the longer, spoken form."""
        return SpokenVoice(metered_voice(self._voice, sent))
