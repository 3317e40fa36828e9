"""The picture with a clock, and everybody who watches it.

    async with Board.open() as board:
        board.append(record)            # a sink of the records; returns at once, never raises
        watch = board.watch(sight, follow=call_id, after=9120)
        bell = board.bell               # taken before looking, so that nothing rings unheard
        await watch.prepare()           # so that the first take is short
        watch.take()                    # what is new, encoded
        await bell.wait()

A call pays for noting what changed. Masking and encoding are done when a reader takes it, once for all readers with equal sight, and the
bell that wakes them rings at most eight times a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import ParamSpec

import msgspec
import structlog

from agent.records import LiveText
from controller.board.encodings import Encodings, Make
from controller.board.picture import LISTS, ListKind, Picture, Raised, Told
from controller.board.replay import KEPT, Replay, encode, readable, to_json
from controller.board.shapes import Shape
from controller.board.sight import Sight
from controller.board.trouble import Limits
from controller.journal.records import Record
from controller.record import now_ms
from controller.telemetry import LiveReadings

BELL_S = 0.125  # between two rings, and so between two writes to a reader
SLICES = 10
"""Not all readers wake at once: what they cost together would be heard by the callers."""
AT_A_TIME = 25  # items encoded before calls have a turn: two milliseconds
TICK_S = 1.0
STOP_S = 2.0
READERS_MAX = 200

P = ParamSpec("P")

log = structlog.get_logger(__name__)


class TooSlow(Exception):
    """The reader is so far behind that its events are gone."""


class Board:
    """Made by ``open``; *on_trouble* hears of each trouble of a call as it comes up, after the record that brought it."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        tool_budget_ms: int = 5_000,
        on_trouble: Callable[[Raised], None] = lambda raised: None,
        clock_ms: Callable[[], int] = now_ms,
        readers_max: int = READERS_MAX,
        kept: int = KEPT,
    ) -> None:
        self._raised: list[Raised] = []
        self._picture = Picture(limits, tool_budget_ms=tool_budget_ms, on_trouble=self._raised.append)
        self._replay = Replay(time.time_ns() // 1_000, kept)
        self._on_trouble = on_trouble
        self._clock_ms = clock_ms
        self._encodings = Encodings()
        self._rings: asyncio.TimerHandle | None = None
        self._watches = 0
        self.readers_max = readers_max
        self.bell = asyncio.Event()
        self.closed = False
        self.readers = 0
        self.cut_off = 0  # readers who were too slow

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        limits: Limits | None = None,
        *,
        tool_budget_ms: int = 5_000,
        on_trouble: Callable[[Raised], None] = lambda raised: None,
        readers_max: int = READERS_MAX,
    ) -> AsyncIterator[Board]:
        board = cls(limits, tool_budget_ms=tool_budget_ms, on_trouble=on_trouble, readers_max=readers_max)
        ticking = asyncio.create_task(board._tick(), name="board")
        try:
            yield board
        finally:
            board.close()
            ticking.cancel()
            await asyncio.wait([ticking], timeout=STOP_S)

    def close(self) -> None:
        """Every reader goes home: the server need not wait for them."""
        self.closed = True
        if self._rings is not None:
            self._rings.cancel()
        self.bell.set()

    # What is told to it; each returns at once and never raises

    def append(self, record: Record) -> None:
        self._take(self._picture.append, record, self._clock_ms())

    def live(self, call_id: str, text: LiveText) -> None:
        """For ``CallRecord(on_live=...)``."""
        self._take(self._picture.live, call_id, text)
        if text.speaker == "caller":
            self._ring_soon()

    def met(self, call_id: str, name: str, known: int = 0) -> None:
        """The caller is somebody we know: his name, and how many orders of his we know of."""
        self._take(self._picture.met, call_id, name, known, self._clock_ms())

    def listeners(self, call_id: str, people: Iterable[str]) -> None:
        """Who listens in to this call now."""
        self._take(self._picture.listeners, call_id, list(people), self._clock_ms())

    def audio(self, call_id: str, percent_lost: int) -> None:
        """How much of what is spoken to this caller does not go out in time."""
        self._take(self._picture.audio, call_id, percent_lost, self._clock_ms())

    def replace(self, kind: ListKind, items: Iterable[Shape]) -> None:
        """The whole of one list: the queue, the operators, the call backs, the neighbours' health; in the console's shapes."""
        self._take(self._picture.replace, kind, list(items))

    # What it shows, unmasked

    def calls(self) -> list[Shape]:
        """The live calls, in the order in which they began; those that ended a moment ago are among them."""
        return [readable(call) for call in self._picture.calls()]

    def call(self, call_id: str) -> Shape | None:
        """One of them with its *turns* and *events_url*."""
        call = self._picture.call(call_id)
        if call is None:
            return None
        whole = {**call, "turns": self._picture.turns(call_id), "events_url": f"/api/v1/calls/{call_id}/log"}
        return dict(readable(whole))

    def items(self, kind: ListKind) -> list[Shape]:
        return [readable(item) for item in self._picture.items(kind)]

    # Who watches it

    def watch(self, sight: Sight, *, follow: str = "", after: int | None = None) -> Watch:
        self._watches += 1
        return Watch(self, sight, follow, after, delay_s=self._watches % SLICES * BELL_S / SLICES)

    def news(self, sight: Sight, follow: str, after: int | None) -> tuple[bytes, int] | None:
        """The events behind *after*, encoded, and the number of the last; None: they are not kept (any more)."""
        events = None if after is None else self._replay.after(after)
        if events is None:
            return None
        wanted = [event for event in events if _concerns(event.told, sight, follow)]
        return b"".join(event.encoded(sight) for event in wanted), self._replay.seq

    def keeps(self, after: int | None) -> bool:
        """Whether the events behind *after* can be told, and no snapshot is needed."""
        return after is not None and self._replay.after(after) is not None

    def whole(self, sight: Sight, follow: str) -> tuple[bytes, int]:
        """The snapshot, encoded, the transcript of the call that is followed, and the number of the last event in it."""
        seq = self._replay.seq
        *lists, (_, turns) = [(name, self._encodings.of((sight, name), items, make)) for name, items, make in self._parts(sight, follow)]
        fields: Shape = {"seq": seq, "now": self._clock_ms(), "last_end": self._picture.last_end_ms}
        fields |= {name: [msgspec.Raw(item) for item in items] for name, items in lists}
        return encode("snapshot", fields, seq) + b"".join(turns), seq

    async def prepare(self, sight: Sight, follow: str) -> None:
        """Encode what ``whole`` will want, a little at a time: calls go on meanwhile."""
        for name, items, make in self._parts(sight, follow):
            for some in (items[at : at + AT_A_TIME] for at in range(0, len(items), AT_A_TIME)):
                if self._encodings.prepare((sight, name), some, make):
                    await asyncio.sleep(0)

    def _parts(self, sight: Sight, follow: str) -> Iterator[tuple[str, list[Shape], Make]]:
        """The lists of a snapshot by their names, and last the turns, which are events of their own."""

        def seen(item: Shape) -> bytes:
            return to_json(sight.see(item))

        yield "calls", self._picture.calls(), seen
        for kind, name in LISTS.items():
            yield name, self._picture.items(kind), seen
        yield f"turns of {follow}", self._picture.turns(follow), lambda turn: encode("turn", sight.see({"call": follow, "turn": turn}))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For as long as somebody reads: only then the bell rings."""
        self.readers += 1
        try:
            yield
        finally:
            self.readers -= 1

    def note_cut(self) -> None:
        """A reader was too slow."""
        self.cut_off += 1

    def interim(self, follow: str) -> Shape | None:
        return self._picture.interim(follow)

    def observe(self, readings: LiveReadings) -> None:
        readings.gauge("callctl_board_readers", "Readers of the live picture.", lambda: self.readers)
        readings.counter("callctl_board_readers_cut_off", "Readers who were too slow and were cut off.", lambda: self.cut_off)

    # Inside

    def _take(self, change: Callable[P, list[Told]], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            told = change(*args, **kwargs)
        except Exception:  # the edge to the calls: a mistake in what is shown of them must not touch them
            log.exception("board_failed")
            return
        if told:
            self._replay.add(told)
            self._ring_soon()
        if self._raised:
            raised = self._raised[:]
            self._raised.clear()
            asyncio.get_running_loop().call_soon(self._tell_trouble, raised)  # it makes a record, and we are inside of one

    def _tell_trouble(self, raised: list[Raised]) -> None:
        for one in raised:
            self._on_trouble(one)

    def _ring_soon(self) -> None:
        if self._rings is None and self.readers and not self.closed:
            self._rings = asyncio.get_running_loop().call_later(BELL_S, self._ring)

    def _ring(self) -> None:
        self._rings = None
        bell, self.bell = self.bell, asyncio.Event()
        bell.set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._take(self._picture.tick, self._clock_ms())


class Watch:
    """One reader's place in what is told."""

    def __init__(self, board: Board, sight: Sight, follow: str, after: int | None, *, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s  # behind the bell
        self._board = board
        self._sight = sight
        self._follow = follow
        self._after = after
        self._begun = False
        self._interim: Shape | None = None

    async def prepare(self) -> None:
        """Make ready what ``take`` will give the first time, if that is a snapshot."""
        if not self._board.keeps(self._after):
            await self._board.prepare(self._sight, self._follow)

    def take(self) -> bytes:
        """What is new; empty if nothing is. The first time the snapshot, unless it can go on where it was. Raises TooSlow."""
        news = self._board.news(self._sight, self._follow, self._after)
        if news is None:
            if self._begun:
                raise TooSlow
            news = self._board.whole(self._sight, self._follow)
        told, self._after = news
        self._begun = True
        return told + self._new_interim()

    def _new_interim(self) -> bytes:
        interim = self._board.interim(self._follow) if self._follow else None
        if interim is self._interim:
            return b""
        self._interim = interim
        return encode("interim", self._sight.see(interim)) if interim is not None else b""


def _concerns(told: Told, sight: Sight, follow: str) -> bool:
    return (not told.call or told.call == follow) and (told.kind != "log" or sight.log)
