"""The latest events with their numbers, for readers who come back, and for those who are a little behind.

    number:  one for each event, growing over restarts: it begins at the Unix time in us of the process's start
    after(n) ─► the events behind n, or None when that is too long ago (or was another process): then a snapshot is needed

Each event is encoded once for each sight, when the first reader wants it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from controller.board.picture import Told
from controller.board.shapes import Shape
from controller.board.sight import Sight
from controller.journal.codec import map_texts

KEPT = 8_192

_encoder = msgspec.json.Encoder(enc_hook=str)


@dataclass(slots=True)
class Event:
    seq: int
    told: Told
    _encoded: dict[Sight, bytes] = field(default_factory=dict)

    def encoded(self, sight: Sight) -> bytes:
        known = self._encoded.get(sight)
        if known is None:
            known = self._encoded[sight] = encode(self.told.kind, sight.see(self.told.data), self.seq)
        return known


class Replay:
    def __init__(self, first_seq: int, kept: int = KEPT) -> None:
        self._events: deque[Event] = deque(maxlen=kept)
        self.seq = first_seq  # of the latest event

    def add(self, told: Iterable[Told]) -> None:
        for one in told:
            self.seq += 1
            self._events.append(Event(self.seq, one))

    def after(self, seq: int) -> list[Event] | None:
        first = self.seq - len(self._events)  # the event before the first that is kept
        if not first <= seq <= self.seq:
            return None
        return list(islice(self._events, seq - first, None))


def encode(event: str, data: Shape, seq: int | None = None) -> bytes:
    """One server-sent event; *data* is JSON, which has no line break."""
    number = b"" if seq is None else b"id: %d\n" % seq
    return b"%bevent: %b\ndata: %b\n\n" % (number, event.encode(), to_json(data))


def to_json(value: Any) -> bytes:
    """Whatever is in it: one unreadable word must not take the picture from everybody."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, as a model's JSON may bring
        return _encoder.encode(_readable(value))


def readable(value: Any) -> Any:
    """*value* as every encoder can write it."""
    try:
        _encoder.encode(value)
    except UnicodeEncodeError:
        return _readable(value)
    return value


def _readable(value: Any) -> Any:
    return map_texts(value, lambda text: text.encode("utf-8", "replace").decode())
