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
Rule 6: a start reads what is behind the place up to which its follower knows everything, not all that waits. Whole frames are believed
        because of their CRC whenever they are read; damage and torn tails are found and told by who reads them, beside the calls.
Rule 7: what is safe elsewhere is gone from here within ``segment_age_s``, also when nothing more comes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from controller.journal.damage import Damage, Scar, calls_in
from controller.journal.disk import DiskWriter, Position, Waiting
from controller.journal.files import SegmentFile, SegmentMaker, read_file, replace_file, segment_numbers, segment_path
from controller.journal.frames import MAX_PAYLOAD_BYTES, OVERHEAD, Frame, frame, scan, spoilt_at_end

WINDOW_BYTES = 256 << 10
ROOM_BYTES = 64 << 10
FIRST = 1  # number of the first segment in the life of a spool
DAMAGED = ".damaged"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    frames: list[Frame]
    end: Position
    scars: list[Scar] = field(default_factory=list)  # what was skipped because it holds no record any more


class Follower(Protocol):
    """Is shown every record that is durable, in order, and keeps to itself how far it has seen."""

    @property
    def seen(self) -> Position:
        """Everything before it is known."""

    @property
    def newest(self) -> int:
        """Sequence number of the last record before it; 0: none."""

    def take(self, payloads: Iterable[bytes], end: Position, newest: int) -> None:
        """Records up to *end*, the last of them with the number *newest*."""


class Nobody:
    """Follows nothing and has seen nothing: a start reads everything."""

    seen, newest = Position(0, 0), 0

    def take(self, payloads: Iterable[bytes], end: Position, newest: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    segment_bytes: int = 8 << 20
    buffer_bytes: int = 16 << 20  # what memory may hold while the disk fails: about 40,000 records
    segment_age_s: float = 3600.0
    interval_s: float = 0.05


class Spool:
    """One directory's segments. ``append`` belongs to one thread, ``read`` and ``acknowledge`` to one (other) thread."""

    def __init__(
        self,
        directory: Path,
        *,
        limits: SpoolLimits | None = None,
        follower: Follower | None = None,
        on_durable: Callable[[], None] = lambda: None,
        make_segment: SegmentMaker = SegmentFile,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take over what a predecessor left in *directory*; raises ``OSError``.

        *follower* is shown what it has not seen before, and from then on in the spool's own thread what becomes durable. *on_durable* is
        called from that thread whenever more can be read. *clock* stamps the records: Unix time, by which nothing is decided.
        """
        self._directory = directory
        self._limits = limits or SpoolLimits()
        self._follower = follower or Nobody()
        self._on_durable = on_durable
        self._clock = clock
        self._closed = False
        self.refused = 0  # records not taken: too large, or the disk failed for longer than memory lasts
        self.position = Position(0, 0)
        self.acknowledged = self.appended = 0  # sequence numbers of the newest record that is safe elsewhere, that was taken
        self.before = self._recover()
        """Number of the record before the first one to read; None: nobody knows."""
        self._keep_room()
        self._disk = DiskWriter(
            directory,
            max([self.position.segment, *segment_numbers(directory)]),
            make_segment=make_segment,
            segment_bytes=self._limits.segment_bytes,
            segment_age_s=self._limits.segment_age_s,
            interval_s=self._limits.interval_s,
            on_durable=self._written,
        )
        self._disk.durable = self.appended
        if self.before is None:  # what is here is all that is left to do
            first = self.read(self.position, 1).frames
            self.acknowledged = first[0].sequence - 1 if first else self.appended

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
        scars: list[Scar] = []
        while True:
            size, finished = self._readable(at.segment)
            window = WINDOW_BYTES
            while at.offset < size:
                data = self._pread(at, min(window, size - at.offset))
                found = scan(data, limit=limit)
                if found.frames:
                    for start_, end, before in found.holes:
                        scars.append(Scar(at.segment, at.offset + start_, at.offset + end, before, calls_in(data[start_:end])))
                    return Chunk(found.frames, Position(at.segment, at.offset + found.consumed), scars)
                if not data or at.offset + len(data) >= size:
                    if finished and data:  # a torn tail
                        scars.append(Scar(at.segment, at.offset, size, None, calls_in(data)))
                    break
                window *= 2
            if not finished:
                return Chunk([], at, scars)
            later = [number for number in segment_numbers(self._directory) if number > at.segment]
            if not later:  # wholly read and never written again: it may be forgotten as a whole
                return Chunk([], Position(at.segment + 1, 0) if size else at, scars)
            at = Position(later[0], 0)

    def keep(self, damage: Damage) -> None:
        """The bytes of damaged places, beside the segments, for whoever wants to look. Raises ``OSError``."""
        for scar in damage.scars:
            data = self._pread(Position(scar.segment, scar.start), scar.end - scar.start)
            replace_file(self._directory / f"{scar.segment:012d}-{scar.start}{DAMAGED}", data, durable=False)

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

    def _written(self, written: list[Waiting], end: Position) -> None:
        """In the disk's thread."""
        self._follower.take((waiting.data[OVERHEAD:] for waiting in written), end, written[-1].sequence)
        self._on_durable()

    def _recover(self) -> int | None:
        cursor = scan(read_file(self._directory / "cursor")).frames
        numbers = segment_numbers(self._directory)
        if cursor:
            segment, offset = cursor[-1].payload.split()
            self.position = Position(int(segment), int(offset))
            self.acknowledged = cursor[-1].sequence
        self.appended = max(self.acknowledged, self._follower.newest)
        seen = self._follower.seen
        for number in numbers:
            if number >= seen.segment:
                self._show(Position(number, seen.offset if number == seen.segment else 0))
        return self.acknowledged if cursor else 0 if not numbers or numbers[0] == FIRST else None

    def _show(self, start: Position) -> None:
        """The rest of a segment to the follower."""
        data = self._pread(start, segment_path(self._directory, start.segment).stat().st_size)
        found = scan(data)
        if found.frames:
            self.appended = max(self.appended, found.frames[-1].sequence)
            end = Position(start.segment, start.offset + found.consumed)
            self._follower.take((one.payload for one in found.frames), end, self.appended)
        self.appended += spoilt_at_end(data[found.consumed :])  # their numbers are not given again, so that they are missed
