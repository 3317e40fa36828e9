"""The journal's files: damage costs what it hits and nothing else, and what no version of ours wrote is one error, not a crash."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from controller.journal.codec import decode, encode
from controller.journal.frames import MAX_PAYLOAD_BYTES, frame, scan
from controller.journal.records import Record
from controller.journal.rows import inserts, row_of
from ops.fuzz.target import Target, pure
from ops.fuzz.values import shaped

NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")
"""The escape in JSON; a text that spells it out has its backslash escaped and is as good as any."""
CALL_IDS = ("0198a5f0-0000-7000-8000-000000000001", "0198a5f0-0000-4000-8000-000000000001", "none", "")


def _packed(value: Any) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return b"\xc1"


_records = st.builds(
    lambda record, call_id: _packed({**record, **({"call_id": call_id} if "call_id" in record else {})}),
    st.one_of([shaped(kind, tagged=True) for kind in get_args(Record)]),
    st.sampled_from(CALL_IDS),
)
_payloads = st.one_of(_records, st.binary(max_size=60))
_damage = st.tuples(st.sampled_from(["flip", "cut", "insert"]), st.integers(0, 5_000), st.binary(min_size=1, max_size=12))
INPUTS = st.tuples(st.lists(_payloads, max_size=6), st.lists(_damage, max_size=4), st.integers(1, 200))


def check(value: tuple[list[bytes], list[tuple[str, int, bytes]], int]) -> None:
    payloads, damages, portion = value
    written = [(number, 1_795_271_527_000 + number, payload) for number, payload in enumerate(payloads, 1)]
    data = b"".join(frame(*one) for one in written)
    for damage in damages:
        data = spoilt(data, *damage)
    found = scan(data)
    read = [(one.sequence, one.at_ms, one.payload) for one in found.frames]
    assert set(read) <= set(written), "what is read was written"
    if not damages:
        assert (read, found.damaged, found.consumed) == (written, 0, len(data))
    assert found.damaged + sum(len(frame(*one)) for one in read) == found.consumed <= len(data)
    assert [one.payload for one in in_portions(data, portion)] == [payload for _, _, payload in read]
    for payload in payloads:
        understand(payload)


def spoilt(data: bytes, how: str, at: int, by: bytes) -> bytes:
    at %= len(data) + 1
    match how:
        case "flip":
            return data[:at] + bytes(old ^ new for old, new in zip(data[at : at + len(by)], by, strict=False)) + data[at + len(by) :]
        case "cut":
            return data[:at] + data[at + by[0] :]
        case _:
            return data[:at] + by + data[at:]


def in_portions(data: bytes, limit: int) -> list[Any]:
    """Few frames at a time, as the writer reads."""
    frames, at = list[Any](), 0
    while (part := scan(data[at:], limit=limit)).frames:
        frames += part.frames
        at += part.consumed
    return frames


def understand(payload: bytes) -> None:
    assert len(payload) <= MAX_PAYLOAD_BYTES
    try:
        record = decode(payload)
    except msgspec.MsgspecError:
        return
    assert decode(encode(record)) == record
    try:
        row = row_of(record)
    except (ValueError, OverflowError):
        return  # put aside as a dead letter, which the writer's own tests show
    [insert] = inserts([row])
    json.loads(insert.rows)
    assert not NUL.search(insert.rows), "PostgreSQL's jsonb refuses it"


TARGET = Target("journal", INPUTS, pure(check))
