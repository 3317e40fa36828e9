"""A process to kill: writes numbered turns of one call into a journal and says on stdout how many are durable.

python -m tests.integration.journal_producer DIRECTORY DSN CALL_ID FIRST_NUMBER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from controller.journal.ids import call_uuid, unix_ms
from controller.journal.journal import Journal, JournalSettings
from controller.journal.spool import SpoolLimits
from tests.fakes.recorded_calls import turn_recorded


async def produce(directory: Path, dsn: str, call_id: str, number: int) -> None:
    settings = JournalSettings(limits=SpoolLimits(segment_bytes=20_000, interval_s=0.005))
    start_ms = unix_ms(call_uuid(call_id))
    async with Journal.open(directory, dsn, settings) as journal:
        first, before = number, journal.status().appended
        while True:
            journal.append(turn_recorded(call_id, number, at_ms=start_ms + number))
            number += 1
            durable = journal.status().durable - before
            sys.stdout.write(f"{first + durable - 1}\n")
            sys.stdout.flush()
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(produce(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
