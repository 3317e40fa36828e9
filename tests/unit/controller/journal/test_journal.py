"""The journal without PostgreSQL: nothing listens where it would be. With it: tests/integration/test_journal.py."""

from __future__ import annotations

import asyncio
import math
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from agent.ledger import Entry
from controller.journal.errors import DirectoryInUse, DirectoryUnusable
from controller.journal.files import DirectoryLock, segment_numbers
from controller.journal.journal import Journal, JournalSettings
from controller.journal.records import MachineStepped
from controller.journal.spool import Spool, SpoolLimits
from tests.fakes.recorded_calls import call_revised, new_call_id, now_ms, whole_call
from tests.waiting import until

NOWHERE = "postgresql://callctl@127.0.0.1:1/callctl"
QUICK = JournalSettings(drain_timeout_s=0.01, limits=SpoolLimits(interval_s=0.005))


async def test_records_wait_in_the_spool_while_postgresql_is_down(tmp_path: Path) -> None:
    records = whole_call(new_call_id())
    async with Journal.open(tmp_path / "journal", NOWHERE, QUICK) as journal:
        for record in records:
            journal.append(record)
        assert not await journal.flush(0.05)
        await until(lambda: journal.status().durable == len(records))
        await until(lambda: "refused" in (journal.status().database_failing or ""))
        assert journal.status().upkeep_failing is None, "PostgreSQL away is one trouble, told once"
        assert journal.status().backlog == len(records)
        await until(lambda: journal.status().oldest_age_s > 0)
        assert math.isnan(journal.months_ready()), "nobody can know"
    async with Journal.open(tmp_path / "journal", NOWHERE, QUICK) as journal:
        assert journal.status().backlog == len(records)
        await until(lambda: journal.status().oldest_age_s > 0)


async def test_a_successor_learns_at_once_which_calls_were_left_open(tmp_path: Path) -> None:
    left, closed = new_call_id(), new_call_id()
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        assert journal.open_calls() == []
        for record in (call_revised(left), *whole_call(closed), call_revised(left, 2, state="speaking")):
            journal.append(record)
        assert journal.open_calls() == []  # its own are not left open
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        assert [(call.call_id, call.revision, call.state) for call in journal.open_calls()] == [(left, 2, "speaking")]
        journal.append(call_revised(left, 3, ended_at_ms=1))
        assert journal.open_calls() == []
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        assert journal.open_calls() == []


async def test_a_second_controller_is_told_to_take_another_directory(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, NOWHERE, QUICK):
        with pytest.raises(DirectoryInUse):
            async with Journal.open(tmp_path, NOWHERE, replace(QUICK, unlocking_s=0.02)):
                pass
    async with Journal.open(tmp_path, NOWHERE, QUICK):
        pass


async def test_a_successor_waits_a_moment_for_one_that_is_ending(tmp_path: Path) -> None:
    patient = replace(QUICK, unlocking_s=30.0)
    predecessor = DirectoryLock(tmp_path)
    async with asyncio.TaskGroup() as tasks:

        async def succeed() -> None:
            async with Journal.open(tmp_path, NOWHERE, patient):
                pass

        successor = tasks.create_task(succeed())
        await asyncio.sleep(0.02)
        assert not successor.done()
        predecessor.release()


LEAVES_AT_ONCE = """
import asyncio, os, sys
from pathlib import Path
from controller.journal.journal import Journal
from tests.fakes.recorded_calls import new_call_id, whole_call

async def main():
    async with Journal.open(Path(sys.argv[1]), "postgresql://callctl@127.0.0.1:1/callctl") as journal:
        records = whole_call(new_call_id())
        for record in records:
            journal.append(record)
        journal.close_disk()
        print(len(records), flush=True)
        os._exit(0)

asyncio.run(main())
"""


async def test_what_was_appended_before_a_process_leaves_at_once_is_what_its_successor_finds(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", LEAVES_AT_ONCE, str(tmp_path))
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[4])
    told, _ = await asyncio.wait_for(process.communicate(), 30)
    async with Journal.open(tmp_path, NOWHERE, QUICK) as successor:
        assert successor.status().backlog == int(told.splitlines()[-1]) > 0


