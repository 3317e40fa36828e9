"""One note per call and number, which his later wishes change and a promise of ours does not."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import uuid

import msgspec

from agent.ports import CallBackWish
from controller.call_back_notes import CallBackNotes
from controller.journal.codec import decode, encode
from controller.journal.ids import call_back_id, unix_ms
from controller.journal.records import CallBackNoted, Record
from controller.journal.rows import inserts, row_of
from tests.fakes.recorded_calls import new_call_id

NUMBER = "+380671234567"


class FakeJournal:
    def __init__(self) -> None:
        self.records: list[CallBackNoted] = []

    def append(self, record: Record) -> None:
        assert isinstance(record, CallBackNoted)
        self.records.append(record)


def noted(call_id: str, *wishes: CallBackWish) -> list[CallBackNoted]:
    journal, clock = FakeJournal(), itertools.count(1_795_000_000_000)
    notes = CallBackNotes(journal, call_id, clock_ms=lambda: next(clock))
    for wish in wishes:
        notes.note(wish)
    return journal.records


def promised(call_id: str) -> CallBackNoted:
    """What the controller notes when nobody was free."""
    return CallBackNoted(call_id=call_id, id=call_back_id(call_id, NUMBER), at_ms=1 << 41, phone=NUMBER, why="c")


def test_a_wish_is_kept_as_it_was_made() -> None:
    due = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
    (record,) = noted(new_call_id(), CallBackWish(NUMBER, "зимові шини", "Олена", due))
    assert (record.phone, record.why, record.name) == (NUMBER, "зимові шини", "Олена")
    assert record.due_at_ms == due.timestamp() * 1000
    assert decode(encode(record)) == record


def test_a_call_and_a_number_make_one_note_whatever_is_said_of_it() -> None:
    call_id = new_call_id()
    first, again, other = noted(call_id, CallBackWish(NUMBER, "a"), CallBackWish(NUMBER, "b"), CallBackWish("+380501112233", "a"))
    assert first.id == again.id == promised(call_id).id
    assert len({first.id, other.id, noted(new_call_id(), CallBackWish(NUMBER, "a"))[0].id}) == 3
    assert unix_ms(uuid.UUID(first.id)) == unix_ms(uuid.UUID(call_id))


def test_of_one_batch_his_latest_wish_is_written_in_whatever_order_they_stand() -> None:
    call_id = new_call_id()
    records = [*noted(call_id, CallBackWish(NUMBER, "a"), CallBackWish(NUMBER, "b")), promised(call_id)]
    random.Random(7).shuffle(records)
    (insert,) = inserts(row_of(record) for record in records)
    assert [row["why"] for row in msgspec.json.decode(insert.rows)] == ["b"]
