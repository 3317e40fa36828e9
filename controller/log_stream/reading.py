"""One reader: from where he left off to the present, then along with it.

    PostgreSQL ──────► the tape's floor ──► batch by batch, in his own framing ──► in step: each batch as all with this filter see it
    (of each app)                                    │                                │
                                                     └── he fell off the tape: once more, and then he is cut off

Rule 1: his cursor moves over every line, whether his filter picks it or not, and each event's id is the cursor behind it.
Rule 2: he passes from PostgreSQL to the tape only when PostgreSQL is known to have everything up to the tape's floor; it may be
        behind, and is waited for. What it does not have in time is a gap, and he is told.
Rule 3: whoever asks for the last lines is sent nothing before the present is reached, and then only those.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.log_stream.cursor import APPS, Cursor, absent_from, format_cursor, parse
from controller.log_stream.filter import View
from controller.log_stream.history import NoHistory
from controller.log_stream.line import Line, gap
from controller.log_stream.tape import Batch, Picked, event, picked

if TYPE_CHECKING:
    from controller.livelog import LiveLog

HEARTBEAT_S = 5.0
PATIENCE_S = 15.0
"""For PostgreSQL to catch up with what a reader missed."""
ASK_AGAIN_S = 0.25
CATCH_UPS = 3  # so often the tape may run away from him while he catches up
LOOK_BACK_LINES = 2_000  # among them the last lines that a filter lets through are looked for
PAGE_LINES = 20_000  # are looked at for one page, whether the filter picks them or not
PAGE_S = 3.0
BEHIND = "PostgreSQL has not got them yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """From a *cursor*; else from position *since*; else with the last *tail* lines; else from now."""

    cursor: Cursor = field(default_factory=dict)
    since: int | None = None
    tail: int | None = None

    @property
    def newest(self) -> int:
        """How many of the last lines are wanted, if it is them; a browser resumes with the address by which it began."""
        return 0 if self.cursor or self.since is not None else self.tail or 0


@dataclass(frozen=True, slots=True)
class Page:
    lines: list[bytes]  # JSON objects
    cursor: Cursor  # behind the last of them
    more: bool  # there was more than the limit, or than may be looked at for one page: also an empty page may not be the last


class Reading:
    def __init__(self, live_log: LiveLog, view: View, start: Start) -> None:
        """Of one call, if the filter names one that is a call's id."""
        self._log = live_log
        self._tape = live_log.tape
        self._history = live_log.history
        self._view = view
        self._call = uuid.UUID(view.filter.call) if view.filter.call else None
        self._start = start
        self._cursor: Cursor = {}
        self._absent = 0  # where apps begin that the cursor does not name
        self._fresh = False  # nothing before now is wanted
        self._look = False  # at PostgreSQL, also if the tape tells no reason
        self._number = 0  # of the next batch
        self._looked_at = 0  # lines
        self._over = False  # the call: there will be no more of it
        self._lost = False
        self._sent_at = time.monotonic()

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Server-sent events, as many as there are at a time; ends with the call, with us, or with a reader who does not keep up."""
        self._log.joined(self)
        try:
            yield b"retry: 1000\n\n"
            async for chunk in self._chunks():
                yield chunk
                self._sent_at = time.monotonic()
        finally:
            self._log.left(self, cut_off=self._fell_off)

    async def page(self, limit: int) -> Page:
        """Raises ``NoHistory``. Looks at ``PAGE_LINES`` and for ``PAGE_S``, and a batch more: its reader may be gone, or pick nothing."""
        newest = self._start.newest > 0
        found: list[Picked] = []
        cut_short, ends = False, time.monotonic() + PAGE_S
        await self._begin()
        async for some in self._to_the_present(patience_s=0.0):
            found += (one for one in some if one.line.kind == "line")
            cut_short = self._looked_at >= PAGE_LINES or time.monotonic() > ends
            if cut_short or (len(found) > limit and not newest):
                break
        if newest:
            found = self._newest(found)[-limit:]
        full = len(found) > limit
        cursor = parse(found[limit - 1].place) if full else self._cursor
        return Page([one.shown for one in found[:limit]], cursor, full or cut_short)

    async def _chunks(self) -> AsyncIterator[bytes]:
        await self._begin()
        held: list[Picked] | None = [] if self._start.newest else None
        over = await self._is_over()
        async for some in self._to_the_present(patience_s=PATIENCE_S):
            if held is not None:
                held += some
            elif some:
                yield _events(some)
            if self._ping_due:
                yield b": ping\n\n" if held is not None else self._ping()
        yield _events(self._newest(held or [])) + self._ping()
        self._over = self._over or over
        closing = False
        while not (self._over or self._fell_off or closing):
            closing = self._log.closing
            async for chunk in self._next():
                yield chunk
        if self._over:
            yield f'id: {format_cursor(self._cursor)}\nevent: end\ndata: {{"call": "{self._call}"}}\n\n'.encode()
        elif closing:
            yield self._ping()
        else:
            yield b'event: cut\ndata: {"code": "too_slow"}\n\n'

    async def _begin(self) -> None:
        start = self._start
        now = time.time_ns() // 1000
        self._look = True
        if start.cursor:
            self._cursor, self._absent = start.cursor, absent_from(start.cursor)
        elif start.since is not None:
            self._absent = start.since
        elif not start.newest:
            self._cursor, self._absent, self._fresh, self._look = self._tape.cursor, now, True, False
        elif self._call is None:
            self._absent, self._look = now, False
            self._cursor = {app: await self._some_back(app) for app in self._tape.apps}

    async def _some_back(self, app: str) -> int:
        """Enough of *app* for the last lines, also if the filter lets few through."""
        floor = self._tape.floor(app)
        earlier = self._tape.back(LOOK_BACK_LINES)
        if earlier is not None:
            return earlier.get(app, floor)
        try:
            return await self._history.back(app, floor, LOOK_BACK_LINES)
        except NoHistory:
            return floor

    def _newest(self, found: list[Picked]) -> list[Picked]:
        """The last ones, by time over all apps; whoever is cut off in their middle goes on there."""
        newest = sorted(found, key=lambda one: one.line.position)[-self._start.newest :]
        cursor = {**self._cursor, **{one.line.app: one.line.position - 1 for one in reversed(newest)}}
        placed = []
        for one in newest:
            cursor[one.line.app] = one.line.position
            placed.append(one._replace(place=format_cursor(cursor)))
        return placed

    # The past

    async def _to_the_present(self, *, patience_s: float) -> AsyncIterator[list[Picked]]:
        """Until the newest batch; without patience only as far as nothing is missing. An empty list: it takes a while."""
        for _ in range(CATCH_UPS):
            self._meet_new_apps()
            if self._look or self._tape.behind(self._cursor):
                past = self._apps_past if self._call is None else self._calls_past
                async for some in past(patience_s):
                    yield some
                self._look = False
                if self._tape.behind(self._cursor):  # the tape went on meanwhile; or, without patience, something is missing
                    continue
            self._number = self._tape.first_after(self._cursor)
            while (batch := self._tape.get(self._number)) is not None:
                self._number += 1
                yield self._pick(batch.lines)
                self._pass(batch)
                await asyncio.sleep(0)  # thousands of lines may be there, and calls go on meanwhile
            if not self._tape.gone(self._number) and not self._tape.behind(self._cursor):
                return
        self._lost = True

    async def _apps_past(self, patience_s: float) -> AsyncIterator[list[Picked]]:
        if self._look:
            async for some in self._strangers_past(patience_s):
                yield some
        for app in self._tape.behind(self._cursor):
            async for some in self._app_past(app, patience_s):
                yield some

    async def _app_past(self, app: str, patience_s: float) -> AsyncIterator[list[Picked]]:
        patience_ends = time.monotonic() + patience_s
        while (floor := self._tape.floor(app)) > self._at(app):
            why = BEHIND
            try:
                complete = await self._complete(app, floor)
                while self._at(app) < floor and (lines := await self._history.after(app, self._at(app))):
                    yield self._pick(lines)
                if complete:
                    self._reach({app: floor})
            except NoHistory as failed:
                if not patience_s:
                    raise
                why = str(failed)
            if self._at(app) < floor:
                if not patience_s:
                    return
                if time.monotonic() > patience_ends:
                    yield self._pick([gap(app, self._at(app), floor, why)])
                else:
                    yield []
                    await asyncio.sleep(ASK_AGAIN_S)

    async def _calls_past(self, patience_s: float) -> AsyncIterator[list[Picked]]:
        """The call's lines only, whichever app had it: also one that is long gone."""
        assert self._call is not None
        patience_ends = time.monotonic() + patience_s
        while True:
            floors, why = {app: self._tape.floor(app) for app in self._tape.behind(self._cursor)}, BEHIND
            try:
                complete = {app: floor for app, floor in floors.items() if await self._complete(app, floor)}
                while lines := await self._history.of_call_after(self._call, self._cursor, self._absent):
                    yield self._pick(lines)
                self._reach(complete)
            except NoHistory as failed:
                if not patience_s:
                    raise
                why = str(failed)
            missing = [gap(app, self._at(app), floor, why) for app, floor in floors.items() if self._at(app) < floor]
            if not missing or not patience_s:
                return
            if time.monotonic() > patience_ends:
                yield self._pick(missing)
                return
            yield []
            await asyncio.sleep(ASK_AGAIN_S)

    async def _strangers_past(self, patience_s: float) -> AsyncIterator[list[Picked]]:
        """Of apps that the tape does not know: they were before us, or we have not heard of them yet. From now on it knows them."""
        patience_ends = time.monotonic() + patience_s
        named = {app for app in self._cursor if not self._tape.knows(app)}
        while True:
            try:
                there = set(await self._history.apps(min(self._cursor.values(), default=self._absent)))
                strangers = [app for app in sorted(there | named) if not self._tape.knows(app)]
                self._cursor = {**{app: self._at(app) for app in strangers[:APPS]}, **self._cursor}  # all: a page may end among them
                for app in strangers:
                    while lines := await self._history.after(app, self._at(app)):
                        there.add(app)
                        yield self._pick(lines)
                    if app not in there or not self._log.learn(app, self._known(app)):
                        self._cursor = {other: at for other, at in self._cursor.items() if other != app}
                return
            except NoHistory as failed:
                if not patience_s:
                    raise
                if time.monotonic() > patience_ends:
                    yield self._pick([gap(app, self._at(app), self._at(app), str(failed)) for app in sorted(named)])
                    return
                yield []
                await asyncio.sleep(ASK_AGAIN_S)

    async def _complete(self, app: str, position: int) -> bool:
        """Whether PostgreSQL has all of *app* up to there; to be asked before it is read."""
        return self._log.stored(app) >= position or await self._history.reaches(app, position)

    # The present

    async def _next(self) -> AsyncIterator[bytes]:
        waits = self._tape.get(self._number) is None and not self._fell_off and not self._log.closing
        if waits and not await self._log.more(self._sent_at + HEARTBEAT_S - time.monotonic()):
            yield self._ping()
            if await self._is_over():
                self._look = self._over = True
        if self._meet_new_apps() or self._look:
            async for some in self._to_the_present(patience_s=PATIENCE_S):
                yield _events(some) if some else self._ping()
        while not self._over and (batch := self._tape.get(self._number)) is not None:
            self._number += 1
            in_step = self._cursor is batch.start or self._cursor == batch.start
            chunk = batch.chunk(self._view) if in_step else _events(self._pick(batch.lines))
            self._pass(batch, in_step=in_step)
            if chunk:
                yield chunk

    def _meet_new_apps(self) -> bool:
        """Whether there is one that has a past for this reader."""
        new = [app for app in self._tape.apps if app not in self._cursor]
        if new:
            self._cursor = {**self._cursor, **{app: self._tape.floor(app) if self._fresh else self._absent for app in new}}
        return bool(new) and bool(self._tape.behind(self._cursor))

    async def _is_over(self) -> bool:
        try:
            return self._call is not None and await self._log.over(self._call)
        except NoHistory:
            return False

    @property
    def _fell_off(self) -> bool:
        return self._lost or self._tape.gone(self._number)

    # Where he is

    def _at(self, app: str) -> int:
        return self._cursor.get(app, self._absent)

    def _known(self, app: str) -> int:
        """Up to where the tape need not have *app*: what this reader says of the future must not take it from the others."""
        return min(self._at(app), time.time_ns() // 1000)

    def _pick(self, lines: Iterable[Line]) -> list[Picked]:
        cursor, looked_at = dict(self._cursor), list(lines)
        some = list(picked(looked_at, cursor, self._view))
        self._cursor = cursor
        self._looked_at += len(looked_at)
        return some

    def _pass(self, batch: Batch, *, in_step: bool = False) -> None:
        if not in_step:
            ahead = {app: max(last, self._cursor.get(app, 0)) for app, last in batch.end.items()}
            in_step = self._cursor.keys() == ahead.keys() and ahead == batch.end
            self._cursor = {**self._cursor, **ahead}
        if in_step:
            self._cursor = batch.end
        self._over = self._over or self._view.filter.call in batch.ended

    def _reach(self, places: Cursor) -> None:
        self._cursor = {**self._cursor, **{app: max(at, self._at(app)) for app, at in places.items()}}

    def _ping(self) -> bytes:
        self._sent_at = time.monotonic()
        return b": ping\nid: %b\n\n" % format_cursor(self._cursor).encode()

    @property
    def _ping_due(self) -> bool:
        return time.monotonic() > self._sent_at + HEARTBEAT_S


def _events(some: Iterable[Picked]) -> bytes:
    return b"".join(map(event, some))
