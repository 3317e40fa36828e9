"""Linear PCM as it travels: 16 bits, signed, little endian, one channel, frames of 20 ms."""

from __future__ import annotations

from dataclasses import dataclass

FRAME_MS = 20
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A sample rate; everything else about our audio is fixed."""

    rate_hz: int

    @property
    def frame_samples(self) -> int:
        return self.rate_hz * FRAME_MS // 1000

    @property
    def frame_bytes(self) -> int:
        """640 at 16 kHz, 320 at 8 kHz."""
        return self.frame_samples * SAMPLE_BYTES

    @property
    def silence(self) -> bytes:
        return bytes(self.frame_bytes)

    def duration_ms(self, pcm_bytes: int) -> int:
        """Whole milliseconds in *pcm_bytes* of audio."""
        return pcm_bytes * 1000 // (SAMPLE_BYTES * self.rate_hz)


SLIN8 = AudioFormat(8_000)
SLIN16 = AudioFormat(16_000)
