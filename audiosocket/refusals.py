"""Refusals in the log: each one clear line, but a flood of them not a flood of lines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import structlog

LINES_PER_WINDOW = 20
WINDOW_S = 10.0

log = structlog.get_logger(__name__)


class Refusals:
    """Tells at most ``LINES_PER_WINDOW`` in ``WINDOW_S``, counts all; what was left out is told with the next window."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.counts: Counter[str] = Counter()
        """How many, by reason."""
        self._clock = clock
        self._window_ends_s = clock() + WINDOW_S
        self._told = 0
        self._untold = 0

    def tell(self, reason: str, *, peer: str, **details: str) -> None:
        """*reason* is one of few words, *details* what makes this one special."""
        self.counts[reason] += 1
        if self._clock() >= self._window_ends_s:
            self.flush()
        if self._told < LINES_PER_WINDOW:
            self._told += 1
            log.warning("connection_refused", reason=reason, peer=peer, **details)
        else:
            self._untold += 1

    def flush(self) -> None:
        """Tell how many were left out, and begin a new window."""
        if self._untold:
            log.warning("connections_refused_untold", count=self._untold)
        self._window_ends_s = self._clock() + WINDOW_S
        self._told = self._untold = 0
