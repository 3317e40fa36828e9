"""What can go wrong with the private stack, and what the reader is to do about it.

DevStackError
├── NotAvailable     something this machine would have to provide is missing: the message says what to install or to set
└── ServiceFailed    a server did not start or did not stop; carries the tail of its log
"""

from pathlib import Path

_TAIL_LINES = 25


class DevStackError(Exception):
    """Base of everything the private stack raises on its own account."""


class NotAvailable(DevStackError):
    """A program, package or signature that we need cannot be had here; the message names the remedy."""


class ServiceFailed(DevStackError):
    """A server of the stack did not do what it was told; `str()` ends with the last lines of its log."""

    def __init__(self, message: str, log_path: Path | None = None) -> None:
        super().__init__(message if log_path is None else f"{message}\n{log_tail(log_path)}")
        self.log_path = log_path


def log_tail(path: Path, lines: int = _TAIL_LINES) -> str:
    """The last lines of a log, indented, under its name; says so when there is no log."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"  (no log at {path}: {error.strerror})"
    return "\n".join([f"  last lines of {path.name}:", *(f"  | {line}" for line in text.splitlines()[-lines:])])
