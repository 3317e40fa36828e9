"""What a conversation leaves a successor of its process: enough to go on from where it was heard.

    conversation.memory() ─► Memory ─► encode ─► a file, a descriptor ─► decode ─► Conversation(..., memory=...)
                                                                                    run(line, "adopted")

A ``Memory`` is what would stand if everything ended in this moment: a reply in the making is in its entries as far as it was heard, and
``going`` tells what was going on besides. What is in the ledger (``agent.ledger``) is not repeated here. It shares what still grows with
the conversation: encode it before the event loop turns again. Finished entries are values that are encoded as they are.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.case import Case
from agent.dictation import Dictation
from agent.guard.told import Told
from agent.history import Entry
from agent.outcome import HandOff
from agent.records import TurnRecord


class Going(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was going on in a talk; ``agent.going_on`` begins the next one with it."""

    turns: list[TurnRecord] = []  # of ours or the caller's that were not over: recorded as far as they went
    answering: bool = False  # the model had not said all, or anything
    phrases: list[str] = []  # the keys of fixed phrases that were being said
    dictations: list[Dictation] = []  # that were not said, or not to their end
    farewell: bool = False  # he was told goodbye, and might still object
    hand_off: HandOff | None = None  # decided; the words about it were being said


class Memory(msgspec.Struct, kw_only=True, omit_defaults=True, tag="memory.1"):
    call_id: str = ""
    entries: list[Entry] = []
    case: Case = msgspec.field(default_factory=Case)
    told: Told = msgspec.field(default_factory=Told)
    turns: int = 0  # that have their number
    fillers: list[str] = []  # the one said last is at the end
    on_hold: bool = False
    going: Going = msgspec.field(default_factory=Going)


_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_decoder: msgspec.msgpack.Decoder[Memory] = msgspec.msgpack.Decoder(Memory)


def encode(memory: Memory) -> bytes:
    try:
        return _encoder.encode(memory)
    except (UnicodeEncodeError, OverflowError):  # half a surrogate pair, a huge number: a model's JSON may bring both
        return _encoder.encode(_encodable(msgspec.to_builtins(memory, enc_hook=str)))


def decode(payload: bytes) -> Memory:
    """Raises ``msgspec.MsgspecError`` for what this version of the program does not know."""
    return _decoder.decode(payload)


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case bool():
            return value
        case int() if not -(1 << 63) <= value < 1 << 64:
            return str(value)
        case dict():
            return {_encodable(key): _encodable(part) for key, part in value.items()}
        case list() | tuple():
            return [_encodable(part) for part in value]
        case _:
            return value
