"""What an operator hears of a caller before he has him: the call's summary, and which keys to press.

The summary is spoken by the agent's voice, cut to what twelve seconds hold; where it fails or lets him wait, fixed phrases say enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import structlog

from agent.errors import VoiceFailed
from agent.ports import Line, Voice
from agent.streams import closing
from audiosocket.audio import SAMPLE_BYTES, AudioFormat

LONGEST_S = 12.0
LONGEST = 180  # characters: about twelve seconds
PATIENCE_S = 2.0  # for the first sound, and for each piece after it

Phrase = Callable[[str, AudioFormat], bytes | None]

log = structlog.get_logger(__name__)


def in_short(summary: str, longest: int = LONGEST) -> str:
    """The first sentences that fit, else the first words; white space is one space."""
    text = " ".join(summary.split())
    if len(text) <= longest:
        return text
    ends = [at + 1 for at in range(longest) if text[at] in ".!?…" and text[at + 1 : at + 2] in {"", " "}]
    if ends and ends[-1] >= longest // 2:
        return text[: ends[-1]]
    return text[: text.rfind(" ", 0, longest) if " " in text[:longest] else longest].rstrip(",;:—- ") + "…"


class Telling:
    """What one operator is told; the second time from memory."""

    def __init__(self, voice: Voice, phrase: Phrase, summary: str) -> None:
        self._voice = voice
        self._phrase = phrase
        self._summary = in_short(summary)
        self._spoken: bytes | None = None

    async def on(self, line: Line) -> None:
        """Speak it to its end; returns when it was spoken, hushed, or the line closed. Raises nothing of the voice's."""
        playback = line.play()
        spoken = b""
        if self._spoken is None:
            async for piece in self._pieces(line.format):
                playback.feed(piece)
                spoken += piece
            self._spoken = spoken
        else:
            playback.feed(self._spoken)
        playback.feed(self._phrase("screening_keys" if self._spoken else "screening", line.format) or b"")
        playback.finish()
        await playback.done()

    async def _pieces(self, audio: AudioFormat) -> AsyncIterator[bytes]:
        """The summary's audio, as far as it came in time."""
        if not self._summary:
            return
        left = int(LONGEST_S * audio.rate_hz) * SAMPLE_BYTES
        try:
            async with closing(self._voice.speak(self._summary, audio)) as pieces:
                while left > 0:
                    async with asyncio.timeout(PATIENCE_S):
                        piece = await anext(pieces)
                    yield piece[:left]
                    left -= len(piece)
        except StopAsyncIteration:
            return
        except (VoiceFailed, TimeoutError) as failed:
            log.warning("summary_not_spoken", why=str(failed) or "no sound in time")
