"""Whether the generator itself was late: what it measures is only as good as its own clock."""

from __future__ import annotations

import time

from audiosocket.audio import FRAME_MS
from audiosocket.metronome import Metronome

LATE_MS = 5.0
"""A round whose generator was later than that at p99 is marked."""


class PacingProbe:
    """A line that sends nothing: notes how much later than 20 ms after 20 ms the event loop came to it."""

    def __init__(self) -> None:
        self._ticks_s: list[float] = []
        self._skips: list[tuple[int, int]] = []  # before which tick, how many frames
        self._metronome = Metronome()

    def __enter__(self) -> PacingProbe:
        self._metronome.join(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._metronome.leave(self)

    def tick(self) -> None:
        self._ticks_s.append(time.monotonic())

    def skip(self, frames: int) -> None:
        self._skips.append((len(self._ticks_s), frames))

    def fail(self, error: Exception) -> None:
        raise error

    def late_ms(self) -> list[float]:
        return lateness_ms(self._ticks_s, self._skips)


def lateness_ms(ticks_s: list[float], skips: list[tuple[int, int]]) -> list[float]:
    """Of each tick against an even beat of 20 ms, the earliest tick taken for punctual; a skipped frame counts as a whole frame late.

    *skips* are pairs of an index into *ticks_s* and how many frames were passed over before that tick.
    """
    passed = dict.fromkeys(range(len(ticks_s) + 1), 0)
    for index, frames in skips:
        passed[index] += frames
    offsets, frame, late = [], 0, []
    for index, at_s in enumerate(ticks_s):
        frame += passed[index]
        late += [float(FRAME_MS)] * passed[index]
        offsets.append(1000 * at_s - FRAME_MS * frame)
        frame += 1
    earliest = min(offsets, default=0.0)
    return [offset - earliest for offset in offsets] + late
