from __future__ import annotations

import msgspec
import pytest

from controller.journal import codec
from controller.journal.records import MachineStepped
from tests.fakes.recorded_calls import new_call_id, whole_call


def step(event: dict[str, object]) -> MachineStepped:
    return MachineStepped(call_id=new_call_id(), sequence=1, at_ms=1, state="listening", event=event, commands=[])


def test_every_kind_of_record_comes_back_equal() -> None:
    for record in whole_call(new_call_id()):
        assert codec.decode(codec.encode(record)) == record


def test_half_a_character_costs_that_character_only() -> None:
    read = codec.decode(codec.encode(step({"text": "шини \ud83d", "why": ["ok"]})))
    assert isinstance(read, MachineStepped)
    assert read.event == {"text": "шини ?", "why": ["ok"]}


def test_a_value_that_cannot_be_packed_is_kept_as_its_text() -> None:
    read = codec.decode(codec.encode(step({"error": ConnectionResetError("gone")})))
    assert isinstance(read, MachineStepped)
    assert read.event == {"error": "gone"}


def test_a_number_beyond_64_bits_is_refused() -> None:
    with pytest.raises(OverflowError):
        codec.encode(step({"n": 1 << 70}))


@pytest.mark.parametrize("payload", [b"", b"\xc1", msgspec.msgpack.encode({"type": "turn.9", "call_id": "x"})])
def test_what_this_version_does_not_know_is_told_by_one_error(payload: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        codec.decode(payload)
