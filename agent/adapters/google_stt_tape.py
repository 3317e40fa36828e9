"""The caller's audio on its way to a recogniser whose streams end: what waits, and what must be said again.

          ┌ start                 ┌ sent                 ┌ end
    ──────┼───────────────────────┼──────────────────────┼──►
    gone  │ sent, not yet final   │ waits to be sent     │
          └ a new stream begins here (``rewind``)

``confirm`` moves start: audio that a final result covers is never sent again. Both stretches are bounded. Pure.
"""

from __future__ import annotations

import numpy as np

from audiosocket.audio import SAMPLE_BYTES, AudioFormat


class Tape:
    """16-bit PCM of one caller. Streams count their own audio from 0 ms at the last ``rewind``."""

    def __init__(self, audio: AudioFormat, *, waiting_limit_ms: int = 5_000, replay_limit_ms: int = 10_000) -> None:
        self._audio = audio
        self._waiting_limit = self._bytes(waiting_limit_ms)
        self._replay_limit = self._bytes(replay_limit_ms)
        self._kept = bytearray()
        self._sent = 0  # bytes of _kept that were sent
        self._gone = 0  # bytes of this stream's audio in front of _kept
        self.dropped_ms = 0
        """Audio thrown away unsent because the stream did not take it in time."""

    def _bytes(self, length_ms: int) -> int:
        return length_ms * self._audio.rate_hz // 1000 * SAMPLE_BYTES

    @property
    def waiting_ms(self) -> int:
        return self._audio.duration_ms(len(self._kept) - self._sent)

    def hear(self, pcm: bytes) -> None:
        """Audio from the caller; the oldest that waits is dropped when too much does."""
        self._kept += pcm
        excess = len(self._kept) - self._sent - self._waiting_limit
        if excess > 0:
            excess += excess % SAMPLE_BYTES
            del self._kept[self._sent : self._sent + excess]
            self.dropped_ms += self._audio.duration_ms(excess)

    def pad(self, length_ms: int) -> None:
        """Silence in place of frames that the caller's telephone does not send."""
        self.hear(bytes(self._bytes(length_ms)))

    def take(self, most_ms: int) -> bytes:
        """The next message's audio, up to *most_ms* of what waits."""
        piece = bytes(self._kept[self._sent : self._sent + self._bytes(most_ms)])
        self._sent += len(piece)
        self._forget(self._sent - self._replay_limit)
        return piece

    def confirm(self, until_ms: int) -> None:
        """A final result covers this stream's audio up to there."""
        self._forget(min(self._bytes(until_ms) - self._gone, self._sent))

    def rewind(self) -> None:
        """A new stream begins: what no final covered is to be sent again."""
        self._sent = self._gone = 0

    def is_quiet(self, last_ms: int, below_rms: float) -> bool:
        """Whether the last *last_ms* are quieter than *below_rms* (full scale is 1)."""
        last = np.frombuffer(bytes(self._kept[-self._bytes(last_ms) :]), "<i2").astype(np.float32) / 32768
        return not len(last) or float(np.sqrt((last**2).mean())) < below_rms

    def _forget(self, count: int) -> None:
        if count > 0:
            del self._kept[:count]
            self._sent -= count
            self._gone += count
