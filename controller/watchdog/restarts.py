"""How soon a dead controller is replaced: at once, and slower and slower when deaths come in a row, since what kills each of them may be
the call that each adopts, and starting costs the CPU that living calls need. Pure."""

from __future__ import annotations

FIRST_S = 0.5
LONGEST_S = 30.0
FORGET_S = 60.0


class Restarts:
    """Times are a monotonic clock's, in seconds."""

    def __init__(self) -> None:
        self.in_a_row = 0
        self.next_at = 0.0  # not before may the next be started
        self._quiet_since = 0.0

    def died(self, now: float) -> None:
        """The first may be replaced at once, then after 0.5, 1, 2, 4 ... 30 s; a minute without a death, from when the next was
        allowed, and all is forgotten."""
        if now - self._quiet_since >= FORGET_S:
            self.in_a_row = 0
        self.in_a_row += 1
        pause_s = 0.0 if self.in_a_row == 1 else min(LONGEST_S, FIRST_S * 2.0 ** min(self.in_a_row - 2, 16))
        self.next_at = self._quiet_since = max(self.next_at, now + pause_s)
