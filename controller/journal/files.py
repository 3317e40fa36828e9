"""The journal's directory: segment files, files replaced as a whole, and the lock that keeps a second controller out."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from controller.journal.errors import DirectoryInUse, DirectoryUnusable

SUFFIX = ".segment"


class Segment(Protocol):
    """A file that only grows, except that ``cut`` takes back a write that failed half way. Methods raise ``OSError``."""

    def write(self, data: bytes) -> None: ...

    def sync(self) -> None:
        """Return when everything written is on the medium."""

    def cut(self, size: int) -> None: ...

    def close(self) -> None: ...


SegmentMaker = Callable[[Path], Segment]


class SegmentFile:
    """A segment on a real file system; created, never reopened for writing."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            sync_directory(path.parent)  # else a power cut may take the file's name
        except OSError:
            os.close(self._fd)
            raise

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def cut(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def close(self) -> None:
        os.close(self._fd)


def segment_path(directory: Path, number: int) -> Path:
    return directory / f"{number:012d}{SUFFIX}"


def segment_numbers(directory: Path) -> list[int]:
    return sorted(int(path.stem) for path in directory.glob(f"*{SUFFIX}") if path.stem.isdecimal())


def replace_file(path: Path, data: bytes, *, durable: bool) -> None:
    """Let *path* hold *data*, wholly or not at all; *durable* also through a power cut, at the price of two syncs."""
    beside = path.with_name(path.name + ".new")
    fd = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)  # on a full disk half a file is only in the way
        raise
    if durable:
        sync_directory(path.parent)


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class DirectoryLock:
    """Held while the journal is open. The kernel lets go of it when the process dies, however it dies."""

    def __init__(self, directory: Path) -> None:
        """Raises ``DirectoryInUse`` at once when another process holds it, ``DirectoryUnusable``."""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DirectoryUnusable(f"the journal's directory {directory} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise DirectoryInUse(
                f"the journal's directory {directory} is in use by process {holder}: give each controller its own JOURNAL_DIRECTORY"
            ) from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._fd)
