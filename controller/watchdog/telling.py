"""The parent's log, in the form of the controllers', which write to the same stream: JSON or text, one event a line.

Made by hand, since structlog would double what the parent weighs; and a line is left out rather than waited for: a reader of our
output that stands still must not stop the watch.
"""

from __future__ import annotations

import json
import os
import select
from datetime import UTC, datetime

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGER = "controller.watchdog"
STDOUT = 1


class Log:
    def __init__(self, level: str, form: str, descriptor: int = STDOUT) -> None:
        self._least = LEVELS.index(level)
        self._json = form == "json"
        self._descriptor = descriptor

    def info(self, event: str, **fields: object) -> None:
        self._write("INFO", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write("WARNING", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write("ERROR", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        if LEVELS.index(level) < self._least:
            return
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        if self._json:
            line = json.dumps({**fields, "event": event, "level": level.lower(), "logger": LOGGER, "timestamp": at}, ensure_ascii=False)
        else:
            line = f"{at} [{level.lower():<9}] {event:<30} [{LOGGER}] " + " ".join(f"{name}={value}" for name, value in fields.items())
        try:
            if select.select([], [self._descriptor], [], 0)[1]:
                os.write(self._descriptor, f"{line}\n".encode())
        except OSError:  # nobody reads any more
            pass
