"""What a simulated telephone hears, and when: frames in, moments out. Pure; times are CLOCK_MONOTONIC seconds.

frames    . . . V V V V . V V . . . . . . . . . V V
                ^first voiced after t          ^ the next say
                          ^last voiced ── quiet ──►
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable

import numpy as np

VOICED_RMS = 120.0  # the far side is synthetic speech over digital silence; G.711 adds at most a few units of noise
PAUSE_S = 0.3  # a gap shorter than this is a breath within one say


def is_voiced(frame: bytes) -> bool:
    """Whether a 20 ms frame of 16-bit PCM carries sound."""
    samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
    return samples.size > 0 and float(np.dot(samples, samples)) / samples.size > VOICED_RMS * VOICED_RMS


def last_voiced_ms(pcm: bytes, frame_bytes: int) -> int:
    """Where the last voiced 20 ms frame of *pcm* ends, in ms from its start; 0 when it is all silence."""
    starts = range(0, len(pcm) - frame_bytes + 1, frame_bytes)
    return next((20 * (s // frame_bytes + 1) for s in reversed(starts) if is_voiced(pcm[s : s + frame_bytes])), 0)


class Ear:
    """The frames that arrived: when, and which of them were voiced."""

    def __init__(self) -> None:
        self.arrivals = array("d")
        self.voiced = array("d")
        self.also: Callable[[bytes], None] | None = None  # gets each frame too, e.g. to keep it

    def hear(self, frame: bytes, at_s: float) -> None:
        self.arrivals.append(at_s)
        if is_voiced(frame):
            self.voiced.append(at_s)
        if self.also is not None:
            self.also(frame)

    def first_voiced_after(self, at_s: float) -> float | None:
        """The first voiced frame later than *at_s*, None if there is none yet."""
        found = None
        for moment in reversed(self.voiced):
            if moment <= at_s:
                break
            found = moment
        return found

    def hushed_after(self, at_s: float, now_s: float) -> float | None:
        """The last voiced frame before the first pause that follows *at_s*; None while there was none."""
        last = at_s
        for moment in self.voiced[bisect_right(self.voiced, at_s) :]:
            if moment - last > PAUSE_S:
                return last
            last = moment
        return last if now_s - last > PAUSE_S else None

    def quiet_s(self, now_s: float) -> float:
        """How long ago the last voiced frame came; infinite if none ever did."""
        return now_s - self.voiced[-1] if self.voiced else float("inf")

    def speaking_since(self, now_s: float) -> float | None:
        """When the say that is going on at *now_s* began; None while it is quiet."""
        if self.quiet_s(now_s) > PAUSE_S:
            return None
        began = self.voiced[-1]
        for moment in reversed(self.voiced):
            if began - moment > PAUSE_S:
                break
            began = moment
        return began

    def jitter_ms(self) -> list[float]:
        """Each gap between consecutive frames less the 20 ms it should be."""
        return [1000 * (b - a) - 20.0 for a, b in zip(self.arrivals, self.arrivals[1:], strict=False)]
