"""Which calls are open, as the spool tells it: what a successor must close, also while PostgreSQL is down.

    segments   ███████████████████████│█████          a start reads what is behind the place up to which the file knows everything
    open-calls ───────────────────────┘               (at most ``SAVE_BYTES`` of it), however many records wait

The newest record of each open call is kept; a record with an end removes it. The file is written every ``SAVE_BYTES`` by the thread that
writes the segments, and before segments are deleted. Lost or spoilt it costs time: what is left of the segments is read from the beginning.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog

from controller.journal import codec
from controller.journal.disk import Position
from controller.journal.files import read_file, replace_file
from controller.journal.frames import frame, scan
from controller.journal.records import CallRevised

FILE = "open-calls"
TAG = b"call.1"  # of CallRevised
UP_TO = b"up to "
SAVE_BYTES = 1 << 20  # some 2,500 records, which are read in 3 ms

log = structlog.get_logger(__name__)


class OpenCalls:
    """Follows the records that are durable. ``take`` belongs to the thread that writes them, ``save`` to any."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._lock = threading.Lock()
        self._calls: dict[str, CallRevised] = {}
        self._unsaved_bytes = 0
        self.seen = Position(0, 0)  # everything before it is known
        self.newest = 0  # sequence number of the last record before it
        data = read_file(self._path)
        found = scan(data)
        if found.holes or found.consumed < len(data):
            log.error("open_calls_damaged", bytes=len(data) - sum(len(one.payload) for one in found.frames))
        for one in found.frames:
            if one.payload.startswith(UP_TO):
                segment, offset = one.payload.removeprefix(UP_TO).split()
                if found.consumed == len(data) and not found.holes:
                    self.seen, self.newest = Position(int(segment), int(offset)), one.sequence
            else:
                self._fold(one.payload)

    def take(self, payloads: Iterable[bytes], end: Position, newest: int) -> None:
        """Records that are durable, in order; the last one is number *newest* and ends at *end*."""
        with self._lock:
            for payload in payloads:
                if TAG in payload:  # spares most records the decoding
                    self._fold(payload)
            self._unsaved_bytes += end.offset - (self.seen.offset if self.seen.segment == end.segment else 0)
            self.seen, self.newest = end, max(self.newest, newest)
            if self._unsaved_bytes >= SAVE_BYTES:
                try:
                    self._save(durable=False)  # after a power cut it may be old or spoilt: then more is read
                except OSError as error:
                    log.warning("open_calls_not_saved", reason=error.strerror)

    def calls(self) -> list[CallRevised]:
        return list(self._calls.values())

    def save(self) -> None:
        """Durably. Raises ``OSError``."""
        with self._lock:
            self._save(durable=True)

    def _fold(self, payload: bytes) -> None:
        try:
            record = codec.decode(payload)
        except msgspec.MsgspecError:  # of another version of this program; the writer sets it aside and tells
            return
        if not isinstance(record, CallRevised):
            return
        if record.ended_at_ms is not None:
            self._calls.pop(record.call_id, None)
            return
        known = self._calls.get(record.call_id)
        if known is None or known.revision < record.revision:
            self._calls[record.call_id] = record

    def _save(self, *, durable: bool) -> None:
        calls = b"".join(frame(call.revision, 0, codec.encode(call)) for call in self._calls.values())
        place = frame(self.newest, 0, UP_TO + f"{self.seen.segment} {self.seen.offset}".encode())
        replace_file(self._path, calls + place, durable=durable)
        self._unsaved_bytes = 0
