"""Which records a damaged place held. Pure.

    ... 16 ─ 17 ─ ▒▒▒▒▒▒▒▒▒ ─ 20 ─ 21 ...      records 18-19 are lost; ids of calls that can still be read in ▒ tell whose they were

Records are numbered without a gap over the life of a spool, so that a gap between those that can be read is exactly what is missing: also
where whole files are gone. Bytes without a gap are a write that was cut short; what was in it was not durable, or was written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from controller.journal.frames import Frame

_CALL = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Scar(NamedTuple):
    """A place in a segment that holds no record."""

    segment: int
    start: int  # bytes of it
    end: int
    before: int | None  # sequence number of the record behind it; None: none is known
    calls: tuple[str, ...]  # ids that stand in it; one that was hit itself is misread


class Damage(NamedTuple):
    first: int | None  # sequence numbers of the records that are lost; None: from the first one that was there
    last: int
    scars: tuple[Scar, ...]

    @property
    def records(self) -> int:
        """At least so many."""
        return 1 if self.first is None else self.last - self.first + 1

    @property
    def calls(self) -> list[str]:
        return sorted({call for scar in self.scars for call in scar.calls})

    def __str__(self) -> str:
        since = "up to " if self.first is None else "" if self.first == self.last else f"{self.first}-"
        places = ", ".join(f"bytes {scar.start}-{scar.end} of segment {scar.segment}" for scar in self.scars)
        return f"{since}{self.last} ({places or 'the file is gone'})"


def calls_in(data: bytes) -> tuple[str, ...]:
    """Ids of calls (UUIDv7) that can be read in *data*."""
    return tuple(sorted({found.decode() for found in _CALL.findall(data)}))


class Continuity:
    """Is shown what is read, in order, and tells what is missing. *newest*: number of the record read last; None: not known."""

    def __init__(self, newest: int | None) -> None:
        self._newest = newest
        self._scars: list[Scar] = []  # since the last record

    def follow(self, frames: Iterable[Frame], scars: Iterable[Scar]) -> list[Damage]:
        """What was read."""
        found: list[Damage] = []
        waiting = list(scars)
        for frame in frames:
            while waiting and waiting[0].before in (None, frame.sequence):
                self._scars.append(waiting.pop(0))
            if self._newest is None:
                if self._scars and frame.sequence > 1:
                    found.append(Damage(None, frame.sequence - 1, tuple(self._scars)))
            elif frame.sequence > self._newest + 1:
                found.append(Damage(self._newest + 1, frame.sequence - 1, tuple(self._scars)))
            self._newest = max(self._newest or 0, frame.sequence)  # a write that failed half way may stand there twice
            self._scars.clear()
        self._scars += waiting
        return found

    def finish(self, newest: int, scars: Iterable[Scar]) -> list[Damage]:
        """There is no more to read, and *newest* is the number of the last record that was written."""
        self._scars += scars
        if self._newest is None or newest <= self._newest:
            return []
        damage = Damage(self._newest + 1, newest, tuple(self._scars))
        self._newest = newest
        self._scars.clear()
        return [damage]
