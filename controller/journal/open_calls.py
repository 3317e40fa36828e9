"""Which calls are open, as the spool tells it: what a successor must close, also while PostgreSQL is down.

The newest record of each open call is kept; a record with an end removes it. Before segments are deleted the result is put
into a small file, so that file and remaining segments together always give the whole answer. Reading segments again over a
newer file changes nothing in the end: the closing record is in them, or came before both.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from controller.journal import codec
from controller.journal.files import read_file, replace_file
from controller.journal.frames import frame, scan
from controller.journal.records import CallRevised, Record

FILE = "open-calls"
TAG = b"call.1"  # of CallRevised


class OpenCalls:
    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._calls: dict[str, CallRevised] = {}
        for one in scan(read_file(self._path)).frames:
            self.fold_payload(one.payload)

    def fold(self, record: Record) -> None:
        if not isinstance(record, CallRevised):
            return
        if record.ended_at_ms is not None:
            self._calls.pop(record.call_id, None)
            return
        known = self._calls.get(record.call_id)
        if known is None or known.revision < record.revision:
            self._calls[record.call_id] = record

    def fold_payload(self, payload: bytes) -> None:
        if TAG not in payload:  # spares most records the decoding: a start behind a long backlog is quicker
            return
        try:
            self.fold(codec.decode(payload))
        except msgspec.MsgspecError:  # of another version of this program; the writer sets it aside and tells
            return

    def calls(self) -> list[CallRevised]:
        return list(self._calls.values())

    def save(self) -> None:
        """Raises ``OSError``."""
        data = b"".join(frame(call.revision, 0, codec.encode(call)) for call in self._calls.values())
        replace_file(self._path, data, durable=True)
