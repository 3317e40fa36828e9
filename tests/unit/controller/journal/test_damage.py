from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.journal import codec
from controller.journal.damage import Continuity, Damage, Scar, calls_in
from controller.journal.files import segment_numbers, segment_path
from controller.journal.frames import Frame, frame, scan
from controller.journal.inspection import inspect
from controller.journal.spool import Spool, SpoolLimits
from tests.fakes.recorded_calls import new_call_id, turn_recorded

QUICK = SpoolLimits(interval_s=0.001)


def frames(*numbers: int) -> list[Frame]:
    return [Frame(number, 0, b"", 0) for number in numbers]


def test_a_gap_in_the_numbers_is_what_is_missing_with_the_bytes_that_lie_in_it() -> None:
    scar = Scar(1, 100, 180, 4, ("call",))
    (damage,) = Continuity(0).follow(frames(1, 4, 5), [scar])
    assert damage == Damage(2, 3, (scar,))
    assert (str(damage), damage.records, damage.calls) == ("2-3 (bytes 100-180 of segment 1)", 2, ["call"])


def test_bytes_without_a_gap_are_a_write_that_was_cut_short() -> None:
    continuity = Continuity(0)
    assert continuity.follow(frames(1, 2), []) == []
    assert continuity.follow([], [Scar(1, 50, 60, None, ())]) == []
    assert continuity.follow(frames(3), []) == []


def test_records_written_again_after_a_failed_write_are_no_gap() -> None:
    assert Continuity(0).follow(frames(1, 2, 3, 2, 3, 4), []) == []


def test_whole_files_that_are_gone_are_missed_too() -> None:
    (damage,) = Continuity(10).follow(frames(31), [])
    assert str(damage) == "11-30 (the file is gone)"


def test_where_the_beginning_is_not_known_only_damage_before_the_first_record_is_told() -> None:
    assert Continuity(None).follow(frames(7), []) == []
    scar = Scar(2, 0, 50, 7, ())
    assert [str(damage) for damage in Continuity(None).follow(frames(7), [scar])] == ["up to 6 (bytes 0-50 of segment 2)"]


def test_ids_of_calls_are_found_in_what_is_left_of_records() -> None:
    call_id = new_call_id()
    payload = codec.encode(turn_recorded(call_id, 1))
    assert calls_in(payload[:-20] + b"\xff" + payload[-19:]) == (call_id,)
    assert calls_in(b"4b825dc6-42cb-4eb9-a060-e54bf8d69288") == (), "no UUIDv7"
    assert calls_in(b"0" + call_id.encode()) == (call_id,), "the byte beside it may be the one that was hit"


class Written:
    """A spool of several segments, as its files lie there."""

    def __init__(self, directory: Path, count: int) -> None:
        self.directory = directory
        self.payloads = [codec.encode(turn_recorded(new_call_id(), number, f"сказано {number}")) for number in range(1, count + 1)]
        spool = Spool(directory, limits=SpoolLimits(segment_bytes=700, interval_s=0.001))
        for number, payload in enumerate(self.payloads, 1):
            spool.append(payload)
            if number % 2 == 0:
                spool.hurry()
                while spool.durable < number:
                    pass
        assert spool.close() == 0
        (directory / "lock").touch()

    def places(self) -> list[tuple[Path, int]]:
        paths = [segment_path(self.directory, number) for number in segment_numbers(self.directory)]
        return [(path, offset) for path in paths for offset in range(path.stat().st_size)]

    def record_at(self, path: Path, offset: int) -> int:
        return next(one.sequence for one in scan(path.read_bytes()).frames if offset < one.end)

    def restarted(self) -> tuple[list[bytes], list[Damage]]:
        """What a successor reads, and what it misses; it writes one more record."""
        spool = Spool(self.directory, limits=QUICK)
        spool.append(b"one more")
        spool.hurry()
        while spool.durable < spool.appended:
            pass
        continuity, at = Continuity(0), spool.position
        seen: list[bytes] = []
        damages: list[Damage] = []
        while (chunk := spool.read(at, 3)).frames:
            seen += [one.payload for one in chunk.frames]
            damages += continuity.follow(chunk.frames, chunk.scars)
            at = chunk.end
        spool.close()
        return seen, damages


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_anywhere_costs_its_record_alone_and_it_is_told_which_and_whose(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    written = Written(tmp_path_factory.mktemp("spool"), 8)
    path, offset = data.draw(st.sampled_from(written.places()), "byte")
    bit = data.draw(st.integers(0, 7), "bit")
    hit = written.record_at(path, offset)
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << bit
    path.write_bytes(content)

    inspected = inspect(written.directory)
    seen, damages = written.restarted()
    assert seen == [*written.payloads[: hit - 1], *written.payloads[hit:], b"one more"]
    if hit < 8 or damages:  # the last one's own marker or length: it cannot be told from a write that was cut short
        assert [(damage.first, damage.last) for damage in damages] == [(hit, hit)]
        assert [(damage.first, damage.last) for damage in inspected.lost] == [(hit, hit)]
        whose = codec.decode(written.payloads[hit - 1]).call_id
        assert damages[0].calls == inspected.lost[0].calls
        assert damages[0].calls == [whose] or whose.encode() not in content, "an id that was hit itself may be misread"
    else:
        assert any(scar.before is None for scar in inspected.scars)


def test_a_spool_torn_at_any_byte_gives_back_every_record_before_it_and_misses_none(tmp_path: Path) -> None:
    whole = [frame(number, 0, f"record {number}".encode() * number) for number in range(1, 4)]
    content = b"".join(whole)
    ends = [len(b"".join(whole[:number])) for number in range(4)]
    for size in range(len(content) + 1):
        directory = tmp_path / str(size)
        directory.mkdir()
        segment_path(directory, 1).write_bytes(content[:size])
        (directory / "lock").touch()
        left = sum(end <= size for end in ends[1:])
        inspected = inspect(directory)
        assert (inspected.waiting, inspected.lost, len(inspected.scars)) == (left, [], size not in ends)
        spool = Spool(directory, limits=QUICK)
        assert spool.append(b"after") == left + 1
        spool.hurry()
        while spool.durable < spool.appended:
            pass
        first = spool.read(spool.position, 9)
        second = spool.read(first.end, 9)
        assert [one.sequence for one in first.frames + second.frames] == list(range(1, left + 2))
        continuity = Continuity(0)
        assert continuity.follow(first.frames, first.scars) + continuity.follow(second.frames, second.scars) == []
        spool.close()
