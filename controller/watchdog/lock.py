"""Who has ``worker.lock``: nobody, or a controller whose parent died, and who goes on serving its calls."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

NAME = "worker.lock"
WRITTEN_S = 1.0  # within it the holder has written his pid


class LockedByStranger(Exception):
    """In words."""


def open_lock(directory: Path) -> int:
    """Raises OSError."""
    return os.open(directory / NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)


def write_holder(lock: int) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, b"%d\n" % os.getpid(), 0)


class Orphan:
    """Held by a descriptor of the process: its number may become another's."""

    def __init__(self, pid: int) -> None:
        """Raises ProcessLookupError."""
        self.pid = pid
        self._fd = os.pidfd_open(pid)
        self._watched = False

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, number)

    def watch(self, on_gone: Callable[[], None]) -> None:
        def gone() -> None:
            self.forget()
            on_gone()

        self._watched = True
        asyncio.get_running_loop().add_reader(self._fd, gone)

    def forget(self) -> None:
        if self._watched:
            self._watched = False
            asyncio.get_running_loop().remove_reader(self._fd)


def find_orphan(directory: Path) -> Orphan | None:
    """Who has the lock. Raises OSError, and LockedByStranger if he is not to be told anything by us."""
    lock = open_lock(directory)
    try:
        deadline = time.monotonic() + WRITTEN_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                return None  # closing lets go of it again
            pid = os.pread(lock, 20, 0).strip()
            with suppress(ProcessLookupError):
                if pid.isdigit() and holds((orphan := Orphan(int(pid))).pid, lock):
                    return orphan
            if time.monotonic() >= deadline:
                raise LockedByStranger(
                    f"{directory / NAME} is held by a process that is not ours (it says: {pid.decode('ascii', 'replace') or 'nothing'})"
                )
            time.sleep(0.01)
    finally:
        os.close(lock)


def holds(pid: int, lock: int) -> bool:
    """Whether the process *pid* is this user's and has the lock on the file that *lock* is a descriptor of."""
    ours = os.fstat(lock)
    process = Path("/proc") / str(pid)
    try:
        if process.stat().st_uid != os.geteuid():
            return False
        for descriptor in (process / "fd").iterdir():
            try:
                theirs = descriptor.stat()
            except OSError:  # closed meanwhile, or no file
                continue
            same = (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)
            if same and "FLOCK" in (process / "fdinfo" / descriptor.name).read_text():
                return True
    except OSError:
        return False
    return False
