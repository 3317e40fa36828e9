"""The spool: every record on the local disk before anything else happens to it.

    append() ─► queue ─► thread: write + fdatasync every 50 ms ─► segments ─► read() ─► PostgreSQL ─► acknowledge()
    event loop  bounded                                           8 MiB each                         the cursor moves, full
                                                                                                     segments are deleted

Rule 1: ``append`` takes microseconds and raises nothing: no disk, no network, no lock is behind it.
Rule 2: a record is read on only when it is durable; so PostgreSQL never knows more than the disk.
Rule 3: a failed write or sync condemns its segment: it is cut back to what is known to be good, and the same records go
        into a new one. (After a failed fsync the kernel may call lost pages clean; trying it again would lie.)
Rule 4: the cursor may be lost or old: records are then read again, and inserting them again changes nothing.
Rule 5: what cannot be kept is counted and told; it is never silent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from controller.journal.disk import DiskWriter, Position, Waiting
from controller.journal.files import SegmentFile, SegmentMaker, read_file, replace_file, segment_numbers, segment_path
from controller.journal.frames import MAX_PAYLOAD_BYTES, OVERHEAD, Frame, frame, scan

WINDOW_BYTES = 256 << 10
ROOM_BYTES = 64 << 10

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    frames: list[Frame]
    end: Position
    damaged: int  # bytes that were skipped because they are no records any more


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    segment_bytes: int = 8 << 20
    buffer_bytes: int = 16 << 20  # what memory may hold while the disk fails: about 40,000 records
    interval_s: float = 0.05


class Spool:
    """One directory's segments. ``append`` belongs to one thread, ``read`` and ``acknowledge`` to one (other) thread."""

    def __init__(
        self,
        directory: Path,
        *,
        limits: SpoolLimits | None = None,
        visit: Callable[[Frame], None] = lambda _frame: None,
        on_durable: Callable[[], None] = lambda: None,
        make_segment: SegmentMaker = SegmentFile,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take over what a predecessor left in *directory*, each whole frame shown to *visit*; raises ``OSError``.

        *on_durable* is called from the spool's own thread whenever more can be read.
        """
        self._directory = directory
        self._limits = limits or SpoolLimits()
        self._clock = clock
        self._closed = False
        self.refused = 0  # records not taken: too large, or the disk failed for longer than memory lasts
        self.position = Position(0, 0)
        self.acknowledged = self.appended = 0  # sequence numbers of the newest record that is safe elsewhere, that was taken
        self._recover(visit)
        self._keep_room()
        self._disk = DiskWriter(
            directory,
            max([self.position.segment, *segment_numbers(directory)]),
            make_segment=make_segment,
            segment_bytes=self._limits.segment_bytes,
            interval_s=self._limits.interval_s,
            on_durable=on_durable,
        )
        self._disk.durable = self.appended

    def append(self, payload: bytes) -> int | None:
        """Take *payload* and return its sequence number; ``None`` if it was refused."""
        size = len(payload) + OVERHEAD
        if self._closed or len(payload) > MAX_PAYLOAD_BYTES or self._disk.waiting_bytes + size > self._limits.buffer_bytes:
            self.refused += 1
            return None
        self.appended += 1
        at_ms = int(self._clock() * 1000)
        self._disk.put(Waiting(self.appended, at_ms, frame(self.appended, at_ms, payload)))
        return self.appended

    @property
    def durable(self) -> int:
        """Sequence number of the newest record on the medium."""
        return self._disk.durable

    @property
    def failing(self) -> str | None:
        """Why the disk does not take records, in the system's words."""
        return self._disk.failing

    @property
    def waiting_since_ms(self) -> int | None:
        """Unix time of the oldest record that is only in memory."""
        return self._disk.waiting_since_ms

    def hurry(self) -> None:
        """Write what is waiting now instead of at the next tick."""
        self._disk.hurry()

    def close(self, timeout_s: float = 5.0) -> int:
        """Write and sync what is waiting; the number of records that the disk did not take and that are lost."""
        self._closed = True
        return self._disk.close(timeout_s)

    def read(self, start: Position, limit: int) -> Chunk:
        """At most *limit* durable records from *start* on; none when there are no more yet. Raises ``OSError``."""
        at = start
        while True:
            size, finished = self._readable(at.segment)
            window = WINDOW_BYTES
            while at.offset < size:
                data = self._pread(at, min(window, size - at.offset))
                found = scan(data, limit=limit)
                if found.frames:
                    return Chunk(found.frames, Position(at.segment, at.offset + found.consumed), found.damaged)
                if not data or at.offset + len(data) >= size:
                    break  # a torn tail
                window *= 2
            later = [number for number in segment_numbers(self._directory) if number > at.segment]
            if not finished or not later:
                return Chunk([], at, 0)
            at = Position(later[0], 0)

    def frees(self, position: Position) -> bool:
        """Whether acknowledging *position* deletes segments."""
        return any(number < position.segment for number in segment_numbers(self._directory))

    def acknowledge(self, position: Position, sequence: int) -> None:
        """Everything before *position*, up to record *sequence*, is safe elsewhere. Raises ``OSError``."""
        cursor = frame(sequence, int(self._clock() * 1000), f"{position.segment} {position.offset}".encode())
        replace_file(self._directory / "cursor", cursor, durable=self.frees(position))
        for number in segment_numbers(self._directory):
            if number < position.segment:
                segment_path(self._directory, number).unlink(missing_ok=True)
        self._keep_room()
        self.position, self.acknowledged = position, max(self.acknowledged, sequence)

    def make_room(self) -> None:
        """On a full disk: give up the room kept back, so that a few small files can be written and segments deleted."""
        (self._directory / "room").unlink(missing_ok=True)

    def _keep_room(self) -> None:
        room = self._directory / "room"
        if not room.exists():
            with suppress(OSError):  # then the disk is full already, or will be found so soon enough
                replace_file(room, bytes(ROOM_BYTES), durable=False)

    def _readable(self, number: int) -> tuple[int, bool]:
        """How many bytes of a segment may be read, and whether no more will come."""
        active = self._disk.active
        if active is not None and active.segment == number:
            return active.offset, False
        try:
            return segment_path(self._directory, number).stat().st_size, True
        except FileNotFoundError:
            return 0, True

    def _pread(self, at: Position, size: int) -> bytes:
        with segment_path(self._directory, at.segment).open("rb", buffering=0) as file:
            return os.pread(file.fileno(), size, at.offset)

    def _recover(self, visit: Callable[[Frame], None]) -> None:
        cursor = scan(read_file(self._directory / "cursor")).frames
        if cursor:
            segment, offset = cursor[-1].payload.split()
            self.position = Position(int(segment), int(offset))
            self.acknowledged = self.appended = cursor[-1].sequence
        for number in segment_numbers(self._directory):
            frames = self._mend(number)
            for one in frames:
                visit(one)
            if frames:
                if not self.appended:  # no cursor: what is here is all that is left to do
                    self.acknowledged = frames[0].sequence - 1
                self.appended = max(self.appended, frames[-1].sequence)

    def _mend(self, number: int) -> list[Frame]:
        path = segment_path(self._directory, number)
        data = path.read_bytes()
        found = scan(data)
        if found.damaged:
            log.error("spool_damaged", segment=number, bytes=found.damaged)
            replace_file(path.with_suffix(".damaged"), data, durable=False)  # for whoever wants to look
        if found.consumed < len(data):
            log.warning("spool_torn_tail", segment=number, bytes=len(data) - found.consumed)
            os.truncate(path, found.consumed)
        return found.frames
