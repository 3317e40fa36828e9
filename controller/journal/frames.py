"""Records on disk: frames that a torn or damaged file gives back as far as they are whole.

    ┌────────┬────────┬────────┬──────────┬────────┬─────────┐
    │ marker │ length │ CRC-32 │ sequence │ at_ms  │ payload │     little-endian
    │ 4      │ 4      │ 4      │ 8        │ 8      │ length  │     the CRC covers sequence, at_ms and payload
    └────────┴────────┴────────┴──────────┴────────┴─────────┘

Rule 1: what a frame says is believed only if its CRC holds.
Rule 2: behind a damaged place the marker finds the next whole frame, so that one bad sector costs its own records only.
Rule 3: what follows the last whole frame is a torn tail: a write that the power cut short, or one still under way.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Scan:
    frames: list[Frame]
    consumed: int  # bytes up to the end of the last whole frame; the rest is a torn or unfinished tail
    damaged: int  # bytes skipped between whole frames


def frame(sequence: int, at_ms: int, payload: bytes) -> bytes:
    body = STAMP.pack(sequence, at_ms) + payload
    return HEADER.pack(MARKER, len(payload), crc32(body)) + body


def scan(data: bytes, *, limit: int | None = None) -> Scan:
    """The whole frames in *data*, at most *limit* of them. Never raises, whatever the bytes are."""
    frames: list[Frame] = []
    at = consumed = damaged = 0
    while limit is None or len(frames) < limit:
        found = _frame_at(data, at)
        if found is None:
            at = data.find(MARKER, at + 1)
            if at < 0:
                break
            continue
        damaged += at - consumed
        frames.append(found)
        at = consumed = found.end
    return Scan(frames, consumed, damaged)


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
