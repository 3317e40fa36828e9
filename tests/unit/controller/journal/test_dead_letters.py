from __future__ import annotations

import json
from pathlib import Path

from controller.journal.dead_letters import FILE, DeadLetters
from tests.fakes.recorded_calls import new_call_id, turn_recorded


def test_what_is_set_aside_can_be_read_by_a_person_and_is_still_counted_after_a_restart(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path)
    assert letters.count == 0
    letters.put(7, 1000, "integer out of range", turn_recorded(new_call_id(), 1))
    letters.put(8, 1001, "unknown to this version", b"\x00\xff")
    first, second = (json.loads(line) for line in (tmp_path / FILE).read_text().splitlines())
    assert (first["sequence"], first["why"], first["record"]["turn"]["text"]) == (7, "integer out of range", "Добрий день!")
    assert second["payload"] == "AP8="
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert DeadLetters(tmp_path).count == 2


def test_what_was_set_aside_too_long_ago_goes_and_the_rest_stays_as_it_was(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path)
    for at_ms in (1000, 2000, 3000):
        letters.put(at_ms, at_ms, "integer out of range", turn_recorded(new_call_id(), 1))
    assert letters.drop_before(3000) == 2
    (left,) = (json.loads(line) for line in (tmp_path / FILE).read_text().splitlines())
    assert (left["sequence"], letters.count) == (3000, 1)
    letters.put(4, 4000, "why", b"payload")
    assert (letters.count, letters.drop_before(3000)) == (2, 0)
    assert letters.drop_before(5000) == 2
    assert (letters.count, (tmp_path / FILE).exists()) == (0, False)
