"""The newest lines of all apps, in the order in which they came, in batches that are never changed. Pure.

    floor                                            last
      │  ┌─ batch 17 ─┬─ batch 18 ─┬─ batch 19 ─┐      │      pending
      ▼  │ l l l l l  │ l           │ l l l        │      ▼    l l
    ─────┴────────────┴────────────┴────────────┴───────────────────► per app: growing positions, none missing
    on PostgreSQL only                                                unless a gap says so

Rule 1: of each app the tape holds every line behind the app's *floor* up to its *last*; ``start`` of a batch is where all apps
        were before it, ``end`` where they were after it. So a reader who is at ``start`` has missed nothing.
Rule 2: what a batch looks like through a filter is made once, however many readers look through it.
Rule 3: it is bounded, by lines and by bytes. A reader whose next batch is gone did not keep up, or has to begin on PostgreSQL.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from controller.log_stream.cursor import Cursor, format_cursor
from controller.log_stream.filter import View
from controller.log_stream.line import Line

T = TypeVar("T")

MAX_LINES = 20_000
MAX_BYTES = 32 << 20  # of JSON; a line has some 300, but one may hold what a tool gave
SHARED_BATCHES = 25
"""So many of the newest batches keep what was made of them: readers are close behind one another."""


@dataclass(frozen=True, slots=True)
class Batch:
    number: int
    lines: tuple[Line, ...]
    start: Cursor
    end: Cursor
    size: int  # bytes of JSON
    ended: frozenset[str]  # calls whose records were closed in it
    made: dict[Any, Any] = field(default_factory=dict)  # what readers share, as long as many are near

    def chunk(self, view: View) -> bytes:
        """What a reader who has seen everything before is sent; empty: nothing for him."""
        return self._once(view.filter, lambda: self._chunk(view))

    def _chunk(self, view: View) -> bytes:
        chosen = view.filter
        events = self._once(("events", chosen.numbers), lambda: self._events(view))
        if chosen.everything:
            return b"".join(events)
        texts = self._once(("texts", chosen.numbers), lambda: [view.text_of(line) for line in self.lines]) if view.text else None
        where = self._once("where", self._where)
        places = sorted(where[chosen.call] + where[""]) if chosen.call else range(len(self.lines))
        return b"".join(events[at] for at in places if view.picks(self.lines[at], texts[at] if texts else None))

    def _events(self, view: View) -> list[bytes]:
        cursor, events = dict(self.start), []
        for line in self.lines:
            if line.kind != "end":
                cursor[line.app] = line.position
            events.append(b"" if line.kind == "end" else event(Picked(line, view.json_of(line), format_cursor(cursor))))
        return events

    def _where(self) -> defaultdict[str, list[int]]:
        """The places of each call's lines; of what belongs to no call under the empty name."""
        where = defaultdict[str, list[int]](list)
        for at, line in enumerate(self.lines):
            where[line.call].append(at)
        return where

    def _once(self, key: object, make: Callable[[], T]) -> T:
        found: T | None = self.made.get(key)
        if found is None:
            found = self.made[key] = make()
        return found


class Picked(NamedTuple):
    line: Line
    shown: bytes  # JSON
    place: str  # the cursor behind it


def picked(lines: Iterable[Line], cursor: dict[str, int], view: View) -> Iterator[Picked]:
    """Those of *lines* that are news at *cursor* and that *view* lets through; *cursor* moves on with every line, seen or not."""
    for line in lines:
        if line.kind == "line":
            if line.position <= cursor.get(line.app, 0):
                continue
            cursor[line.app] = line.position
        elif line.kind == "gap":
            cursor[line.app] = max(line.position, cursor.get(line.app, 0))
        shown = view(line)
        if shown is not None:
            yield Picked(line, shown, format_cursor(cursor))


def event(one: Picked) -> bytes:
    """As a server-sent event; a line has no name, so that a browser's ``onmessage`` gets it."""
    name = "" if one.line.kind == "line" else f"event: {one.line.kind}\n"
    return b"id: %b\n%bdata: %b\n\n" % (one.place.encode(), name.encode(), one.shown)


class Tape:
    def __init__(self, app: str, position: int, *, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES) -> None:
        """*position*: every line of *app* up to here is, or will be, on PostgreSQL."""
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._lines = self._bytes = 0
        self._batches: deque[Batch] = deque()
        self._pending: list[Line] = []
        self._floors = {app: position}
        self._lasts = {app: position}  # of what is sealed
        self._next = 1

    @property
    def cursor(self) -> Cursor:
        """Where all apps are after the newest batch; a new value each time."""
        return self._batches[-1].end if self._batches else dict(self._lasts)

    @property
    def next_number(self) -> int:
        """Of the batch that will be sealed next."""
        return self._next

    @property
    def lines(self) -> int:
        return self._lines

    def floor(self, app: str) -> int:
        return self._floors[app]

    def behind(self, cursor: Cursor) -> list[str]:
        """The apps of which a reader at *cursor* has to look at PostgreSQL first."""
        return [app for app, floor in self._floors.items() if cursor.get(app, 0) < floor]

    @property
    def apps(self) -> Iterable[str]:
        return self._lasts

    def knows(self, app: str) -> bool:
        return app in self._lasts

    def gone(self, number: int) -> bool:
        """Whether that batch was there and is not any more."""
        return number < self._next - len(self._batches)

    def learn(self, app: str, position: int) -> None:
        """There is *app* as well, and its lines up to *position* are none of ours."""
        if app not in self._lasts:
            self._floors[app] = self._lasts[app] = position
            if self._batches:
                newest = self._batches[-1]
                self._batches[-1] = Batch(
                    newest.number, newest.lines, newest.start, {**newest.end, app: position}, newest.size, newest.ended
                )

    def put(self, lines: Iterable[Line]) -> None:
        self._pending += lines

    def seal(self) -> Batch | None:
        """The pending lines as the next batch."""
        if not self._pending:
            return None
        lines, self._pending = tuple(self._pending), []
        start = self.cursor
        self._lasts.update((line.app, line.position) for line in lines)
        ended = frozenset(line.call for line in lines if line.kind == "end")
        batch = Batch(self._next, lines, start, dict(self._lasts), sum(len(line.json) for line in lines), ended)
        self._next += 1
        self._batches.append(batch)
        self._lines += len(lines)
        self._bytes += batch.size
        while (self._lines > self._max_lines or self._bytes > self._max_bytes) and len(self._batches) > 1:
            self._drop_oldest()
        if len(self._batches) > SHARED_BATCHES:
            self._batches[-SHARED_BATCHES - 1].made.clear()
        return batch

    def get(self, number: int) -> Batch | None:
        """None: it is gone, or not sealed yet."""
        if not self._batches or not self._batches[0].number <= number <= self._batches[-1].number:
            return None
        return self._batches[number - self._batches[-1].number - 1]

    def first_after(self, cursor: Cursor) -> int:
        """The number of the first batch with news for a reader at *cursor*."""
        at = bisect_left(self._batches, True, key=lambda batch: any(last > cursor.get(app, 0) for app, last in batch.end.items()))
        return self._next - len(self._batches) + at

    def back(self, lines: int) -> Cursor | None:
        """A place that is *lines* or a few more before the present; None if the tape does not reach so far."""
        for batch in reversed(self._batches):
            lines -= len(batch.lines)
            if lines <= 0:
                return batch.start
        return None

    def _drop_oldest(self) -> None:
        oldest = self._batches.popleft()
        self._lines -= len(oldest.lines)
        self._bytes -= oldest.size
        self._floors.update((line.app, line.position) for line in oldest.lines)
