from __future__ import annotations

from pathlib import Path

from controller.journal import codec
from controller.journal.open_calls import FILE, OpenCalls
from tests.fakes.recorded_calls import call_revised, new_call_id, turn_recorded


def test_a_call_is_open_from_its_first_record_to_the_one_with_an_end(tmp_path: Path) -> None:
    opened, closed = new_call_id(), new_call_id()
    calls = OpenCalls(tmp_path)
    calls.fold(call_revised(opened, 1))
    calls.fold(call_revised(opened, 3, state="speaking"))
    calls.fold(call_revised(opened, 2, state="listening"))
    calls.fold(turn_recorded(opened, 1))
    calls.fold(call_revised(closed, 1))
    calls.fold(call_revised(closed, 2, ended_at_ms=1))
    assert [(call.call_id, call.revision, call.state) for call in calls.calls()] == [(opened, 3, "speaking")]


def test_the_file_gives_a_successor_the_same_answer(tmp_path: Path) -> None:
    calls = OpenCalls(tmp_path)
    calls.fold(call_revised(new_call_id(), 4))
    calls.save()
    assert OpenCalls(tmp_path).calls() == calls.calls()


def test_records_that_are_already_in_the_file_change_nothing_in_the_end(tmp_path: Path) -> None:
    call_id = new_call_id()
    story = [call_revised(call_id, 1), call_revised(call_id, 2, ended_at_ms=1)]
    calls = OpenCalls(tmp_path)
    for record in [*story, *story]:
        calls.fold_payload(codec.encode(record))
    assert calls.calls() == []


def test_a_spoilt_file_and_unknown_records_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xffnonsense")
    calls = OpenCalls(tmp_path)
    calls.fold_payload(b"nonsense")
    assert calls.calls() == []
