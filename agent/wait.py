"""The caller waits for us: when a filler is due, and when he has waited long enough.

    his last voiced frame      turn taken                          filler                       filler
    ─────────┬──────────────────────┬────────── filler_ms ──────────▓▓▓▓▓▓──── filler_gap_ms ────▓▓▓▓▓▓─── give_up_ms ──► we apologise
             └────────────────────── give_up_ms, unless something sounds ───────┘

Pure. A filler that was asked for may come late or never; what ends the wait is the silence that he hears.
"""

from __future__ import annotations

from agent.turn_config import TurnConfig


class Wait:
    def __init__(self, config: TurnConfig) -> None:
        self._config = config
        self.begin(0, 0)

    def begin(self, last_voiced_ms: int, now_ms: int) -> None:
        """His turn was taken."""
        config = self._config
        # One whose words came late is not given up before we have tried.
        self._silent_from_ms = max(last_voiced_ms, now_ms - config.filler_late_ms)
        self._filler_at_ms: int | None = max(now_ms, min(now_ms + config.filler_ms, self._silent_from_ms + config.filler_late_ms))
        self._fillers = 0
        self._filling = False  # a filler sounds

    def after_words(self, now_ms: int) -> None:
        """The words of the answer that were there have ended; more is to come."""
        self._silent_from_ms, self._fillers, self._filling = now_ms, 0, False
        self._filler_at_ms = now_ms + self._config.filler_gap_ms

    def sounded(self, last_voiced_ms: int) -> None:
        """He made a sound meanwhile, which is no silence."""
        self._silent_from_ms = max(self._silent_from_ms, last_voiced_ms)

    def filler_started(self) -> None:
        self._filling = True

    def filler_ended(self, now_ms: int) -> None:
        self._silent_from_ms, self._filling = now_ms, False
        if self._fillers < self._config.fillers_max:
            self._filler_at_ms = now_ms + self._config.filler_gap_ms

    @property
    def deadline_ms(self) -> int | None:
        """When to ask ``fill``; None while a filler sounds."""
        if self._filling:
            return None
        give_up_ms = self._silent_from_ms + self._config.give_up_ms
        return give_up_ms if self._filler_at_ms is None else min(self._filler_at_ms, give_up_ms)

    def fill(self, now_ms: int) -> bool:
        """The deadline has passed: True to say a filler, False to give up."""
        if self._filler_at_ms is None or now_ms < self._filler_at_ms:
            return False
        self._filler_at_ms = None  # the next one is due after this one has ended
        self._fillers += 1
        return True
