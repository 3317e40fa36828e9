"""Records to bytes and back: MessagePack with a tag and a version in each (``records.py``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from controller.journal.records import Record

_encoder = msgspec.msgpack.Encoder(enc_hook=str)  # a value that MessagePack does not know is kept as its text, not refused
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """Raises ``TypeError``, ``ValueError`` or ``OverflowError`` for a record that no encoding can hold."""
    try:
        return _encoder.encode(record)
    except UnicodeEncodeError:  # half a surrogate pair, as a model's JSON may bring: the rest of the record is worth keeping
        plain = map_texts(msgspec.to_builtins(record, enc_hook=str), lambda text: text.encode("utf-8", "replace").decode())
        return _encoder.encode(plain)


def decode(payload: bytes) -> Record:
    """Raises ``msgspec.MsgspecError`` for what this version of the program does not know."""
    return _decoder.decode(payload)


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The same JSON-like value with every string in it, keys too, put through *change*."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {map_texts(key, change): map_texts(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [map_texts(item, change) for item in value]
    return value
