"""When to connect again: pure, time and chance are passed in.

Two reasons to lose the event WebSocket need different patience:

    lost      network, Asterisk restarts     0.1 s, doubling to 5 s, jittered so that many controllers do not knock at once
    replaced  another process took our name  the same, but at most 3 times a minute: two controllers that both insist
                                             would tear the application from each other for ever, and each time every
                                             live call loses its events
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
SETTLED_S = 5.0  # a connection that lived so long was a good one: begin anew
TAKE_BACKS = 3
TAKE_BACKS_WITHIN_S = 60.0


class Reconnection:
    """Answers one question after each loss: how many seconds to wait. *now* is any steady clock in seconds."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._next_s = FIRST_DELAY_S
        self._opened_at: float | None = None
        self._taken_back: deque[float] = deque(maxlen=TAKE_BACKS)

    def opened(self, now: float) -> None:
        self._opened_at = now

    def lost(self, now: float) -> float:
        """Also after an attempt that never opened."""
        if self._opened_at is not None and now - self._opened_at >= SETTLED_S:
            self._next_s = FIRST_DELAY_S
        self._opened_at = None
        delay_s = self._next_s * (0.5 + self._chance() / 2)
        self._next_s = min(self._next_s * 2, LONGEST_DELAY_S)
        return delay_s

    def replaced(self, now: float) -> float:
        """The wait before we take our name back; no minute sees more than three attempts."""
        delay_s = self.lost(now)
        if len(self._taken_back) == TAKE_BACKS:
            delay_s = max(delay_s, self._taken_back[0] + TAKE_BACKS_WITHIN_S - now)
        self._taken_back.append(now + delay_s)
        return delay_s
