"""A journal on a file system of its own with room for 400 kB: python -m tests.unit.controller.journal.small_disk DIRECTORY

Run it where DIRECTORY may be mounted over (``unshare --user --map-root-user --mount``); what is mounted goes with the process.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from controller.journal.journal import Journal, JournalSettings
from controller.journal.spool import SpoolLimits
from tests.fakes.recorded_calls import call_revised, new_call_id
from tests.waiting import until

NOWHERE = "postgresql://callctl@127.0.0.1:1/callctl"
SETTINGS = JournalSettings(drain_timeout_s=0, limits=SpoolLimits(segment_bytes=50_000, interval_s=0.005))


async def fill(directory: Path, ballast: Path) -> None:
    async with Journal.open(directory, NOWHERE, SETTINGS) as journal:
        for _ in range(1_500):
            journal.append(call_revised(new_call_id()))
        await until(lambda: journal.status().disk_failing)
        sys.stdout.write(f"{journal.status().disk_failing}\n")
        for _ in range(500):
            journal.append(call_revised(new_call_id()))
        ballast.unlink()  # noqa: ASYNC240 - of memory
        await until(lambda: journal.status().durable == 2_000)
        assert journal.status().disk_failing is None
        sys.stdout.write(f"mended: {journal.status().durable} of 2000 durable, {journal.status().refused} refused\n")
    async with Journal.open(directory, NOWHERE, SETTINGS) as journal:
        sys.stdout.write(f"a successor: {journal.status().backlog} wait, {len(journal.open_calls())} calls are open\n")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", place], check=True)
    extra = place / "ballast"
    extra.write_bytes(bytes(900_000))
    asyncio.run(fill(place / "journal", extra))
