"""A process in which no file may grow beyond 20 kB for a while: python -m tests.unit.controller.journal.full_disk DIRECTORY"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from controller.journal.journal import Journal, JournalSettings
from controller.journal.spool import SpoolLimits
from tests.fakes.recorded_calls import call_revised, new_call_id
from tests.waiting import until


async def fill(directory: Path) -> None:
    settings = JournalSettings(drain_timeout_s=0, limits=SpoolLimits(interval_s=0.005))
    async with Journal.open(directory, "postgresql://callctl@127.0.0.1:1/callctl", settings) as journal:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        for _ in range(300):
            journal.append(call_revised(new_call_id()))
        await until(lambda: journal.status().disk_failing)
        sys.stdout.write(f"{journal.status().disk_failing}\n")
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await until(lambda: journal.status().durable == 300)
        assert journal.status().disk_failing is None
        sys.stdout.write(f"mended: {journal.status().durable} of 300 durable, {journal.status().refused} refused\n")


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1])))
