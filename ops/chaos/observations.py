"""What was seen of one run, from outside: by the callers, in the shop, in the record, in Asterisk, at the readiness page. Pure values.

Times are CLOCK_MONOTONIC seconds.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Ended = Literal["caller", "far side", "lost"]
"""Who ended a call; lost: Asterisk died with it."""


class Said(msgspec.Struct, frozen=True):
    """One say of a caller."""

    text: str
    began_s: float
    ended_s: float  # its last voiced frame
    late_s: float = 0.0  # longer than it should have taken: the machine was too slow for the caller himself


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One call at the caller's ear."""

    number: str
    dialled_s: float
    answered_s: float | None  # None: never
    ended_s: float
    ended_by: Ended
    heard: tuple[tuple[float, float], ...] = ()  # from when to when something voiced came
    said: tuple[Said, ...] = ()
    human_s: float | None = None  # an operator spoke to him
    left_alone: str = ""  # what he waited for in vain, before he hung up


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One call's record in PostgreSQL."""

    call_id: str
    closed: bool
    outcome: str | None
    ended_by: str | None
    transferred: bool = False
    caller_turns: tuple[str, ...] = ()
    done: tuple[tuple[str, str], ...] = ()  # intent and key of each write that the ledger holds as done


class Written(msgspec.Struct, frozen=True):
    """What the shop really did for one number."""

    drafts: int = 0
    confirmed: int = 0


class Sample(msgspec.Struct, frozen=True):
    """One look at the readiness page; status 0: no answer."""

    asked_s: float
    answered_s: float
    status: int
    down: frozenset[str] = frozenset()


class Observations(msgspec.Struct, frozen=True, kw_only=True):
    target: str
    fault: str
    struck_s: float
    healed_s: float  # the part serves again
    calls: tuple[Seen, ...]
    records: dict[str, tuple[Kept, ...]]  # by the caller's number
    shop: dict[str, Written]
    recognised: tuple[str, ...] = ()  # what speech to text made of all calls, as far as it lives to tell
    left: tuple[str, ...] = ()  # channels and bridges that were still there in the end
    waiting: int = 0  # records that were still in the spool
    refused: int = 0  # records that the journal gave up
    samples: tuple[Sample, ...] = ()
    notes: tuple[str, ...] = ()


def as_json(value: Any) -> bytes:
    return msgspec.json.encode(value)
