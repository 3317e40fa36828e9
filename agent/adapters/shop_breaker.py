"""A shop that keeps failing is left alone for a while, and callers are told at once instead of after a timeout.

    closed ── 5 failures in a row ──► open ── 30 s ──► half_open ── the one trial is answered ──► closed
                                       ▲                    └────── the one trial fails ──► open

purgatory keeps the count and the states (docs/adr/0009). Decided here, because it leaves them to chance: while half open exactly one
request is under way; a request that was cut short (its caller hung up) tells nothing; an answer to a request that was sent before the
breaker opened is old news; and the rest is measured by a clock that nobody puts back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import structlog
from purgatory.domain.model import CLOSED, HALF_OPENED, OPENED, Context

FAILURES = 5
REST_S = 30.0

BreakerState = Literal["closed", "open", "half_open"]
OnBreaker = Callable[[BreakerState], None]
OnEnded = Callable[[bool], None]

_STATES: dict[str, BreakerState] = {CLOSED: "closed", OPENED: "open", HALF_OPENED: "half_open"}
_AT_ANY_TIME = -math.inf  # purgatory's own rest goes by the wall clock

log = structlog.get_logger(__name__)


class BreakerOpen(Exception):
    """Nothing was sent."""


class Breaker:
    """*on_breaker* is told the state at once and whenever it changes, *on_ended* of each request whether the shop failed it;
    *clock* gives seconds.
    """

    def __init__(
        self, on_breaker: OnBreaker | None = None, *, on_ended: OnEnded | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._circuit = Context("shop", FAILURES, _AT_ANY_TIME)
        self._on_breaker = on_breaker
        self._on_ended = on_ended
        self._clock = clock
        self._opened_at_s = 0.0
        self._trial_under_way = False
        self._told: BreakerState = "closed"
        if on_breaker is not None:
            on_breaker("closed")

    @property
    def state(self) -> BreakerState:
        """An open breaker stays open until somebody asks after its rest."""
        return _STATES[self._circuit.state]

    @contextmanager
    def request(self) -> Iterator[Passage]:
        """Around one request, which tells the passage how it went; raises ``BreakerOpen`` if it must not be sent."""
        trial = self._admit()
        try:
            yield Passage(self, trial)
        finally:
            if trial:
                self._trial_under_way = False

    def _admit(self) -> bool:
        """Whether it is the trial."""
        if self.state == "closed":
            return False
        resting = self.state == "open" and self._clock() - self._opened_at_s < REST_S
        if resting or self._trial_under_way:
            raise BreakerOpen
        self._circuit.handle_new_request()
        self._trial_under_way = True
        self._tell()
        return True

    def ended(self, *, failed: bool, trial: bool) -> None:
        if self._on_ended is not None:
            self._on_ended(failed)
        if self.state == "half_open" and not trial:
            return
        if failed:
            self._circuit.handle_exception(Exception("the shop failed"))
        else:
            self._circuit.handle_end_request()
        self._tell()

    def _tell(self) -> None:
        self._circuit.messages.clear()  # purgatory's own listeners would hear of a trial only after it
        if self.state == self._told:
            return
        self._told = self.state
        if self.state == "open":
            self._opened_at_s = self._clock()
        log.warning("shop_breaker", state=self.state)
        if self._on_breaker is not None:
            self._on_breaker(self.state)


@dataclass(frozen=True, slots=True)
class Passage:
    """One admitted request; one that reports neither tells nothing about the shop."""

    breaker: Breaker
    trial: bool

    def answered(self) -> None:
        """Also by a refusal: a shop that refuses is there."""
        self.breaker.ended(failed=False, trial=self.trial)

    def failed(self) -> None:
        self.breaker.ended(failed=True, trial=self.trial)
