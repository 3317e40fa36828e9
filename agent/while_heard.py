"""While something of ours is being heard, how far it was is kept every ``GAP_S``. In silence there is no timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

GAP_S = 0.1
_IDLE_MAX = 20  # gaps in which nothing moved: the line is paused, or he is on hold


class WhileHeard:
    """*heard_ms* tells how much of what is being said was heard so far."""

    def __init__(self, heard_ms: Callable[[], int], keep: Callable[[], None]) -> None:
        self._heard_ms = heard_ms
        self._keep = keep
        self._loop = asyncio.get_running_loop()
        self._sounding = 0  # clauses: the next may begin just before the last has ended
        self._kept_ms = 0
        self._idle = 0
        self._timer: asyncio.TimerHandle | None = None

    def clause(self, sounds: bool) -> None:
        """A clause begins to be heard, or is over."""
        self._sounding += 1 if sounds else -1
        if not self._sounding:
            self.stop()
        elif sounds:
            self.go()

    def go(self) -> None:
        """What sounded may sound on."""
        self._idle = 0
        if self._sounding and self._timer is None:
            self._timer = self._loop.call_later(GAP_S, self._tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        heard_ms = self._heard_ms()
        self._idle = self._idle + 1 if heard_ms == self._kept_ms else 0
        if not self._idle:
            self._kept_ms = heard_ms
            self._keep()
        if self._idle < _IDLE_MAX:
            self._timer = self._loop.call_later(GAP_S, self._tick)
