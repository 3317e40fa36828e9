"""Records that PostgreSQL refuses for what is in them: set aside for a person, so that they do not hold up the rest."""

from __future__ import annotations

import base64
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import structlog

from controller.journal.files import read_file, replace_file
from controller.journal.records import Record

FILE = "dead-letters.jsonl"

log = structlog.get_logger(__name__)


class DeadLetters:
    """A file of one JSON object per line: {"sequence", "at_ms", "why", "record" or "payload" in Base64}.

    They stay, and are counted, until a person has looked at them and taken the file away, or their time is over.
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
        with _alone(self._path):
            self._append(msgspec.json.encode(entry) + b"\n")
        self.count += 1
        log.error("record_set_aside", sequence=sequence, reason=why, file=str(self._path))

    def drop_before(self, at_ms: int) -> int:
        """Forget what was set aside before that Unix time; how many. Raises ``OSError``."""
        dropped = rewrite(self._path, lambda entry: entry.get("at_ms", 0) >= at_ms)
        self.count -= dropped
        if dropped:
            log.warning("dead_letters_dropped", records=dropped)
        return dropped

    def _append(self, line: bytes) -> None:
        fd = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, line)
            os.fsync(fd)
        finally:
            os.close(fd)


def rewrite(path: Path, keep: Callable[[dict[str, Any]], bool]) -> int:
    """Leave in the file what *keep* says, while controllers may append to it; how many went. Raises ``OSError``."""
    with _alone(path):
        lines = read_file(path).splitlines(keepends=True)
        kept = [line for line in lines if keep(msgspec.json.decode(line))]
        if len(kept) == len(lines):
            return 0
        if kept:
            replace_file(path, b"".join(kept), durable=True)
        else:
            path.unlink()
        return len(lines) - len(kept)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """The file is ours: it may be replaced as a whole, or grow."""
    fd = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)  # held for one write at a time
        yield
    finally:
        os.close(fd)
