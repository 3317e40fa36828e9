"""The live log: every line of every call, for as many readers as want to watch; calls never feel them.

    Records ─ append ─► pending ─ at most five times a second ─► encoded, sealed ─► Tape ─► readings ─► readers
                                                                    │                ▲
                                                                    └──► Redis ──────┴─ other workers' lines

    async with LiveLog.open("callctl", history, redis_url) as live_log:
        live_log.append(record)                               # the journal's records; microseconds, never raises
        async for chunk in live_log.read(Filter(), start):    # server-sent events, batch by batch

What a reader missed he gets from PostgreSQL, then from the tape, then live (``log_stream/reading.py``); Redis only carries lines
between workers, and without it each shows its own calls.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from controller.journal.records import CallRevised, Logged, MachineStepped, Record
from controller.log_stream.cursor import APPS
from controller.log_stream.fanout import BEAT_S, Fanout, Parcel
from controller.log_stream.filter import Filter, View
from controller.log_stream.history import History
from controller.log_stream.line import Line, end, line_of
from controller.log_stream.reading import Page, Reading, Start
from controller.log_stream.tape import MAX_LINES, Tape
from controller.log_stream.tributary import Tributary
from controller.masking import Masking

SEAL_S = 0.2
"""A reader is woken no more often."""
HURRY_S = 0.02  # after a pause: what belongs together comes together
ENDED = 1_000  # calls of which it is remembered that they are over
MARKS = 10_000
STOP_S = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveLogStatus:
    readers: int
    cut_off: int  # readers that did not keep up
    lines: int  # on the tape
    failing: str | None  # the way to other workers


class LiveLog:
    """Made by ``open``. Everything belongs to the event loop's thread."""

    def __init__(
        self,
        app: str,
        history: History,
        *,
        masking: Masking,
        progress: Callable[[], tuple[int, int]],
        max_lines: int = MAX_LINES,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """*progress*: how many records the journal has taken, and how many of them are on PostgreSQL."""
        self.app = app
        self.history = history
        self.tape = Tape(app, clock_ns() // 1_000, max_lines=max_lines)
        self.cut_off = 0
        self._masking = masking
        self._progress = progress
        self._last = self.tape.floor(app)
        self._stored = 0
        self._marks: deque[tuple[int, int]] = deque([(progress()[0], self._last)])  # so many records of the journal: up to that position
        self._pending: list[MachineStepped | Logged | CallRevised] = []
        self._live: set[str] = set()
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._tributaries: dict[str, Tributary] = {}
        self._fanout: Fanout | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sealed_at = 0.0
        self._sealed = asyncio.Event()
        self._readings: set[Reading] = set()
        self.closing = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        app: str,
        history: History,
        redis_url: str,
        *,
        masking: Masking | None = None,
        progress: Callable[[], tuple[int, int]],
        max_lines: int = MAX_LINES,
    ) -> AsyncIterator[LiveLog]:
        """Also while PostgreSQL and Redis are down."""
        live_log = cls(app, history, masking=masking or Masking(), progress=progress, max_lines=max_lines)
        async with Fanout.open(redis_url, app, live_log._take) as live_log._fanout:
            beat = asyncio.create_task(live_log._beat(), name="log-beat")
            try:
                yield live_log
            finally:
                live_log.close()
                beat.cancel()
                await asyncio.wait([beat], timeout=STOP_S)
                for tributary in live_log._tributaries.values():
                    await tributary.close()

    def close(self) -> None:
        """Every reader is told that it is over, with the place from which he can go on."""
        self.closing = True
        self._seal()
        self._sealed.set()

    def append(self, record: Record) -> None:
        match record:
            case MachineStepped() | Logged():
                self._pending.append(record)
                self._seal_soon()
            case CallRevised(ended_at_ms=None, call_id=call_id):
                self._live.add(call_id)
            case CallRevised(call_id=call_id):
                self._live.discard(call_id)
                self._pending.append(record)
                self._seal_soon()
            case _:
                pass

    def status(self) -> LiveLogStatus:
        failing = self._fanout.failing if self._fanout else None
        return LiveLogStatus(len(self._readings), self.cut_off, self.tape.lines, failing)

    # For readers

    async def knows(self, call: uuid.UUID) -> bool:
        """Whether there is such a call, live or past; raises ``NoHistory``."""
        return str(call) in self._live or str(call) in self._ended or await self.history.ended(call) is not None

    async def over(self, call: uuid.UUID) -> bool:
        """Whether all there will ever be of a call's log is on the tape or on PostgreSQL; raises ``NoHistory``."""
        return str(call) not in self._live and (str(call) in self._ended or bool(await self.history.ended(call)))

    def read(self, chosen: Filter, start: Start) -> AsyncGenerator[bytes, None]:
        """Server-sent events until the reader goes, the call ends, or he does not keep up."""
        return self._reading(chosen, start).events()

    async def page(self, chosen: Filter, start: Start, limit: int) -> Page:
        """The first *limit* lines from *start* on that *chosen* picks, as far as there are any now; raises ``NoHistory``."""
        return await self._reading(chosen, start).page(limit)

    def _reading(self, chosen: Filter, start: Start) -> Reading:
        return Reading(self, View(chosen, self._masking), start)

    # For readings

    def joined(self, reading: Reading) -> None:
        self._readings.add(reading)

    def left(self, reading: Reading, *, cut_off: bool) -> None:
        self._readings.discard(reading)
        self.cut_off += cut_off

    def gave_up(self) -> None:
        """Somebody took nothing of what he was sent."""
        self.cut_off += 1

    async def more(self, timeout_s: float) -> bool:
        """Wait for the next batch; False after *timeout_s*."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._sealed.wait()
        except TimeoutError:
            return False
        return True

    def stored(self, app: str) -> int:
        """Everything of *app* up to this position is on PostgreSQL."""
        if app == self.app:
            return self._own_stored()
        tributary = self._tributaries.get(app)
        return tributary.stored if tributary else 0

    def learn(self, app: str, position: int) -> bool:
        """A reader knows of *app*, whose lines up to *position* he has; False: we cannot remember more apps."""
        if not self.tape.knows(app):
            if len(self._tributaries) >= APPS:
                return False
            self.tape.learn(app, position)
            self._tributaries[app] = Tributary(app, position, self._put, self.history)
        return True

    # Batches

    def _seal_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time() + HURRY_S, self._sealed_at + SEAL_S), self._seal)

    def _seal(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._sealed_at = asyncio.get_running_loop().time()
        records, self._pending = self._pending, []
        before, own = self._last, [self._line(record) for record in records]
        if own:
            self.tape.put(own)
            self._mark()
            self._tell(before, own)
        if self.tape.seal() is not None or self.closing:
            woken, self._sealed = self._sealed, asyncio.Event()
            woken.set()

    def _line(self, record: MachineStepped | Logged | CallRevised) -> Line:
        if isinstance(record, CallRevised):
            self._ended[record.call_id] = None
            if len(self._ended) > ENDED:
                self._ended.popitem(last=False)
            return end(self.app, self._last, record.call_id)
        line = line_of(record, self.app)
        self._last = max(self._last, line.position)
        return line

    def _mark(self) -> None:
        mark = (self._progress()[0], self._last)
        if len(self._marks) < MARKS:
            self._marks.append(mark)
        else:  # PostgreSQL has been away for hours: coarser, and as true
            self._marks[-1] = mark

    def _own_stored(self) -> int:
        _, stored = self._progress()
        while self._marks and self._marks[0][0] <= stored:
            self._stored = self._marks.popleft()[1]
        return self._stored

    # Other workers

    def _tell(self, before: int, lines: list[Line]) -> None:
        if self._fanout is not None:
            self._fanout.send(Parcel(app=self.app, before=before, lines=lines, last=self._last, stored=self._own_stored()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._tell(self._last, [])

    def _take(self, parcel: Parcel) -> None:
        if self.learn(parcel.app, parcel.before):
            self._tributaries[parcel.app].take(parcel)

    def _put(self, lines: Iterable[Line]) -> None:
        self.tape.put(lines)
        self._seal_soon()
