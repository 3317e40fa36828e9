from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.journal.damage import Continuity
from controller.journal.disk import Position
from controller.journal.files import SegmentFile, segment_numbers, segment_path
from controller.journal.frames import MAX_PAYLOAD_BYTES
from controller.journal.spool import Nobody, Spool, SpoolLimits

QUICK = SpoolLimits(interval_s=0.002)


def wait_for(condition: Callable[[], object], timeout_s: float = 5) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.001)


def settled(spool: Spool) -> None:
    spool.hurry()
    wait_for(lambda: spool.durable == spool.appended)


def everything(spool: Spool, limit: int = 7) -> list[bytes]:
    """All records from the cursor on, as a reader takes them."""
    at, seen = spool.position, []
    while (chunk := spool.read(at, limit)).frames:
        assert len(chunk.frames) <= limit
        seen += [one.payload for one in chunk.frames]
        at = chunk.end
    return seen


class Seen(Nobody):
    """A follower who has seen everything up to *seen*."""

    def __init__(self, seen: Position = Position(0, 0), newest: int = 0) -> None:  # noqa: B008 - immutable
        self.seen, self.newest = seen, newest
        self.payloads: list[bytes] = []

    def take(self, payloads: Iterable[bytes], end: Position, newest: int) -> None:
        self.payloads += payloads
        self.seen, self.newest = end, newest


def numbered(count: int, start: int = 1) -> list[bytes]:
    return [f"record {number}".encode() for number in range(start, start + count)]


def test_records_come_back_in_order_across_segments(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limits=SpoolLimits(segment_bytes=200, interval_s=0.001))
    for payload in numbered(60):
        assert spool.append(payload)
        if spool.appended % 5 == 0:
            settled(spool)
    settled(spool)
    assert everything(spool) == numbered(60)
    assert len(segment_numbers(tmp_path)) > 3
    assert spool.close() == 0


def test_a_successor_reads_what_its_predecessor_did_not_acknowledge(tmp_path: Path) -> None:
    first = Spool(tmp_path, limits=QUICK)
    for payload in numbered(10):
        first.append(payload)
    settled(first)
    chunk = first.read(first.position, 4)
    first.acknowledge(chunk.end, chunk.frames[-1].sequence)
    assert first.close() == 0

    second = Spool(tmp_path, limits=QUICK)
    assert (second.acknowledged, second.appended) == (4, 10)
    second.append(b"record 11")
    settled(second)
    assert everything(second) == numbered(7, start=5)
    second.close()


def test_closing_puts_everything_on_the_disk(tmp_path: Path) -> None:
    first = Spool(tmp_path, limits=SpoolLimits(interval_s=60))
    for payload in numbered(3):
        first.append(payload)
    assert first.durable == 0
    assert first.close() == 0
    second = Spool(tmp_path)
    assert everything(second) == numbered(3)
    second.close()


def test_acknowledged_segments_are_deleted_and_others_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limits=SpoolLimits(segment_bytes=1, interval_s=0.001))
    for payload in numbered(4):
        spool.append(payload)
        settled(spool)
    numbers = segment_numbers(tmp_path)
    chunk = spool.read(spool.position, 1)
    third = spool.read(spool.read(chunk.end, 1).end, 1)
    assert spool.frees(third.end)
    spool.acknowledge(third.end, third.frames[-1].sequence)
    assert segment_numbers(tmp_path) == numbers[2:]
    assert everything(spool) == [b"record 4"]
    spool.close()


