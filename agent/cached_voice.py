"""A voice that remembers: prerendered phrases first, then fixed phrases it has said before, then the real one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection

from agent.metering import metered_voice
from agent.ports import Voice
from agent.prompt.phrases import PHRASES
from agent.prompt.rendered import prerendered
from agent.streams import closing
from audiosocket.audio import AudioFormat

_PIECE_MS = 1_000  # of stored audio fed at once


class CachedVoice:
    """Shared by all calls of a process. Only *fixed* texts are kept: what is said to one caller is not another's.

    *bundled* gives audio known beforehand; pass ``lambda text, audio: None`` to hear even the fixed phrases in the real voice.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        bundled: Callable[[str, AudioFormat], bytes | None] = prerendered,
        fixed: Collection[str] = tuple(PHRASES.values()),
        limit_bytes: int = 16_000_000,
        memory: _Memory | None = None,
    ) -> None:
        self._voice = voice
        self._bundled = bundled
        self._memory = memory or _Memory(fixed, limit_bytes)

    def metered(self, sent: Callable[[int], None]) -> Voice:
        """As ``metering.TellsCharacters``, with the same memory: what is known costs nothing."""
        return CachedVoice(metered_voice(self._voice, sent), bundled=self._bundled, memory=self._memory)

    async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        """As ``ports.Voice.speak``; known audio comes at once and never fails."""
        known = self._bundled(text, audio) or self._memory.recall(text, audio)
        if known is not None:
            step = audio.rate_hz * _PIECE_MS // 1000 * 2
            for at in range(0, len(known), step):
                yield known[at : at + step]
            return
        pieces: list[bytes] = []
        async with closing(self._voice.speak(text, audio)) as synthesised:
            async for piece in synthesised:
                if text in self._memory.fixed:
                    pieces.append(piece)
                yield piece
        if pieces:  # only a phrase that came to its end is worth keeping
            self._memory.keep(text, audio, b"".join(pieces))


class _Memory:
    """Audio of fixed phrases by text and rate; the longest unused gives way."""

    def __init__(self, fixed: Collection[str], limit_bytes: int) -> None:
        self.fixed = frozenset(fixed)
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._kept_bytes = 0

    def recall(self, text: str, audio: AudioFormat) -> bytes | None:
        key = (text, audio.rate_hz)
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, text: str, audio: AudioFormat, pcm: bytes) -> None:
        key = (text, audio.rate_hz)
        if len(pcm) > self._limit_bytes or key in self._kept:
            return
        self._kept[key] = pcm
        self._kept_bytes += len(pcm)
        while self._kept_bytes > self._limit_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest)
