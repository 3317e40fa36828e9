"""One sample rate to another (soxr): live for legs of 8 kHz, at leisure for what is rendered before.

``QQ`` (cubic) adds no delay worth naming and costs next to nothing: right for speech that is being
played. ``HQ`` looks ahead some 30 ms: right for whole clips.
"""

from __future__ import annotations

import numpy as np
import soxr

from audiosocket.audio import AudioFormat

_SAMPLE = np.dtype("<i2")


class LiveResampler:
    """A stream in pieces of any whole number of samples; out comes what is ready, at times nothing."""

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        self._stream = None
        if source != target:
            self._stream = soxr.ResampleStream(source.rate_hz, target.rate_hz, 1, dtype="int16", quality="QQ")

    def push(self, pcm: bytes) -> bytes:
        return self._resample(pcm, last=False)

    def flush(self) -> bytes:
        """The stream has ended; its last samples."""
        return self._resample(b"", last=True)

    def _resample(self, pcm: bytes, *, last: bool) -> bytes:
        if self._stream is None:
            return pcm
        ready: bytes = self._stream.resample_chunk(np.frombuffer(pcm, _SAMPLE), last=last).tobytes()
        return ready


def resample(pcm: bytes, source: AudioFormat, target: AudioFormat) -> bytes:
    """A whole clip."""
    if source == target or not pcm:
        return pcm
    clip: bytes = soxr.resample(np.frombuffer(pcm, _SAMPLE), source.rate_hz, target.rate_hz, quality="HQ").tobytes()
    return clip
