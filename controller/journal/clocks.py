"""Time that nobody sets back or forward."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]  # seconds


def anchored(clock: Clock = time.time, steady: Clock = time.monotonic) -> Clock:
    """Unix time as *clock* has it now, which goes on by *steady* alone: a clock that is set meanwhile makes nothing older or younger."""
    began, anchor = steady(), clock()
    return lambda: anchor + steady() - began
