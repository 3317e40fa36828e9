"""What changes faster than anybody can read, thinned: the newest of it at most once in a while, and nothing twice.

a   b c d        d                 e
└─► a      gap   └─► d             └─► e
"""

from __future__ import annotations


class Latest:
    """Pure; times are ms of any one clock."""

    def __init__(self, gap_ms: int) -> None:
        self._gap_ms = gap_ms
        self._told = ""
        self._told_ms: int | None = None
        self._waiting: str | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When ``due`` has something to tell."""
        return None if self._waiting is None or self._told_ms is None else self._told_ms + self._gap_ms

    def take(self, text: str, now_ms: int) -> str | None:
        """*text* if it is to be told now."""
        self._waiting = None if text == self._told else text
        if self._waiting is None or (self._told_ms is not None and now_ms < self._told_ms + self._gap_ms):
            return None
        return self._tell(now_ms)

    def due(self, now_ms: int) -> str | None:
        """What has waited until now."""
        deadline_ms = self.deadline_ms
        return self._tell(now_ms) if deadline_ms is not None and deadline_ms <= now_ms else None

    def forget(self) -> None:
        """What comes is of something new."""
        self._told, self._waiting = "", None

    def _tell(self, now_ms: int) -> str | None:
        self._told, self._told_ms, self._waiting = self._waiting or "", now_ms, None
        return self._told
