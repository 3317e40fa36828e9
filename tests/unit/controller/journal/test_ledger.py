from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.ledger import Entry, Ledger, LedgerFailed, Stage
from controller.journal.files import SegmentFile, read_file, segment_numbers, segment_path
from controller.journal.ledger import FOLDER, LedgerLimits, LocalLedger
from tests.fakes.ledger import FakeLedger
from tests.waiting import until

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000


def entry(
    stage: Stage, key: str = "k1", *, at_ms: int = NOW_MS, call: str = "c1", number: str = "+380671112233", **result: object
) -> Entry:
    return Entry(call_id=call, number=number, intent="book_fitting", stage=stage, at_ms=at_ms, key=key, result=result)


def used(at_ms: int = NOW_MS, *, call: str = "c1", number: str = "+380671112233") -> Entry:
    return entry("used", "", at_ms=at_ms, call=call, number=number)


class Opened(Protocol):
    def __call__(self) -> Ledger:
        """The ledger; called again, that of a successor after a crash."""


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Callable[..., LocalLedger]]:
    opened: list[LocalLedger] = []

    def open_(**options: object) -> LocalLedger:
        opened.append(LocalLedger(tmp_path, clock=lambda: NOW_MS / 1000, **options))  # type: ignore[arg-type]  # passed on
        return opened[-1]

    yield open_
    for ledger in opened:
        ledger.close()


@pytest.fixture(params=["local", "fake"])
def opened(request: pytest.FixtureRequest, local: Callable[..., LocalLedger]) -> Opened:
    if request.param == "local":
        return local
    lives: list[FakeLedger] = []

    def open_() -> FakeLedger:
        lives.append(lives[-1].after_a_crash() if lives else FakeLedger())
        return lives[-1]

    return open_


async def test_of_a_write_the_newest_entry_is_found(opened: Opened) -> None:
    ledger = opened()
    assert ledger.find("k1") is None
    for stage in ("begun", "unknown", "begun"):
        await ledger.record(entry(stage))
    await ledger.record(entry("done", order="1001"))
    ledger.note(entry("begun", "k2"))
    found = ledger.find("k1")
    assert found is not None
    assert (found.stage, found.result) == ("done", {"order": "1001"})
    assert ledger.find("k2") == entry("begun", "k2")


async def test_what_was_recorded_is_there_after_a_crash(opened: Opened) -> None:
    ledger = opened()
    await ledger.record(entry("begun"))
    await ledger.record(entry("done", order="1001", total_uah=9000, items=[{"product": "t1"}]))
    again = opened()
    assert again.find("k1") == entry("done", order="1001", total_uah=9000, items=[{"product": "t1"}])


async def test_uses_and_writes_are_told_by_call_and_by_number_in_order_and_since_a_time(opened: Opened) -> None:
    ledger = opened()
    ledger.note(used(NOW_MS + 1))
    await ledger.record(entry("begun", at_ms=NOW_MS + 2))
    ledger.note(used(NOW_MS + 3, call="c2"))
    ledger.note(used(NOW_MS + 4, number="+380501112233"))
    await ledger.record(entry("done", at_ms=NOW_MS + 5))
    for _ in range(2):
        of_call = [(one.stage, one.at_ms - NOW_MS) for one in ledger.entries(call_id="c1")]
        assert of_call == [("used", 1), ("used", 4), ("done", 5)]
        assert [one.at_ms - NOW_MS for one in ledger.entries(number="+380671112233")] == [1, 3, 5]
        assert [one.at_ms - NOW_MS for one in ledger.entries(number="+380671112233", call_id="c1", since_ms=NOW_MS + 2)] == [5]
        assert [one.at_ms - NOW_MS for one in ledger.entries()] == [1, 3, 4, 5]
        assert ledger.entries(call_id="c9") == ledger.entries(number="") == []
        ledger = opened()


async def test_uses_at_the_same_moment_all_count(opened: Opened) -> None:
    ledger = opened()
    for _ in range(10):
        ledger.note(used())
    assert len(ledger.entries(call_id="c1")) == 10


async def test_notes_become_durable_soon_although_nobody_waits(local: Callable[..., LocalLedger], tmp_path: Path) -> None:
    local().note(used())
    await until(lambda: _on_disk(tmp_path))
    assert len(local().entries()) == 1


async def test_a_hundred_records_at_once_share_their_syncs(local: Callable[..., LocalLedger]) -> None:
    syncs: list[Path] = []
    ledger = local(make_segment=lambda path: _Watched(path, syncs))
    await asyncio.gather(*(ledger.record(entry("begun", f"k{number}")) for number in range(100)))
    assert 1 <= len(syncs) < 50
    assert len(ledger.entries()) == 100


