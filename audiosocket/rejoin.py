"""Where a message begins, for who comes into the middle of a stream. Pure: no I/O, no clock.

Who takes a leg over from a process that died does not know how far that had read::

       read by the dead │ here we begin
    ... header  paylo ──┼── ad  header  payload  header  payload ...
                        │       ▲ this we look for

Audio may hold anything: silence is full of what looks like a hang-up, speech of what looks like
headers, even like long chains of them. So nothing is guessed:

Rule 1: a place can be a boundary only if a chain of plausible messages leads from it through every byte we have.
Rule 2: the true chain is always one of those. A place where all of them meet is therefore a true boundary,
and there we begin: no message comes out that was not sent.
Rule 3: the search is bounded. Audio that repeats with the frame can keep a false chain alive as long as
it lasts; then the search ends with a ``ProtocolError``, the leg with it, and its call gets another one.

Plausible are, after the UUID: audio of the leg's own kind and no longer than its longest message so far,
a key, and a hang-up or an error with nothing behind it.
"""

from __future__ import annotations

import re

from audiosocket.audio import SAMPLE_BYTES
from audiosocket.errors import ProtocolError
from audiosocket.frames import HEADER_BYTES, Decoder, Kind, Message, header

SEARCHED_MESSAGES = 8
"""160 ms of a usual leg. Speech and silence are found after one or two."""

_KEY = header(Kind.DTMF, 1)
_LAST_BYTES_MAX = HEADER_BYTES + 1
"""A hang-up, or an error with its code."""


def boundary(received: bytes, kind: Kind, longest_bytes: int) -> int | None:
    """Where in *received* a message begins for certain (at its end, perhaps); None when more bytes are needed.

    *longest_bytes* bounds the payloads of the leg's messages. Raises ProtocolError where no message can begin.
    """
    end = len(received)
    latest = HEADER_BYTES - 1 + longest_bytes  # we came behind the first byte of a header, at worst
    if end <= latest:
        return None
    following: dict[int, int] = {}  # where a chain may pass → where it goes from there, beyond the end when that is not known
    for at in reversed(_candidates(received, kind)):
        ahead = _next(received, at, kind, longest_bytes)
        if ahead is not None and (ahead >= end or ahead in following):
            following[at] = ahead
    fronts = {at for at in following if at <= latest}
    if not fronts:
        raise ProtocolError("no message can begin here")
    while len(fronts) > 1:
        hindmost = min(fronts)
        fronts.remove(hindmost)
        if following[hindmost] > end:
            return None
        fronts.add(following[hindmost])
    return fronts.pop()


class RejoiningDecoder(Decoder):
    """A ``Decoder`` that begins anywhere in a leg's stream: silent until a boundary is certain, then as any other."""

    def __init__(self, payload_bytes_max: int, kind: Kind, longest_bytes: int) -> None:
        """*longest_bytes* as in ``boundary``; 0 when the leg has sent no audio yet."""
        self._lost = True
        self._own_kind = kind
        self._longest_bytes = longest_bytes or payload_bytes_max
        super().__init__(payload_bytes_max, buffer_bytes=SEARCHED_MESSAGES * (HEADER_BYTES + self._longest_bytes))

    def next_message(self) -> Message | None:
        if self._lost and not self._found():
            return None
        return super().next_message()

    def _found(self) -> bool:
        at = boundary(bytes(self._buffer[self._begin : self._end]), self._own_kind, self._longest_bytes)
        if at is None:
            if self._end == len(self._received):
                raise ProtocolError("where a message begins cannot be told")
            return False
        self._begin += at
        self._lost = False
        return True


def _candidates(received: bytes, kind: Kind) -> list[int]:
    """Places worth a look, in order. Only the last few may begin what ends a stream, or what is not here yet."""
    tail = max(0, len(received) - _LAST_BYTES_MAX)
    heads = re.compile(re.escape(bytes((kind,))) + b"|" + _KEY)
    return [at for found in heads.finditer(received) if (at := found.start()) < tail] + list(range(tail, len(received)))


def _next(received: bytes, at: int, kind: Kind, longest_bytes: int) -> int | None:
    """Where the message at *at* ends; None if none can begin there."""
    end = len(received)
    head = received[at : at + HEADER_BYTES]
    if len(head) < HEADER_BYTES:
        return end + 1 if head[0] in (kind, Kind.DTMF, Kind.HANGUP, Kind.ERROR) else None
    length = head[1] << 8 | head[2]
    ahead = at + HEADER_BYTES + length
    if head[0] == kind:
        plausible = 0 < length <= longest_bytes and length % SAMPLE_BYTES == 0
    elif head[0] == Kind.DTMF:
        plausible = length == 1
    elif head[0] == Kind.HANGUP:
        plausible = length == 0 and ahead == end
    else:
        plausible = head[0] == Kind.ERROR and length <= 1 and ahead >= end
    return ahead if plausible else None
