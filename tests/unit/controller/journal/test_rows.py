from __future__ import annotations

import random
import uuid

import msgspec
import pytest

from controller.journal.ids import unix_ms
from controller.journal.records import MachineStepped
from controller.journal.rows import inserts, row_of
from tests.fakes.recorded_calls import call_revised, new_call_id, tool_called, turn_recorded, whole_call


def test_the_time_of_a_row_is_the_time_in_its_id() -> None:
    for record in whole_call(new_call_id()):
        row = row_of(record)
        assert unix_ms(uuid.UUID(row.id)) == row.at_ms
        assert row.columns["id"] == row.id


def test_a_call_gives_at_most_one_statement_per_table() -> None:
    call_id = new_call_id()
    made = inserts(row_of(record) for record in whole_call(call_id, turns=3))
    assert {insert.statement: len(msgspec.json.decode(insert.rows)) for insert in made} == {
        "put_calls": 1,
        "put_events": 1,
        "put_turns": 3,
        "put_tool_calls": 3,
    }


def test_of_several_revisions_in_a_batch_the_highest_is_written_whatever_their_order() -> None:
    call_id = new_call_id()
    revisions = [call_revised(call_id, number, state=f"state {number}") for number in range(1, 8)]
    random.Random(7).shuffle(revisions)
    (insert,) = inserts(row_of(record) for record in revisions)
    (row,) = msgspec.json.decode(insert.rows)
    assert (row["revision"], row["state"]) == (7, "state 7")


def test_a_turn_keeps_its_id_over_corrections_and_repeated_tools_get_their_own() -> None:
    call_id = new_call_id()
    assert row_of(turn_recorded(call_id, 1, "a", at_ms=5)).id == row_of(turn_recorded(call_id, 1, "b", revision=2, at_ms=5)).id
    assert row_of(turn_recorded(call_id, 1, at_ms=5)).id != row_of(turn_recorded(call_id, 2, at_ms=5)).id
    assert row_of(tool_called(call_id, 1, "a", at_ms=5)).id != row_of(tool_called(call_id, 1, "b", at_ms=5)).id


def test_nul_characters_are_replaced_wherever_they_stand() -> None:
    record = MachineStepped(call_id=new_call_id(), sequence=1, at_ms=5, state="a\0", event={"k\0": ["\0", "\\u0000"]}, commands=[])
    (insert,) = inserts([row_of(record)])
    assert msgspec.json.decode(insert.rows)[0]["event"] == {"k\ufffd": ["\ufffd", "\\u0000"]}
    assert msgspec.json.decode(insert.rows)[0]["state"] == "a\ufffd"


def test_a_record_of_no_proper_call_is_refused() -> None:
    with pytest.raises(ValueError, match="UUID"):
        row_of(call_revised("not-a-call"))


@pytest.mark.parametrize("told", ["+380671234567", "380671234567", "0671234567"])
def test_a_customer_is_found_in_whatever_form_the_trunk_tells_his_number(told: str) -> None:
    row = row_of(msgspec.structs.replace(call_revised(new_call_id()), caller_id=told))
    assert row.columns["phone"] == "+380671234567"
    assert row.columns["caller_id"] == told
