"""What simulated callers say: utterances with their text, bundled as audio that carries a mark (see ``mark``).

    from ops.standins.phrasebook import phrase
    line.play().feed(phrase("winter_tyres_camry").pcm(SLIN16))

``phrases.json`` is the source (``spoken`` is what the voice was given where the text is written otherwise), the wavs
(16 kHz, 16 bits, mark included) are rendered from it by ``ops.standins.voices.render``. A phrase without an id is not
marked: a noise that no recogniser should make words of.
"""

from __future__ import annotations

import functools
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import soxr

from audiosocket.audio import SLIN16, AudioFormat
from ops.standins.phrasebook.mark import MARK_MS

FOLDER: Final = Path(__file__).parent


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of ``phrases.json``."""

    id: int | None  # in the mark; None = not marked
    key: str
    text: str
    language: str  # BCP 47
    speaker: str  # RHVoice's voice
    wav: str
    spoken: str | None = None


@dataclass(frozen=True)
class Phrase:
    """An utterance; its audio ends with its last voiced sample."""

    entry: Entry

    @property
    def ident(self) -> int | None:
        return self.entry.id

    @property
    def key(self) -> str:
        return self.entry.key

    @property
    def text(self) -> str:
        """What the recogniser makes of it; empty for a noise."""
        return self.entry.text

    @property
    def language(self) -> str:
        return self.entry.language

    @functools.cached_property
    def duration_ms(self) -> int:
        """Mark and speech."""
        return SLIN16.duration_ms(len(self.pcm(SLIN16)))

    @property
    def speech_ms(self) -> int:
        """Without the mark."""
        return self.duration_ms - (MARK_MS if self.ident is not None else 0)

    def pcm(self, audio: AudioFormat) -> bytes:
        """16-bit little-endian mono PCM in *audio*'s rate, the mark in front."""
        return _pcm(self.entry.wav, audio.rate_hz)


@functools.lru_cache(maxsize=256)
def _pcm(name: str, rate_hz: int) -> bytes:
    with wave.open(str(FOLDER / name), "rb") as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, SLIN16.rate_hz)
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
    if rate_hz != SLIN16.rate_hz:
        samples = soxr.resample(samples, SLIN16.rate_hz, rate_hz, quality="HQ")
    return samples.astype("<i2").tobytes()


@functools.cache
def phrases() -> Mapping[str, Phrase]:
    """All of them by key."""
    entries = msgspec.json.decode((FOLDER / "phrases.json").read_bytes(), type=list[Entry])
    return {entry.key: Phrase(entry) for entry in entries}


def phrase(key: str) -> Phrase:
    """Raises ``KeyError`` that names what there is."""
    try:
        return phrases()[key]
    except KeyError:
        raise KeyError(f"no phrase {key!r} in the phrasebook; there are {', '.join(phrases())}") from None


@functools.cache
def by_ident() -> Mapping[int, Phrase]:
    """The marked ones by the id in the mark."""
    return {found.ident: found for found in phrases().values() if found.ident is not None}
