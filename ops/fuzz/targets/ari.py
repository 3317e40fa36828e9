"""ARI's messages: from the frame to the machine, the log and the database's rows; one call whose state lives through all of them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from controller.ari import messages as ari
from controller.ari.messages import Message, MessageDecoder
from controller.ari.shorthand import line_of
from controller.ari.translate import about_caller, about_leg, about_phone
from controller.call import commands as order
from controller.call import events as seen
from controller.call.machine import receive
from controller.call.reachable import representatives
from controller.call.state import Call
from controller.journal.codec import decode, encode
from controller.journal.records import Logged, MachineStepped
from controller.journal.rows import inserts, row_of
from ops.fuzz.target import Target, pure
from ops.fuzz.values import junk, shaped, texts

CALL_ID = "0198a5f0-0000-7000-8000-000000000001"
COMMANDS_MAX = 40

_objects = st.one_of([shaped(kind, tagged=True) for kind in Message.__subclasses__()])
_wishes = st.fixed_dictionaries(
    {
        "type": st.just("ChannelUserevent"),
        "eventname": st.sampled_from(["transfer", "hangup", "say"]) | texts,
        "userevent": st.dictionaries(
            st.sampled_from(["reason", "summary", "queue", "text", "warm", "goodbye", "cut"]) | texts, junk, max_size=6
        ),
        "channel": st.just({"id": "caller"}),
    }
)
_frames = st.one_of(
    st.one_of(_objects, _wishes).map(json.dumps),
    st.builds(lambda one, at: json.dumps(one, ensure_ascii=False)[: at % 400], _objects, st.integers(0, 400)),
    st.builds(lambda kind, rest: json.dumps({"type": kind, "channel": rest}), st.sampled_from(ari.EVENT_TYPES) | texts, junk),
    texts,
    st.integers(1, 3_000).map(lambda depth: "[" * depth),
)
INPUTS = st.lists(st.one_of(_frames, st.integers(0, 200)), min_size=1, max_size=15)
"""A text is a frame of Asterisk's; a number one of ours: an agent that ends, a time limit, a line that opens."""


def check(value: list[str | int]) -> None:
    decoder, call, at_ms = MessageDecoder(), Call(), 1_795_271_527_000
    call, _ = receive(call, seen.CallArrived(call_id=CALL_ID, channel_id="caller", app="callctl", caller_id="380671234567"))
    for number, one in enumerate(value, 1):
        event: seen.AnyEvent | None
        if isinstance(one, int):
            ours = list(representatives(call))
            event = ours[one % len(ours)]
        else:
            counted = decoder.unknown + decoder.malformed
            message = decoder.decode(one)
            if message is None:
                assert decoder.unknown + decoder.malformed == counted + 1
                continue
            if line := line_of(message):
                keep(
                    Logged(
                        call_id=CALL_ID, sequence=number, at_ms=at_ms, position=number, source="ari", name="x", text=line[0], data=line[1]
                    )
                )
            about_leg(message, "leg")
            about_phone(message, "phone")
            event = about_caller(message)
        if event is None:
            continue
        call, commands = receive(call, event)
        assert len(commands) <= COMMANDS_MAX
        if isinstance(event, seen.Wish) and event.request:
            answered = [command for command in commands if isinstance(command, order.Acknowledge)]
            assert len(answered) == 1, "each wish is answered once"
        told = [msgspec.to_builtins(command) for command in commands]
        keep(
            MachineStepped(call_id=CALL_ID, sequence=number, at_ms=at_ms, state=call.state, event=msgspec.to_builtins(event), commands=told)
        )


def keep(record: Any) -> None:
    """On the disk and back, and as PostgreSQL takes it."""
    try:
        payload = encode(record)
    except OverflowError:
        return  # a number of more than 64 bits: the journal refuses and counts it
    [insert] = inserts([row_of(decode(payload))])
    json.loads(insert.rows)
    assert "\\u0000" not in insert.rows, "PostgreSQL takes every character but NUL"
    insert.rows.encode()


TARGET = Target("ari", INPUTS, pure(check))
