from __future__ import annotations

from pathlib import Path

import pytest

from controller.journal import codec
from controller.journal.disk import Position
from controller.journal.frames import frame
from controller.journal.open_calls import FILE, SAVE_BYTES, OpenCalls
from controller.journal.records import Record
from tests.fakes.recorded_calls import call_revised, new_call_id, turn_recorded


def told(calls: OpenCalls, *records: Record, end: Position | None = None) -> None:
    calls.take([codec.encode(record) for record in records], end or Position(1, 100), calls.newest + len(records))


def test_a_call_is_open_from_its_first_record_to_the_one_with_an_end(tmp_path: Path) -> None:
    opened, closed = new_call_id(), new_call_id()
    calls = OpenCalls(tmp_path)
    told(
        calls,
        call_revised(opened, 1),
        call_revised(opened, 3, state="speaking"),
        call_revised(opened, 2, state="listening"),
        turn_recorded(opened, 1),
        call_revised(closed, 1),
        call_revised(closed, 2, ended_at_ms=1),
    )
    assert [(call.call_id, call.revision, call.state) for call in calls.calls()] == [(opened, 3, "speaking")]


def test_the_file_gives_a_successor_the_same_answer_and_the_place_up_to_which_it_holds(tmp_path: Path) -> None:
    calls = OpenCalls(tmp_path)
    assert (calls.seen, calls.newest) == (Position(0, 0), 0)
    told(calls, call_revised(new_call_id(), 4), turn_recorded(new_call_id(), 1), end=Position(3, 700))
    calls.save()
    successor = OpenCalls(tmp_path)
    assert successor.calls() == calls.calls()
    assert (successor.seen, successor.newest) == (Position(3, 700), 2)


def test_it_writes_itself_whenever_enough_records_have_come(tmp_path: Path) -> None:
    calls = OpenCalls(tmp_path)
    told(calls, call_revised(new_call_id()), end=Position(1, SAVE_BYTES - 1))
    assert not (tmp_path / FILE).exists()
    told(calls, call_revised(new_call_id()), end=Position(2, 1))
    assert OpenCalls(tmp_path).seen == Position(2, 1)


def test_records_that_are_already_in_the_file_change_nothing_in_the_end(tmp_path: Path) -> None:
    call_id = new_call_id()
    story = [call_revised(call_id, 1), call_revised(call_id, 2, ended_at_ms=1)]
    calls = OpenCalls(tmp_path)
    told(calls, *story, *story)
    assert calls.calls() == []


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"?" + data[1:], lambda data: data[: len(data) // 2]])
def test_a_spoilt_file_is_no_reason_to_skip_records(tmp_path: Path, spoil: object) -> None:
    calls = OpenCalls(tmp_path)
    told(calls, call_revised(new_call_id()), call_revised(new_call_id()))
    calls.save()
    assert callable(spoil)
    (tmp_path / FILE).write_bytes(spoil((tmp_path / FILE).read_bytes()))
    assert (OpenCalls(tmp_path).seen, OpenCalls(tmp_path).newest) == (Position(0, 0), 0)


def test_a_file_of_the_version_before_is_read_and_everything_after_it_too(tmp_path: Path) -> None:
    """It held no place."""
    call = call_revised(new_call_id())
    (tmp_path / FILE).write_bytes(frame(1, 0, codec.encode(call)))
    assert (OpenCalls(tmp_path).calls(), OpenCalls(tmp_path).seen) == ([call], Position(0, 0))


def test_unknown_records_are_passed_over(tmp_path: Path) -> None:
    calls = OpenCalls(tmp_path)
    calls.take([b"nonsense", b"call.1 nonsense"], Position(1, 9), 2)
    assert calls.calls() == []
