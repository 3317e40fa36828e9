"""``callctl db spool``, on directories as a journal leaves them."""

from __future__ import annotations

import os
from pathlib import Path

from typer.testing import CliRunner, Result

from controller.cli import app
from controller.journal.files import segment_path
from controller.journal.journal import Journal, JournalSettings
from controller.journal.spool import SpoolLimits
from tests.fakes.recorded_calls import new_call_id, whole_call
from tests.waiting import until

NOWHERE = "postgresql://callctl@127.0.0.1:1/callctl"
QUICK = JournalSettings(drain_timeout_s=0.01, limits=SpoolLimits(interval_s=0.005))


def spool(directory: Path) -> Result:
    return CliRunner().invoke(app, ["db", "spool"], env={"JOURNAL_DIRECTORY": str(directory), "COLUMNS": "200"})


def contents(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


async def filled(directory: Path) -> list[str]:
    """Three calls, a record each of which waits; their ids."""
    calls = [new_call_id() for _ in range(3)]
    async with Journal.open(directory, NOWHERE, QUICK) as journal:
        for call_id in calls:
            for record in whole_call(call_id, 1):
                journal.append(record)
        await until(lambda: journal.status().durable == journal.status().appended)
    return calls


async def test_what_waits_is_shown_by_segment_and_by_kind(tmp_path: Path) -> None:
    await filled(tmp_path)
    before = contents(tmp_path)
    shown = spool(tmp_path)
    assert shown.exit_code == 0, shown.output
    assert "in use by nobody; 0 calls open, 0 entries in the ledger" in shown.stdout
    assert "call.1 6" in shown.stdout
    assert " wait for PostgreSQL, the oldest since 20" in shown.stdout
    assert shown.stderr == ""
    assert contents(tmp_path) == before, "it only looks"


async def test_beside_a_running_controller_it_names_the_process(tmp_path: Path) -> None:

    async with Journal.open(tmp_path, NOWHERE, QUICK):
        assert f"in use by process {os.getpid()}" in spool(tmp_path).stdout


async def test_what_is_lost_is_told_by_number_and_call(tmp_path: Path) -> None:
    calls = await filled(tmp_path)
    path = segment_path(tmp_path, 1)
    content = path.read_bytes()
    spoilt = content.find(calls[1].encode()) + 40  # in the first record of the second call
    path.write_bytes(content[:spoilt] + bytes([content[spoilt] ^ 1]) + content[spoilt + 1 :])
    shown = spool(tmp_path)
    assert shown.exit_code == 1
    per_call = len(whole_call(calls[0], 1))
    assert f"Lost: records {per_call + 1} (bytes " in shown.stderr
    assert f"of segment 1); of call {calls[1]}" in shown.stderr


def test_what_is_no_journal_is_told(tmp_path: Path) -> None:
    shown = spool(tmp_path)
    assert shown.exit_code == 1
    assert "cannot be read as a journal's directory: No such file" in shown.stderr
