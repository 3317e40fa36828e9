"""How late the audio's clock is served: the jitter that we ourselves put into every call.

Kept as a histogram's counts, because a beat comes up to 500 times a second: one search among six edges, nothing is stored.
"""

from __future__ import annotations

from bisect import bisect_left

EDGES_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
"""Up to 2 ms is the timer's own grain; a frame that is 20 ms late is lost (``metronome``)."""


class Lateness:
    def __init__(self) -> None:
        self._counts = [0] * (len(EDGES_S) + 1)
        self.sum_s = 0.0

    def note(self, late_s: float) -> None:
        self._counts[bisect_left(EDGES_S, late_s)] += 1
        if late_s > 0:
            self.sum_s += late_s

    def within(self) -> list[tuple[float, int]]:
        """For each edge, and at last for infinity, how many beats were no later than that."""
        told, so_far = [], 0
        for edge, count in zip((*EDGES_S, float("inf")), self._counts, strict=True):
            so_far += count
            told.append((edge, so_far))
        return told
