"""The prerendered audio of the fixed phrases: what can be said when text to speech is down.

Files are 16 kHz, mono, 16 bits; other rates are resampled once and kept. Reading is lazy: a phrase without a file is told by ``None``.
"""

from __future__ import annotations

import functools
import wave
from collections.abc import AsyncIterator
from importlib import resources

from agent.errors import VoiceFailed
from agent.prompt.phrases import PHRASES
from audiosocket.audio import SAMPLE_BYTES, SLIN16, AudioFormat
from audiosocket.resample import resample

_KEYS = {text: key for key, text in PHRASES.items()}


@functools.cache
def phrase_pcm(key: str, rate_hz: int) -> bytes | None:
    """PCM of a phrase at that rate, or None where no usable file is bundled."""
    file = resources.files("agent.prompt") / "audio" / f"{key}.wav"
    if not file.is_file():
        return None
    with file.open("rb") as raw, wave.open(raw) as audio:
        shape = (audio.getframerate(), audio.getnchannels(), audio.getsampwidth())
        if shape != (SLIN16.rate_hz, 1, SAMPLE_BYTES):
            raise ValueError(f"{file.name}: 16 kHz mono 16-bit is needed, this is {shape}")
        pcm = audio.readframes(audio.getnframes())
    return resample(pcm, SLIN16, AudioFormat(rate_hz))


def prerendered(text: str, audio: AudioFormat) -> bytes | None:
    """PCM of *text* if it is one of the fixed phrases and its file is bundled."""
    key = _KEYS.get(text)
    return phrase_pcm(key, audio.rate_hz) if key else None


def warm_up(*rates_hz: int) -> list[str]:
    """Read every phrase now, so that no call waits for the disk; the keys that have no file."""
    return [key for key in PHRASES for rate_hz in rates_hz if phrase_pcm(key, rate_hz) is None]


class RenderedVoice:
    """The voice of emergencies: says fixed phrases from the package and nothing else."""

    async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        """As ``ports.Voice.speak``."""
        pcm = prerendered(text, audio)
        if pcm is None:
            raise VoiceFailed(f"no prerendered audio: {text[:40]!r}")
        yield pcm
