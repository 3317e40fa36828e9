"""Ids that need no look-up: derived from the call, so that writing a record twice writes one row.

A UUIDv7 carries its time in the first 48 bits. Every row's id is one, its time is the row's partition key (the schema
checks it), and all other bits come from what the row *is*: turn 4 of this call has one id, whoever computes it.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(4096)
def call_uuid(call_id: str) -> uuid.UUID:
    """*call_id* as a value; raises ``ValueError`` if it is no UUIDv7."""
    call = uuid.UUID(call_id)
    if call.version != 7:
        raise ValueError(f"call id {call_id} is no UUIDv7")
    return call


def unix_ms(id_: uuid.UUID) -> int:
    """Unix time in ms that a UUIDv7 carries."""
    return id_.int >> 80


def moment(at_ms: int) -> datetime:
    """Unix time in ms as PostgreSQL's ``uuid7_ts`` computes it; raises ``OverflowError`` beyond the year 9999."""
    return EPOCH + timedelta(milliseconds=at_ms)


def call_back_id(call_id: str, phone: str) -> str:
    """The id of the promise to ring *phone* back: made twice in one call it is one."""
    call = call_uuid(call_id)
    return derived_id(call, "callback", phone, unix_ms(call))


def derived_id(call: uuid.UUID, kind: str, key: str, at_ms: int) -> str:
    """The UUIDv7 of what *kind* and *key* name within *call*, at *at_ms*; ``ValueError`` if that is no Unix time in 48 bits."""
    if not 0 <= at_ms < 1 << 48:
        raise ValueError(f"no time: {at_ms} ms")
    digest = blake2b(f"{kind}:{key}".encode(), digest_size=9, key=call.bytes).hexdigest()
    at = f"{at_ms:012x}"
    # 8, 9, a or b: the variant. Text, because a value object would cost three times as much and only be printed.
    return f"{at[:8]}-{at[8:]}-7{digest[:3]}-{'89ab'[int(digest[3], 16) & 3]}{digest[4:7]}-{digest[6:18]}"