@pytest.mark.parametrize("spoilt", [None, b"", b"nonsense", b"\xff" * 60])
def test_a_lost_or_spoilt_cursor_means_reading_again_and_never_skipping(tmp_path: Path, spoilt: bytes | None) -> None:
    first = Spool(tmp_path, limits=QUICK)
    for payload in numbered(5):
        first.append(payload)
    settled(first)
    chunk = first.read(first.position, 3)
    first.acknowledge(chunk.end, chunk.frames[-1].sequence)
    first.close()
    if spoilt is None:
        (tmp_path / "cursor").unlink()
    else:
        (tmp_path / "cursor").write_bytes(spoilt)
    second = Spool(tmp_path, limits=QUICK)
    assert everything(second) == numbered(5)
    assert (second.acknowledged, second.appended) == (0, 5)
    second.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_to_the_tail_all_earlier_records_survive(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    directory = tmp_path_factory.mktemp("spool")
    count = data.draw(st.integers(1, 8), "records")
    first = Spool(directory, limits=QUICK)
    for payload in numbered(count):
        first.append(payload)
    first.close()
    path = segment_path(directory, segment_numbers(directory)[-1])
    content = bytearray(path.read_bytes())
    tail = len(content) // count  # all records here are of one length
    if data.draw(st.booleans(), "cut instead of flip"):
        del content[len(content) - data.draw(st.integers(1, tail), "cut") :]
    else:
        bit = data.draw(st.integers((len(content) - tail) * 8, len(content) * 8 - 1), "bit")
        content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)

    seen = Seen()
    second = Spool(directory, limits=QUICK, follower=seen)
    assert seen.payloads == numbered(count - 1)
    second.append(b"after")
    settled(second)
    assert everything(second) == [*numbered(count - 1), b"after"]
    second.close()


def test_damage_in_the_middle_is_stepped_over_counted_and_kept_for_a_look(tmp_path: Path) -> None:
    first = Spool(tmp_path, limits=QUICK)
    for payload in numbered(5):
        first.append(payload)
    first.close()
    path = segment_path(tmp_path, 1)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF  # in record 3
    path.write_bytes(content)
    second = Spool(tmp_path, limits=QUICK)
    chunk = second.read(second.position, 10)
    assert [one.payload for one in chunk.frames] == [b"record 1", b"record 2", b"record 4", b"record 5"]
    (damage,) = Continuity(0).follow(chunk.frames, chunk.scars)
    size = len(content) // 5
    assert str(damage) == f"3 (bytes {2 * size}-{3 * size} of segment 1)"
    second.keep(damage)
    assert (tmp_path / f"000000000001-{2 * size}.damaged").read_bytes() == content[2 * size : 3 * size]
    second.close()


class FickleSegment(SegmentFile):
    """A segment on a disk that can be full (half of a write still fits) or refuse to sync."""

    full = False
    sync_fails = False

    def write(self, data: bytes) -> None:
        if self.full:
            super().write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(data)

    def sync(self) -> None:
        if self.sync_fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync()


@pytest.mark.parametrize("fault", ["full", "sync_fails"])
def test_a_failing_disk_is_told_and_once_it_is_mended_nothing_is_missing(tmp_path: Path, fault: str) -> None:
    class Segment(FickleSegment):
        pass

    spool = Spool(tmp_path, limits=QUICK, make_segment=Segment)
    spool.append(b"record 1")
    settled(spool)
    setattr(Segment, fault, True)
    for payload in numbered(9, start=2):
        assert spool.append(payload)
    wait_for(lambda: spool.failing)
    told = spool.failing
    assert told in (os.strerror(errno.ENOSPC), os.strerror(errno.EIO))
    assert everything(spool) == [b"record 1"]
    assert spool.waiting_since_ms is not None
    setattr(Segment, fault, False)
    wait_for(lambda: spool.durable == 10)
    assert spool.failing is None
    assert everything(spool) == numbered(10)
    assert spool.close() == 0


def test_a_directory_that_takes_no_new_file_is_told_too(tmp_path: Path) -> None:
    def refuse(path: Path) -> SegmentFile:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)

    spool = Spool(tmp_path, limits=QUICK, make_segment=refuse)
    spool.append(b"record 1")
    wait_for(lambda: spool.failing == os.strerror(errno.EMFILE))
    assert spool.close() == 1


def test_when_memory_is_full_too_records_are_refused_and_counted(tmp_path: Path) -> None:
    class Segment(FickleSegment):
        pass

    Segment.full = True
    spool = Spool(tmp_path, limits=SpoolLimits(buffer_bytes=1000, interval_s=0.001), make_segment=Segment)
    taken = [spool.append(b"x" * 100) for _ in range(20)]
    assert taken.count(None) == spool.refused == 13  # of 128 bytes with their frame, seven fit
    Segment.full = False
    wait_for(lambda: spool.durable == 7)
    assert spool.append(b"y") == 8
    spool.close()


