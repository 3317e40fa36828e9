"""The sheets of all live calls on the local disk: written within milliseconds of each change, read by whoever takes over.

    event loop ── put(call, sheet) ──► the newest of each call ──► thread ──► live/<call>.0, live/<call>.1, in turn

Rule 1: ``put`` waits for nobody. While the disk is slow, newer sheets replace those that wait: their number is bounded by the calls'.
Rule 2: a process that is killed between two bytes leaves the other file whole; CRC and number tell which one counts.
Rule 3: no sync: what the kernel has, outlives the process. After a power cut there is no caller left to adopt.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import structlog

from controller.journal.files import read_file
from controller.journal.frames import Frame, frame, scan
from controller.sheets import sheet as sheets
from controller.sheets.sheet import Sheet

FOLDER = "live"
CLOSING_S = 2.0

log = structlog.get_logger(__name__)


class SheetFolder:
    """Use it as a context manager. ``put`` and ``drop`` belong to the event loop's thread, all else here to its own."""

    def __init__(self, journal_directory: Path, also: Callable[[str, bytes], None] = lambda call_id, sheet: None) -> None:
        """*also* gets each sheet as it is written, for whoever keeps a copy elsewhere. Raises ``OSError``."""
        self._also = also
        self._directory = journal_directory / FOLDER
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()  # held to swap a dictionary, never while something is written
        self._waiting: dict[str, bytes | None] = {}
        self._files: dict[str, _Pair] = {}
        self._wake = threading.Event()
        self._closing = False
        self.failing: str | None = None
        """Why sheets are not written, in the system's words."""
        self._thread = threading.Thread(target=self._run, name="sheets", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """What is waiting is written, within two seconds."""
        self._closing = True
        self._wake.set()
        self._thread.join(CLOSING_S)

    def left(self) -> list[Sheet]:
        """The newest sheet of each call that a predecessor left; one that cannot be read is told and removed. Before the first ``put``."""
        found: list[Sheet] = []
        for call_id in sorted({path.stem for path in self._directory.glob("*.[01]")}):
            if (one := self._read(call_id)) is not None:
                found.append(one)
            else:
                self.drop(call_id)
        return found

    def put(self, call_id: str, sheet: Sheet) -> None:
        data = sheets.encode(sheet)
        self._hand_over(call_id, data)
        self._also(call_id, data)

    def drop(self, call_id: str) -> None:
        """The call is over."""
        self._hand_over(call_id, None)

    def _hand_over(self, call_id: str, data: bytes | None) -> None:
        with self._lock:
            self._waiting[call_id] = data
        self._wake.set()

    # The thread

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            closing = self._closing
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            for call_id, data in waiting.items():
                try:
                    self._keep(call_id, data)
                except OSError as error:
                    self._fail(error.strerror or str(error))
                else:
                    self.failing = None
            if closing:
                for pair in self._files.values():
                    pair.close()
                return

    def _keep(self, call_id: str, data: bytes | None) -> None:
        if data is None:
            if (pair := self._files.pop(call_id, None)) is not None:
                pair.close()
            for path in _paths(self._directory, call_id):
                path.unlink(missing_ok=True)
            return
        if call_id not in self._files:
            self._files[call_id] = _Pair(self._directory, call_id)
        self._files[call_id].write(data)

    def _fail(self, why: str) -> None:
        if self.failing is None:
            log.error("sheets_failing", reason=why)
        self.failing = why

    def _read(self, call_id: str) -> Sheet | None:
        newest = _newest(self._directory, call_id)
        if newest is None:
            log.error("sheet_damaged", call_id=call_id)
            return None
        try:
            return sheets.decode(newest.payload)
        except msgspec.MsgspecError as error:
            log.error("sheet_unknown", call_id=call_id, why=str(error))
            return None


class _Pair:
    """The two files of one call, the older of which is written next."""

    def __init__(self, directory: Path, call_id: str) -> None:
        newest = _newest(directory, call_id)
        self._number = newest.sequence if newest is not None else 0
        self._fds = [os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600) for path in _paths(directory, call_id)]

    def write(self, data: bytes) -> None:
        number = self._number + 1
        rest = memoryview(frame(number, time.time_ns() // 1_000_000, data))
        fd, at = self._fds[number % 2], 0
        while rest:
            written = os.pwrite(fd, rest, at)
            rest, at = rest[written:], at + written
        os.ftruncate(fd, at)
        self._number = number

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)


def _paths(directory: Path, call_id: str) -> tuple[Path, Path]:
    return directory / f"{call_id}.0", directory / f"{call_id}.1"


def _newest(directory: Path, call_id: str) -> Frame | None:
    frames = [one for path in _paths(directory, call_id) for one in scan(read_file(path), limit=1).frames]
    return max(frames, key=lambda one: one.sequence, default=None)
