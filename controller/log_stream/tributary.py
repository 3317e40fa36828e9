"""Another worker's lines on their way to our tape: what comes in order passes at once, what is missing is fetched from PostgreSQL.

parcel (before = last) ─► the tape
parcel (before > last) ─► waits; meanwhile PostgreSQL is asked for what is behind *last*, until it fits
                          not within the patience: a gap, which every reader is told
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable

import structlog

from controller.log_stream.fanout import Parcel
from controller.log_stream.history import History, NoHistory
from controller.log_stream.line import Line, gap

PATIENCE_S = 15.0
"""For PostgreSQL to have a line that its worker has told of; usually it is a tenth of a second."""
ASK_AGAIN_S = 0.25
WAITING = 64  # parcels

log = structlog.get_logger(__name__)


class Tributary:
    """One app's. *put* takes lines, in order and without a hole; up to position ``last`` it has them all."""

    def __init__(
        self, app: str, last: int, put: Callable[[Iterable[Line]], None], history: History, *, patience_s: float = PATIENCE_S
    ) -> None:
        self.app = app
        self.last = last
        self.stored = 0
        self._put = put
        self._history = history
        self._patience_s = patience_s
        self._waiting: deque[Parcel] = deque(maxlen=WAITING)
        self._filling: asyncio.Task[None] | None = None

    def take(self, parcel: Parcel) -> None:
        self.stored = max(self.stored, parcel.stored)
        if self._filling is None and parcel.before <= self.last:
            self._pass_on(parcel)
            return
        self._waiting.append(parcel)
        if self._filling is None:
            log.info("log_gap_noticed", app=self.app, after=self.last, until=parcel.before)
            self._filling = asyncio.create_task(self._fill(), name=f"log-gap-{self.app}")

    async def close(self) -> None:
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait([self._filling])

    async def _fill(self) -> None:
        patience_ends = time.monotonic() + self._patience_s
        try:
            while self._waiting:
                target, why = self._waiting[0].before, "PostgreSQL has not got them yet"
                try:
                    await self._fetch(target)
                except NoHistory as failed:
                    why = str(failed)
                if self.last < target and time.monotonic() > patience_ends:
                    self._give_up(target, why)
                if self.last < target:
                    await asyncio.sleep(ASK_AGAIN_S)
                else:
                    self._pass_on(self._waiting.popleft())
                    patience_ends = time.monotonic() + self._patience_s
        finally:
            self._filling = None

    async def _fetch(self, target: int) -> None:
        """What PostgreSQL has of the lines up to *target*; raises ``NoHistory``."""
        complete = self.stored >= target or await self._history.reaches(self.app, target)  # asked before it is read
        while self.last < target and (lines := await self._history.after(self.app, self.last)):
            self._pass(lines)
        if complete:
            self.last = max(self.last, target)

    def _give_up(self, until: int, why: str) -> None:
        log.warning("log_gap", app=self.app, after=self.last, until=until, why=why)
        self._pass([gap(self.app, self.last, until, why)])

    def _pass_on(self, parcel: Parcel) -> None:
        self._pass(line for line in parcel.lines if line.position > self.last or line.kind == "end")
        self.last = max(self.last, parcel.last)

    def _pass(self, lines: Iterable[Line]) -> None:
        passed = list(lines)
        if passed:
            self._put(passed)
            self.last = max(self.last, passed[-1].position)