def test_a_record_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limits=QUICK)
    assert spool.append(bytes(MAX_PAYLOAD_BYTES + 1)) is None
    assert spool.append(bytes(MAX_PAYLOAD_BYTES)) == 1
    settled(spool)
    assert [len(payload) for payload in everything(spool)] == [MAX_PAYLOAD_BYTES]
    assert spool.refused == 1
    spool.close()


def test_appending_waits_for_no_disk(tmp_path: Path) -> None:
    going_on = threading.Event()

    class Segment(SegmentFile):
        def sync(self) -> None:
            assert going_on.wait(10)
            super().sync()

    spool = Spool(tmp_path, limits=QUICK, make_segment=Segment)
    spool.append(b"record 1")
    wait_for(lambda: segment_numbers(tmp_path))
    before = time.monotonic()
    for payload in numbered(1000, start=2):
        spool.append(payload)
    assert time.monotonic() - before < 1
    assert spool.durable == 0
    assert spool.read(Position(0, 0), 10).frames == []  # not durable: not shown to anybody
    going_on.set()
    wait_for(lambda: spool.durable == 1001)
    spool.close()


def test_what_is_safe_elsewhere_leaves_the_disk_although_nothing_more_comes(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limits=SpoolLimits(interval_s=0.001, segment_age_s=0.01))
    for round_ in (1, 2):
        spool.append(b"said")
        wait_for(lambda: spool.durable == spool.appended)
        chunk = spool.read(spool.position, 5)
        assert [one.payload for one in chunk.frames] == [b"said"]
        wait_for(lambda: spool.read(chunk.end, 5).end > chunk.end)  # noqa: B023 - it is called at once
        end = spool.read(chunk.end, 5)
        assert (end.frames, end.end) == ([], Position(round_ + 1, 0))
        spool.acknowledge(end.end, round_)
        assert segment_numbers(tmp_path) == []
        assert spool.read(end.end, 5).end == end.end, "and there it stays until the next segment is there"
    spool.close()
    assert not any(b"said" in path.read_bytes() for path in tmp_path.iterdir())
    successor = Spool(tmp_path, limits=QUICK)
    successor.append(b"more")
    settled(successor)
    assert everything(successor) == [b"more"]
    successor.close()


def test_a_start_reads_only_what_is_behind_the_place_its_follower_knows(tmp_path: Path) -> None:
    first = Spool(tmp_path, limits=SpoolLimits(segment_bytes=200, interval_s=0.001))
    for payload in numbered(30):
        first.append(payload)
        settled(first)
    first.close()
    *older, last = segment_numbers(tmp_path)
    for number in older:
        segment_path(tmp_path, number).write_bytes(b"not looked at")
    seen = Seen(Position(last, 0), 28)
    second = Spool(tmp_path, limits=QUICK, follower=seen)
    assert second.appended == 30
    assert seen.payloads == numbered(len(seen.payloads), start=31 - len(seen.payloads))
    second.close()


def test_numbers_of_records_go_on_when_nothing_can_be_read_any_more(tmp_path: Path) -> None:
    """Else the lost ones would not be missed."""
    first = Spool(tmp_path, limits=QUICK)
    for payload in numbered(3):
        first.append(payload)
    first.close()
    path = segment_path(tmp_path, 1)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"record", b"RECORD"))
    second = Spool(tmp_path, limits=QUICK)
    assert second.append(b"record 4") == 4
    settled(second)
    chunk = second.read(second.position, 9)
    assert [str(damage) for damage in Continuity(second.before).follow(chunk.frames, chunk.scars)] == [
        f"1-3 (bytes 0-{len(content)} of segment 1)"
    ]
    second.close()


def test_files_and_folders_of_others_disturb_nothing(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "01a216ff-5f8d-7681-973f-f1e16416e450").write_bytes(b"a call")
    (tmp_path / "worker.lock").touch()
    (tmp_path / "notes").write_text("")
    spool = Spool(tmp_path, limits=QUICK)
    spool.append(b"record 1")
    settled(spool)
    assert everything(spool) == [b"record 1"]
    assert (tmp_path / "live" / "01a216ff-5f8d-7681-973f-f1e16416e450").read_bytes() == b"a call"
    spool.close()
