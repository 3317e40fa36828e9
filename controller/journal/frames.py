"""Records on disk: frames that a torn or damaged file gives back as far as they are whole.

    ┌────────┬────────┬────────┬──────────┬────────┬─────────┐
    │ marker │ length │ CRC-32 │ sequence │ at_ms  │ payload │     little-endian
    │ 4      │ 4      │ 4      │ 8        │ 8      │ length  │     the CRC covers sequence, at_ms and payload
    └────────┴────────┴────────┴──────────┴────────┴─────────┘

Rule 1: what a frame says is believed only if its CRC holds.
Rule 2: behind a damaged place the marker finds the next whole frame, so that one bad sector costs its own records only.
Rule 3: what follows the last whole frame is a torn tail: a write that the power cut short, or one still under way. A whole length of
        bytes there whose CRC does not hold is no torn write but a record that was damaged later.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

MARKER = b"\xc4\x93\x1dJ"
HEADER = struct.Struct("<4sII")
STAMP = struct.Struct("<QQ")
OVERHEAD = HEADER.size + STAMP.size
MAX_PAYLOAD_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    sequence: int  # 1, 2, ... over the life of the spool
    at_ms: int  # Unix time of the append
    payload: bytes
    end: int  # offset behind the frame in what was scanned


class Hole(NamedTuple):
    """Bytes that are no records any more."""

    start: int
    end: int
    before: int | None  # sequence number of the whole frame behind it; None: it is a tail


@dataclass(frozen=True, slots=True)
class Scan:
    frames: list[Frame]
    consumed: int  # bytes up to the end of the last whole frame; the rest is a torn or unfinished tail
    holes: list[Hole]  # between whole frames

    @property
    def damaged(self) -> int:
        """Bytes in holes."""
        return sum(hole.end - hole.start for hole in self.holes)


def frame(sequence: int, at_ms: int, payload: bytes) -> bytes:
    body = STAMP.pack(sequence, at_ms) + payload
    return HEADER.pack(MARKER, len(payload), crc32(body)) + body


def scan(data: bytes, *, limit: int | None = None) -> Scan:
    """The whole frames in *data*, at most *limit* of them. Never raises, whatever the bytes are."""
    frames: list[Frame] = []
    holes: list[Hole] = []
    at = consumed = 0
    while limit is None or len(frames) < limit:
        found = _frame_at(data, at)
        if found is None:
            at = data.find(MARKER, at + 1)
            if at < 0:
                break
            continue
        if at > consumed:
            holes.append(Hole(consumed, at, found.sequence))
        frames.append(found)
        at = consumed = found.end
    return Scan(frames, consumed, holes)


def spoilt_at_end(tail: bytes) -> int:
    """How many records a torn tail begins with that are there in their whole length and whose CRC does not hold."""
    count = at = 0
    while at + OVERHEAD <= len(tail):
        marker, length, _ = HEADER.unpack_from(tail, at)
        at += OVERHEAD + length
        if marker != MARKER or length > MAX_PAYLOAD_BYTES or at > len(tail):
            break
        count += 1
    return count


def _frame_at(data: bytes, at: int) -> Frame | None:
    if at + OVERHEAD > len(data):
        return None
    marker, length, crc = HEADER.unpack_from(data, at)
    end = at + OVERHEAD + length
    if marker != MARKER or length > MAX_PAYLOAD_BYTES or end > len(data):
        return None
    if crc32(memoryview(data)[at + HEADER.size : end]) != crc:
        return None
    sequence, at_ms = STAMP.unpack_from(data, at + HEADER.size)
    return Frame(sequence, at_ms, data[at + OVERHEAD : end], end)
