"""Records that PostgreSQL refuses for what is in them: set aside for a person, so that they do not hold up the rest."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import msgspec
import structlog

from controller.journal.records import Record

FILE = "dead-letters.jsonl"

log = structlog.get_logger(__name__)


class DeadLetters:
    """A file of one JSON object per line: {"sequence", "at_ms", "why", "record" or "payload" in Base64}.

    It stays, and is counted, until a person has looked at it and taken it away.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        try:
            with self._path.open("rb") as file:
                self.count = sum(1 for _ in file)
        except FileNotFoundError:
            self.count = 0

    def put(self, sequence: int, at_ms: int, why: str, record: Record | bytes) -> None:
        """Append and sync; raises ``OSError``."""
        entry: dict[str, object] = {"sequence": sequence, "at_ms": at_ms, "why": why}
        if isinstance(record, bytes):
            entry["payload"] = base64.b64encode(record).decode()
        else:
            entry["record"] = record
        fd = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, msgspec.json.encode(entry) + b"\n")
            os.fsync(fd)
        finally:
            os.close(fd)
        self.count += 1
        log.error("record_set_aside", sequence=sequence, reason=why, file=str(self._path))