async def test_the_event_loop_goes_on_while_the_disk_is_slow(local: Callable[..., LocalLedger]) -> None:
    release = threading.Event()
    ledger = local(make_segment=lambda path: _Held(path, release))
    recording = asyncio.create_task(ledger.record(entry("begun")))
    await until(lambda: ledger.find("k1"))
    assert not recording.done()  # visible at once; told when it is durable
    release.set()
    await recording


async def test_a_disk_that_does_not_answer_is_a_failure_in_time(local: Callable[..., LocalLedger]) -> None:
    release = threading.Event()
    ledger = local(make_segment=lambda path: _Held(path, release), limits=LedgerLimits(patience_s=0.02))
    try:
        with pytest.raises(LedgerFailed, match="did not answer"):
            await ledger.record(entry("begun"))
    finally:
        release.set()


async def test_a_full_disk_fails_the_record_and_leaves_no_trace_of_it(local: Callable[..., LocalLedger], tmp_path: Path) -> None:
    room = [10_000]
    ledger = local(make_segment=lambda path: _Small(path, room))
    await ledger.record(entry("refused"))
    room[0] = 20
    with pytest.raises(LedgerFailed, match="No space left on device"):
        await ledger.record(entry("begun"))
    assert (ledger.failing, ledger.find("k1")) == ("No space left on device", entry("refused"))  # as if it had not been tried
    ledger.note(used())
    room[0] = 10_000
    await ledger.record(entry("begun", "k2"))
    assert not ledger.failing
    again = local()
    assert [(one.stage, one.key) for one in again.entries()] == [("refused", "k1"), ("used", ""), ("begun", "k2")]


async def test_a_cancelled_record_stays_and_becomes_durable(local: Callable[..., LocalLedger], tmp_path: Path) -> None:
    release = threading.Event()
    ledger = local(make_segment=lambda path: _Held(path, release))
    recording = asyncio.create_task(ledger.record(entry("begun")))
    await until(lambda: ledger.find("k1"))
    recording.cancel()
    with pytest.raises(asyncio.CancelledError):
        await recording
    release.set()
    await ledger.record(entry("begun", "k2"))
    assert local().find("k1") == entry("begun")


@pytest.mark.parametrize("result", [{"n": 1 << 70}, {"text": "x" * (5 << 20)}])
async def test_what_cannot_be_written_fails_and_a_note_of_it_stays_in_memory(
    local: Callable[..., LocalLedger], result: dict[str, Any]
) -> None:
    ledger = local()
    with pytest.raises(LedgerFailed):
        await ledger.record(entry("done", **result))
    assert ledger.find("k1") is None
    ledger.note(entry("done", **result))
    assert ledger.find("k1") is not None


async def test_half_a_character_and_values_that_are_no_json_are_kept_as_text(local: Callable[..., LocalLedger]) -> None:
    await local().record(entry("done", text="шини \ud83d", why=ValueError("so")))
    found = local().find("k1")
    assert found is not None
    assert found.result == {"text": "шини ?", "why": "so"}


class Hours:
    """A clock in hours."""

    def __init__(self) -> None:
        self.hour = 0

    def __call__(self) -> float:
        return NOW_MS / 1000 + self.hour * 3600


async def test_entries_older_than_two_days_leave_memory_and_disk(tmp_path: Path) -> None:
    clock = Hours()
    ledger = LocalLedger(tmp_path, limits=LedgerLimits(segment_bytes=1_000), clock=clock)
    for clock.hour in range(96):
        at_ms = NOW_MS + clock.hour * DAY_MS // 24
        ledger.note(used(at_ms))
        await ledger.record(entry("done", f"k{clock.hour}", at_ms=at_ms))
    kept = ledger.entries()
    assert kept[0].at_ms == NOW_MS + 47 * DAY_MS // 24
    assert len(kept) == 2 * 49
    assert ledger.find("k46") is None
    assert ledger.find("k47") is not None
    assert len(_on_disk(tmp_path)) < 60 * 2 * 160  # two days and a segment, of four that were written
    ledger.close()


async def test_tidied_everything_goes_also_when_nothing_new_comes(tmp_path: Path) -> None:
    clock = Hours()
    before = LocalLedger(tmp_path, clock=clock)
    await before.record(entry("done", "before"))
    before.close()
    ledger = LocalLedger(tmp_path, limits=LedgerLimits(segment_age_s=0), clock=clock)
    await ledger.record(entry("done"))
    clock.hour = 48
    ledger.tidy(int(clock() * 1000))
    assert len(ledger.entries()) == 2
    clock.hour = 49
    ledger.tidy(int(clock() * 1000))
    assert ledger.entries() == []
    await until(lambda: _on_disk(tmp_path) == b"")
    ledger.close()