async def test_the_ledger_is_opened_with_the_journal_and_answers_without_postgresql(tmp_path: Path) -> None:
    entry = Entry(
        call_id=new_call_id(), number="+380671112233", intent="book_fitting", stage="done", at_ms=now_ms(), key="k", result={"id": "b1"}
    )
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        await journal.ledger.record(entry)
        assert journal.status().appended == 1  # for PostgreSQL, when it comes
        journal.ledger.note(msgspec.structs.replace(entry, stage="used", key="", result={}))
        assert journal.status().appended == 1  # uses are recorded as tool calls
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        assert journal.ledger.find("k") == entry
        assert [one.stage for one in journal.ledger.entries(number="+380671112233")] == ["done", "used"]


async def test_a_directory_that_cannot_be_read_is_told_before_any_call(tmp_path: Path) -> None:
    (tmp_path / "000000000001.segment").mkdir()
    with pytest.raises(DirectoryUnusable, match="cannot be used"):
        async with Journal.open(tmp_path, NOWHERE, QUICK):
            pass


async def test_a_record_that_no_encoding_holds_is_counted_and_raises_nothing(tmp_path: Path) -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        for event in ({"n": 1 << 70}, endless):
            journal.append(MachineStepped(call_id=new_call_id(), sequence=1, at_ms=1, state="x", event=event, commands=[]))
        assert (journal.status().refused, journal.status().appended) == (2, 0)


async def test_leaving_by_an_error_or_a_cancellation_still_puts_everything_on_the_disk(tmp_path: Path) -> None:
    leaving = asyncio.Event()

    async def controller() -> None:
        patient = JournalSettings(drain_timeout_s=60, limits=SpoolLimits(interval_s=60))
        async with Journal.open(tmp_path, NOWHERE, patient) as journal:
            journal.append(call_revised(new_call_id()))
            try:
                await asyncio.Event().wait()
            finally:
                leaving.set()

    task = asyncio.create_task(controller())
    await until(lambda: (tmp_path / "lock").exists())
    task.cancel()
    await leaving.wait()
    await asyncio.sleep(0)
    task.cancel()  # an impatient second time, while it waits for PostgreSQL
    with pytest.raises(asyncio.CancelledError):
        await task
    assert segment_numbers(tmp_path) == [1]
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        assert len(journal.open_calls()) == 1


async def test_a_limit_of_the_real_file_system_is_told_and_stops_nobody(tmp_path: Path) -> None:
    """RLIMIT_FSIZE cuts writes in the middle, as a full disk does. It holds for a whole process, therefore one of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.unit.controller.journal.full_disk", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    told = [line for line in output.decode().splitlines() if line.startswith(("disk:", "mended:"))]
    assert told == ["disk: File too large", "mended: 300 of 300 durable, 0 refused"]
    async with Journal.open(tmp_path, NOWHERE, QUICK) as journal:
        assert journal.status().backlog == 300
        assert len(journal.open_calls()) == 300


async def test_a_file_system_without_room_is_told_and_once_there_is_room_nothing_is_missing(tmp_path: Path) -> None:
    """A real one, in a mount namespace of its own."""
    mounting = ("unshare", "--user", "--map-root-user", "--mount")
    if shutil.which("unshare") is None or await _output(*mounting, "true") is None:
        pytest.skip("this kernel lets only root mount: the same failure, by a limit of the process, is tested above")
    output = await _output(*mounting, sys.executable, "-m", "tests.unit.controller.journal.small_disk", str(tmp_path))
    assert output is not None
    assert [line for line in output.splitlines() if line.startswith(("disk:", "mended:", "a successor:"))] == [
        "disk: No space left on device",
        "mended: 2000 of 2000 durable, 0 refused",
        "a successor: 2000 wait, 2000 calls are open",
    ]


async def _output(*command: str) -> str | None:
    """None: it failed."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return output.decode() if process.returncode == 0 else None


async def test_a_full_disk_does_not_keep_the_spool_from_emptying(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limits=SpoolLimits(segment_bytes=1, interval_s=0.001))
    room = tmp_path / "room"
    assert room.stat().st_size > 0
    spool.make_room()
    assert not room.exists()
    for payload in (b"1", b"2"):
        spool.append(payload)
        spool.hurry()
        await until(lambda: spool.durable == spool.appended)
    chunk = spool.read(spool.position, 2)
    spool.acknowledge(spool.read(chunk.end, 1).end, 2)
    assert len(segment_numbers(tmp_path)) == 1
    assert room.stat().st_size > 0  # kept back again for the next time
    spool.close()
