"""What a successor needs of one live call: the machine's state, where the record stands, what the agent remembers.

Pure. The journal tells what happened; a sheet tells what *is*, so that who takes over need not read a thousand steps to say one word.
"""

from __future__ import annotations

import msgspec

from controller.call.state import Call
from controller.journal.records import CallRevised

ADOPTIONS_MAX = 3
ADOPTIONS_WITHIN_MS = 60_000
"""A call that has seen so many processes die in so short a time may be what they die of: it had better go to people."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a call's record stands."""

    lines: int = 0  # of its log
    latest: CallRevised | None = None
    answered_at_ms: int | None = None


class Sheet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="sheet.1"):
    call: Call
    progress: Progress = Progress()
    media: dict[str, int] = {}  # frames of all legs so far
    memory: bytes = b""  # the agent's, in its own form; empty: it has not begun
    adopted_at_ms: tuple[int, ...] = ()  # Unix times at which successors took it over

    def in_vain(self, now_ms: int) -> bool:
        """Whether too many processes have died with this call lately."""
        return sum(now_ms - at_ms < ADOPTIONS_WITHIN_MS for at_ms in self.adopted_at_ms) >= ADOPTIONS_MAX


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Sheet)


def encode(sheet: Sheet) -> bytes:
    return _ENCODER.encode(sheet)


def decode(data: bytes) -> Sheet:
    """Raises ``msgspec.MsgspecError``: of another version of this program."""
    return _DECODER.decode(data)