@pytest.mark.parametrize("step_ms", [-3_600_000, 31 * DAY_MS])
async def test_a_clock_that_is_set_makes_nothing_forgotten(local: Callable[..., LocalLedger], step_ms: int, tmp_path: Path) -> None:
    """The entries' own times jump; that something was written to the shop must be known before and after."""
    ledger = local(limits=LedgerLimits(segment_bytes=1))
    await ledger.record(entry("begun", "before"))
    await ledger.record(entry("begun", "after", at_ms=NOW_MS + step_ms))
    await ledger.record(entry("done", "again", at_ms=NOW_MS + 1))
    for found in (ledger, local()):
        assert [found.find(key) is not None for key in ("before", "after", "again")] == [True, True, True]
        assert len(found.entries(number="+380671112233")) == 3


async def test_a_start_with_a_clock_a_month_ahead_forgets_nothing(tmp_path: Path) -> None:
    """Somebody who knows the time has it tidied later."""
    first = LocalLedger(tmp_path, clock=lambda: NOW_MS / 1000)
    await first.record(entry("begun"))
    first.close()
    ahead = LocalLedger(tmp_path, clock=lambda: (NOW_MS + 31 * DAY_MS) / 1000)
    await ahead.record(entry("begun", "k2"))
    assert [one.key for one in ahead.entries()] == ["k1", "k2"]
    ahead.tidy(NOW_MS)
    assert [one.key for one in ahead.entries()] == ["k1", "k2"]
    ahead.close()


async def test_many_segments_are_compacted_to_the_newest_entry_of_each_write_and_the_uses(
    local: Callable[..., LocalLedger], tmp_path: Path
) -> None:
    ledger = local(limits=LedgerLimits(segment_bytes=200))
    for number in range(20):
        ledger.note(used())
        await ledger.record(entry("begun", f"k{number}"))
        await ledger.record(entry("done", f"k{number}", order=str(number)))
    assert len(segment_numbers(tmp_path / FOLDER)) > 8
    before = ledger.entries()
    again = local()
    assert again.entries() == before
    assert len(segment_numbers(tmp_path / FOLDER)) == 1
    assert b"begun" not in _on_disk(tmp_path)
    size = len(_on_disk(tmp_path))
    assert local().entries() == before
    assert len(_on_disk(tmp_path)) == size


async def test_uses_of_calls_that_are_long_over_are_left_behind_at_a_start(tmp_path: Path) -> None:
    clock = Hours()
    first = LocalLedger(tmp_path, clock=clock)
    for clock.hour in (0, 1, 8):
        first.note(used(call=f"c{clock.hour}"))
        first.note(entry("done", f"k{clock.hour}"))
    first.close()
    second = LocalLedger(tmp_path, clock=clock)
    assert [one.key or one.call_id for one in second.entries()] == ["k0", "k1", "c8", "k8"]


async def test_a_start_on_a_full_disk_reads_what_is_there(local: Callable[..., LocalLedger], tmp_path: Path) -> None:
    ledger = local(limits=LedgerLimits(segment_bytes=200))
    for stage in ("begun", "done"):
        await ledger.record(entry(stage))
    numbers = segment_numbers(tmp_path / FOLDER)
    again = local(make_segment=lambda path: _Small(path, [0]))
    assert again.find("k1") == entry("done")
    assert segment_numbers(tmp_path / FOLDER) == numbers


async def test_a_compaction_that_was_cut_short_changes_nothing(local: Callable[..., LocalLedger], tmp_path: Path) -> None:
    ledger = local()
    ledger.note(used())
    for stage in ("begun", "done"):
        await ledger.record(entry(stage))
    ledger.close()
    first = segment_path(tmp_path / FOLDER, 1).read_bytes()
    local(limits=LedgerLimits(segments=0)).close()
    segment_path(tmp_path / FOLDER, 1).write_bytes(first)  # killed before it was deleted
    again = local(limits=LedgerLimits(segments=1))
    assert [one.stage for one in again.entries()] == ["used", "done"]
    assert len(segment_numbers(tmp_path / FOLDER)) == 1


