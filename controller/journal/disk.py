"""The thread that puts frames on the disk: takes what is waiting every 50 ms, writes it in one go, syncs, says so.

It shares no lock with the event loop: frames cross in a deque, and each counter has one thread that writes it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import structlog

from controller.journal.files import Segment, SegmentMaker, segment_path

LONGEST_PAUSE_S = 1.0  # between attempts on a failing disk

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    segment: int
    offset: int


class Waiting(NamedTuple):
    sequence: int
    at_ms: int  # Unix time of the append
    data: bytes  # the whole frame


class DiskWriter:
    """Appends frames to segments numbered from *number* + 1 on. ``put`` belongs to one thread; the rest may be read by any."""

    def __init__(
        self,
        directory: Path,
        number: int,
        *,
        make_segment: SegmentMaker,
        segment_bytes: int,
        segment_age_s: float,
        interval_s: float,
        on_durable: Callable[[list[Waiting], Position], None],
    ) -> None:
        """*on_durable* is called in the thread with what is on the medium now, and where it ends."""
        self._directory = directory
        self._number = number
        self._make_segment = make_segment
        self._segment_bytes = segment_bytes
        self._segment_age_s = segment_age_s
        self._interval_s = self._pause_s = interval_s
        self._on_durable = on_durable

        self.active: Position | None = None  # the segment being written and its durable bytes
        self.durable = 0  # sequence number of the newest record on the medium
        self.failing: str | None = None
        self._put_bytes = 0
        self._written_bytes = 0
        self._queue: deque[Waiting] = deque()
        self._taken: list[Waiting] = []  # out of the queue, not yet durable
        self._segment: Segment | None = None
        self._finish_at = 0.0
        self._next_attempt = 0.0
        self._closing = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-spool", daemon=True)
        self._thread.start()

    def put(self, waiting: Waiting) -> None:
        self._put_bytes += len(waiting.data)
        self._queue.append(waiting)

    @property
    def waiting_bytes(self) -> int:
        return self._put_bytes - self._written_bytes

    @property
    def waiting_since_ms(self) -> int | None:
        """Unix time of the oldest record that is only in memory."""
        for waiting in (self._taken, self._queue):
            try:
                return waiting[0].at_ms
            except IndexError:  # the thread was just taking it
                continue
        return None

    def hurry(self) -> None:
        """Write what is waiting now instead of at the next tick."""
        self._wake.set()

    def close(self, timeout_s: float) -> int:
        """Write what is waiting, try once more if the disk fails; the number of records that are lost with this process."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout_s)
        return len(self._taken) + len(self._queue)

    def _run(self) -> None:
        while True:
            self._wake.wait(self._interval_s)
            self._wake.clear()
            closing = self._closing
            if closing or time.monotonic() >= self._next_attempt:
                self._write_out()
            if closing or time.monotonic() >= self._finish_at:
                self._finish()
            if closing:
                return

    def _write_out(self) -> None:
        while self._queue:
            self._taken.append(self._queue.popleft())
        if not self._taken:
            return
        data = b"".join(waiting.data for waiting in self._taken)
        try:
            if self._segment is None or self.active is None:
                self._number += 1
                self.active = Position(self._number, 0)  # before the file is there: a reader must not take it for a finished one
                self._segment = self._make_segment(segment_path(self._directory, self._number))
                self._finish_at = time.monotonic() + self._segment_age_s
            self._segment.write(data)
            self._segment.sync()
        except OSError as error:
            self._condemn(error)
            return
        written, self._taken = self._taken, []
        end = self.active = Position(self._number, self.active.offset + len(data))
        self._written_bytes += len(data)
        if end.offset >= self._segment_bytes:
            self._finish()
        if self.failing is not None:
            log.warning("spool_writes_again")
        self.failing = None
        self._pause_s = self._interval_s
        self.durable = written[-1].sequence
        self._on_durable(written, end)

    def _finish(self) -> None:
        """The segment is done with: full, or old enough to be deleted soon, as what it holds should not lie about for ever."""
        if self._segment is not None:
            with suppress(OSError):  # everything in it was synced
                self._segment.close()
        self._segment = self.active = None

    def _condemn(self, error: OSError) -> None:
        """Give the segment up at its last good byte; what is taken goes into the next one."""
        reason = error.strerror or str(error)
        if self.failing is None:
            log.error("spool_failing", reason=reason, waiting=len(self._taken))
        self.failing = reason
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        self._next_attempt = time.monotonic() + self._pause_s
        good = self.active.offset if self.active is not None else 0
        try:
            if self._segment is not None:
                self._segment.cut(good)
                self._segment.close()
            if good == 0:
                segment_path(self._directory, self._number).unlink(missing_ok=True)
        except OSError as second:  # what stays behind is a torn tail or a repetition, and both are harmless
            log.warning("spool_cut_failed", reason=second.strerror)
        self._segment = self.active = None
