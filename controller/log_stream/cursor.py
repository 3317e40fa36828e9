"""Where a reader is: for each app the position of the newest line that he has. Pure.

    callctl:1795271527000123                        one app
    callctl-1:1795271527000123,callctl-2:17952...   several

Positions are microseconds of Unix time, so that a position also says when; an app whose name is missing began after the
reader last heard of us, or was not known to whom he asked: its lines count from a little before his newest one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Cursor = Mapping[str, int]

APPS = 32  # more are no cursor of ours
SLACK_US = 60_000_000
"""How far the lines of several apps may be apart on their ways: clocks, Redis, a database that is behind."""

_ENTRY = re.compile(r"([A-Za-z0-9_-]{1,64}):([0-9]{1,18})")


class BadCursor(ValueError):
    """In words for whoever sent it."""


def parse(text: str) -> dict[str, int]:
    """Raises ``BadCursor``."""
    if not text:
        return {}
    entries = text.split(",")
    found: dict[str, int] = {}
    for entry in entries:
        match = _ENTRY.fullmatch(entry.strip())
        if match is None or len(entries) > APPS:
            raise BadCursor("a place in the log is <app>:<position>, several joined by commas, as the stream's ids are")
        found[match[1]] = int(match[2])
    return found


def format_cursor(cursor: Cursor) -> str:
    if len(cursor) == 1:
        for app, position in cursor.items():
            return f"{app}:{position}"
    return ",".join(f"{app}:{cursor[app]}" for app in sorted(cursor))


def absent_from(cursor: Cursor) -> int:
    """From where the lines of an app count that *cursor* does not name."""
    return max(0, max(cursor.values(), default=0) - SLACK_US)