async def test_entries_of_a_later_version_are_kept_for_it(
    local: Callable[..., LocalLedger], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setattr("controller.journal.ledger.encode", lambda _: b"\x81\xa4type\xa7entry.2")
        await local().record(entry("begun"))
    await local().record(entry("begun"))
    assert local().find("k1") is not None
    assert b"entry.2" in _on_disk(tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_to_the_tail_all_earlier_entries_survive(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    directory = tmp_path_factory.mktemp("ledger")
    count = data.draw(st.integers(1, 6), "entries")
    first = LocalLedger(directory)
    for number in range(count):
        first.note(entry("begun", f"k{number}", at_ms=NOW_MS))
    assert first.close() == 0
    (path,) = (directory / FOLDER).iterdir()
    content = bytearray(path.read_bytes())
    tail = len(content) // count
    if data.draw(st.booleans(), "cut instead of flip"):
        del content[len(content) - data.draw(st.integers(1, tail), "cut") :]
    else:
        bit = data.draw(st.integers((len(content) - tail) * 8, len(content) * 8 - 1), "bit")
        content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    second = LocalLedger(directory, clock=lambda: NOW_MS / 1000)
    assert [one.key for one in second.entries()] == [f"k{number}" for number in range(count - 1)]
    second.note(entry("done", "after"))
    assert second.close() == 0
    assert LocalLedger(directory, clock=lambda: NOW_MS / 1000).find("after") is not None


def test_what_was_recorded_survives_kill_9(tmp_path: Path) -> None:
    program = """
import asyncio, os, pathlib, sys
from agent.ledger import Entry
from controller.journal.ledger import LocalLedger
async def main():
    ledger = LocalLedger(pathlib.Path(sys.argv[1]))
    for number in range(200):
        await ledger.record(Entry(call_id="c", number="", intent="i", stage="begun", at_ms=%d, key=str(number)))
        ledger.note(Entry(call_id="c", number="", intent="i", stage="used", at_ms=%d))
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    ran = subprocess.run([sys.executable, "-c", program % (NOW_MS, NOW_MS), tmp_path], check=False)
    assert ran.returncode == -9
    found = LocalLedger(tmp_path, clock=lambda: NOW_MS / 1000).entries()
    assert {one.key for one in found if one.stage == "begun"} == {str(number) for number in range(200)}
    assert len(found) >= 200 + 199  # a note is durable at the latest with the record behind it


def test_a_limit_of_the_real_file_system_fails_records_and_spares_what_was_there(tmp_path: Path) -> None:
    """RLIMIT_FSIZE cuts a write in the middle, as a full disk does. It holds for a whole process, therefore one of its own."""
    program = """
import asyncio, pathlib, resource, sys
from agent.ledger import Entry, LedgerFailed
from controller.journal.ledger import LedgerLimits, LocalLedger
async def main():
    ledger = LocalLedger(pathlib.Path(sys.argv[1]), limits=LedgerLimits(segment_bytes=1 << 30))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    for number in range(100):
        try:
            long = {"x": "x" * (number * 90)}
            await ledger.record(Entry(call_id="c", number="", intent="i", stage="done", at_ms=%d, key=str(number), result=long))
            print(number)
        except LedgerFailed as failed:
            print(failed, file=sys.stderr)
asyncio.run(main())
"""
    ran = subprocess.run([sys.executable, "-c", program % NOW_MS, tmp_path], capture_output=True, text=True, check=True)
    recorded = [line for line in ran.stdout.splitlines() if line.isdecimal()]
    assert 10 < len(recorded) < 90
    assert "File too large" in ran.stderr
    found = LocalLedger(tmp_path, clock=lambda: NOW_MS / 1000).entries()
    assert [one.key for one in found] == recorded  # those, and none that was told to have failed


def _on_disk(tmp_path: Path) -> bytes:
    folder = tmp_path / FOLDER
    return b"".join(read_file(segment_path(folder, number)) for number in segment_numbers(folder))  # its thread may be deleting one


class _Watched(SegmentFile):
    def __init__(self, path: Path, syncs: list[Path]) -> None:
        super().__init__(path)
        self._path, self._syncs = path, syncs

    def sync(self) -> None:
        self._syncs.append(self._path)
        super().sync()


class _Held(SegmentFile):
    def __init__(self, path: Path, release: threading.Event) -> None:
        super().__init__(path)
        self._release = release

    def sync(self) -> None:
        self._release.wait(10)
        super().sync()


class _Small(SegmentFile):
    """A disk with so much *room*: it takes what fits and then says that it is full."""

    def __init__(self, path: Path, room: list[int]) -> None:
        super().__init__(path)
        self._room = room

    def write(self, data: bytes) -> None:
        super().write(data[: self._room[0]])
        if len(data) > self._room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._room[0] -= len(data)
