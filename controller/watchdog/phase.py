"""How far a controller is. Each of its beats tells it, so that no news can be lost: the next beat repeats it.

STARTING ─► WARM ── the kernel gives it the lock ──► TAKING_OVER ─► SERVING ── was told to stop, calls are over ──► ENDING
"""

from __future__ import annotations

from enum import Enum


class Phase(Enum):
    """The value is what goes over the pipe."""

    STARTING = b"0"
    WARM = b"1"
    TAKING_OVER = b"2"
    SERVING = b"3"
    ENDING = b"4"

    @property
    def has_lock(self) -> bool:
        return self in {Phase.TAKING_OVER, Phase.SERVING, Phase.ENDING}
