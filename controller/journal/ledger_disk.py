"""The ledger's thread: it puts lines on the disk, a group of them per sync, and tells each that waits how it went.

    put ─► queue ─► write + fdatasync ─┬─ done ──► told(None)
    event loop      thread             └─ failed: cut back to the last good byte, a new segment for the next group
                                            ├─ who waits is told why, and his line is forgotten
                                            └─ notes, for which nobody waits, are written with the next group

Unlike the journal's spool it never tries a line again behind the back of him who waits for it: what he was told to have failed
must not appear later. Segments are written by one process and never reopened; those whose last line is too old are deleted: our own
by a clock that nobody sets, our predecessors' when somebody who knows the time says so (``tidy``).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from controller.journal.files import Segment, SegmentMaker, segment_path

RETRY_S = 1.0  # until notes that a failing disk did not take are tried again by themselves
NOTES_KEPT = 10_000  # of them in memory; about 3 MB

log = structlog.get_logger(__name__)


class Line(NamedTuple):
    data: bytes  # the whole frame
    at_ms: int  # by the ledger's clock
    told: Callable[[str | None], None] | None  # called in the thread with why it failed, or None; no one waits for a note


class LedgerDisk:
    """Writes segments numbered from *number* + 1 on. *left* tells of each older segment when its last line was written."""

    def __init__(
        self,
        directory: Path,
        number: int,
        left: dict[int, int],
        *,
        make_segment: SegmentMaker,
        segment_bytes: int,
        segment_age_s: float,
        keep_ms: int,
    ) -> None:
        self._directory = directory
        self._number = number
        self._left = left
        self._newest_ms: dict[int, int] = {}  # the same of our own
        self._make_segment = make_segment
        self._segment_bytes = segment_bytes
        self._segment_age_s = segment_age_s
        self._keep_ms = keep_ms
        self.failing: str | None = None
        self.lost = 0  # notes that were given up
        self._queue: deque[Line] = deque()
        self._notes: list[Line] = []  # that the disk did not take yet
        self._segment: Segment | None = None
        self._size = 0  # good bytes of it
        self._finish_at = 0.0
        self._tidying: deque[tuple[int, int]] = deque(maxlen=1)
        self._closing = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, line: Line) -> None:
        """Belongs to one thread; the first line starts ours."""
        self._queue.append(line)
        self._start()

    def tidy(self, now_ms: int, unix_ms: int) -> None:
        """Delete what is too old at *now_ms* by the ledger's clock and, of predecessors, at *unix_ms*."""
        self._tidying.append((now_ms, unix_ms))
        self._start()

    def _start(self) -> None:
        self._wake.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal-ledger", daemon=True)
            self._thread.start()

    def close(self, timeout_s: float) -> int:
        """Write what is waiting, try once more if the disk fails; the number of lines that are lost with this process."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self.lost + len(self._notes) + len(self._queue)

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(RETRY_S if self._notes else None)
            self._wake.clear()
            self._write_out()
            while self._tidying:
                self._tidy(*self._tidying.popleft())
        self._write_out()  # whatever came in between
        if self._segment is not None:
            with suppress(OSError):  # everything in it was synced
                self._segment.close()

    def _write_out(self) -> None:
        group, self._notes = self._notes, []
        while self._queue:
            group.append(self._queue.popleft())
        if not group:
            return
        reason = self._write(group)
        for line in group:
            if line.told is not None:
                line.told(reason)
        if reason is not None:
            waiting = [line for line in group if line.told is None]
            self._notes = waiting[-NOTES_KEPT:]
            self.lost += len(waiting) - len(self._notes)

    def _write(self, group: list[Line]) -> str | None:
        """Why it failed; then nothing of *group* is in a segment any more, as far as the disk lets itself be cut."""
        data = b"".join(line.data for line in group)
        try:
            if self._segment is None:
                self._number += 1
                self._size = 0
                self._finish_at = time.monotonic() + self._segment_age_s
                self._segment = self._make_segment(segment_path(self._directory, self._number))
            self._segment.write(data)
            self._segment.sync()
        except OSError as error:
            return self._condemn(error)
        self._size += len(data)
        self._newest_ms[self._number] = max(line.at_ms for line in group)
        if self.failing is not None:
            log.warning("ledger_writes_again")
        self.failing = None
        if self._size >= self._segment_bytes or time.monotonic() >= self._finish_at:
            self._finish()
            self._delete(self._newest_ms, self._newest_ms[self._number] - self._keep_ms)
        return None

    def _tidy(self, now_ms: int, unix_ms: int) -> None:
        if time.monotonic() >= self._finish_at:
            self._finish()
        self._delete(self._newest_ms, now_ms - self._keep_ms)
        self._delete(self._left, unix_ms - self._keep_ms)

    def _finish(self) -> None:
        with suppress(OSError):  # everything in it was synced
            if self._segment is not None:
                self._segment.close()
        self._segment = None

    def _delete(self, newest_ms: dict[int, int], before_ms: int) -> None:
        for number, at_ms in list(newest_ms.items()):
            if at_ms < before_ms and not (self._segment is not None and number == self._number):
                with suppress(OSError):  # it is deleted the next time
                    segment_path(self._directory, number).unlink(missing_ok=True)
                    del newest_ms[number]

    def _condemn(self, error: OSError) -> str:
        reason = error.strerror or str(error)
        if self.failing is None:
            log.error("ledger_failing", reason=reason)
        self.failing = reason
        try:
            if self._segment is not None:
                self._segment.cut(self._size)
                self._segment.close()
            if self._size == 0:
                segment_path(self._directory, self._number).unlink(missing_ok=True)
        except OSError as second:  # what stays may say "begun" of a write that was not sent: read back, it is found not to be there
            log.warning("ledger_cut_failed", reason=second.strerror)
        self._segment = None
        return reason
