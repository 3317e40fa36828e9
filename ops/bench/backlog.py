"""How the journal stands a long absence of PostgreSQL: ``python -m ops.bench.backlog [--records 1000000]``.

    append    what a record costs the event loop, and how many a second the disk takes
    start     how long opening the journal holds up a successor, with all of them waiting: nobody is adopted before
    lost      the same when the file that spares the reading is gone
    replay    records a second into a real PostgreSQL, the longest time the event loop was held meanwhile, and memory

Everything is checked at the end: each record is in the database, once. Exits 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import psycopg
import structlog
from uuid_utils.compat import uuid7

import migrations
from agent.records import Latencies, TurnRecord
from controller.journal.journal import Journal, JournalSettings
from controller.journal.open_calls import FILE as OPEN_CALLS
from controller.journal.records import CallRevised, Logged, Record, TurnRecorded
from ops.devstack import DevStack

NOWHERE = "postgresql://callctl@127.0.0.1:1/callctl"
PER_CALL = 20  # records: two of the call, six turns, twelve lines of its log
REPLAY_LIMIT_S = 1_800.0
BEAT_S = 0.005
POLL_S, FILL_LIMIT_POLLS = 0.01, 6_000


@dataclass(slots=True)
class Figures:
    records: int = 0
    calls: int = 0
    spool_mb: float = 0.0
    append_us: float = 0.0  # of the event loop, for each
    disk_per_s: float = 0.0
    start_ms: float = 0.0
    start_without_file_ms: float = 0.0
    replay_per_s: float = 0.0
    held_ms: float = 0.0  # the event loop, at most
    held_p99_ms: float = 0.0
    memory_mb: float = 0.0  # the most that the process had
    missing: int = 0


def call_of(number: int) -> list[Record]:
    """A call as it is recorded, from its first record to its end."""
    call_id, at_ms = str(uuid7()), time.time_ns() // 1_000_000
    begun = CallRevised(
        call_id=call_id, revision=1, caller_id=f"+38050{number:07d}", app="bench", channel_id=f"{number}.1", state="greeting"
    )
    turns = [
        TurnRecorded(
            call_id=call_id,
            turn=TurnRecord(
                turn_number=turn,
                speaker="agent" if turn % 2 else "caller",
                text="Добрий день! Підкажіть, будь ласка, які шини вас цікавлять?",
                started_at_ms=at_ms + turn,
                latencies=Latencies(hold_ms=500, stt_ms=40, model_ms=300, tts_ms=200, wire_ms=20, answer_ms=1060),
            ),
        )
        for turn in range(1, 7)
    ]
    lines = [
        Logged(
            call_id=call_id, sequence=line, at_ms=at_ms + line, position=(number * 20 + line), source="ctl", name="TurnSpoken", app="bench"
        )
        for line in range(1, 13)
    ]
    return [begun, *turns, *lines, msgspec.structs.replace(begun, revision=2, state="ended", ended_at_ms=at_ms + 60, outcome="goodbye")]


async def fill(directory: Path, figures: Figures) -> None:
    """As fast as the disk takes them, and no faster: memory is not what is measured."""
    settings = JournalSettings(drain_timeout_s=0)
    began_s, appending_s = time.perf_counter(), 0.0
    async with Journal.open(directory, NOWHERE, settings) as journal:
        for number in range(figures.calls):
            records = call_of(number)
            before_s = time.perf_counter()
            for record in records:
                journal.append(record)
            appending_s += time.perf_counter() - before_s
            if number % 100 == 0:
                await asyncio.sleep(0)
            await _durable(journal, behind=20_000)
        await _durable(journal, behind=0)
    figures.append_us = 1e6 * appending_s / figures.records
    figures.disk_per_s = figures.records / (time.perf_counter() - began_s)


async def _durable(journal: Journal, *, behind: int) -> None:
    """Wait until the disk is at most so many records behind."""
    for _ in range(FILL_LIMIT_POLLS):
        if journal.status().appended - journal.status().durable <= behind:
            return
        await asyncio.sleep(POLL_S)
    raise TimeoutError("the disk does not keep up")


async def start(directory: Path, figures: Figures) -> float:
    """In ms."""
    began_s = time.perf_counter()
    async with Journal.open(directory, NOWHERE, JournalSettings(drain_timeout_s=0)) as journal:
        took_ms = 1e3 * (time.perf_counter() - began_s)
        assert journal.status().backlog == figures.records, journal.status()
    return took_ms


async def replay(directory: Path, dsn: str, figures: Figures) -> None:
    held: list[float] = []

    async def beat() -> None:
        """How much later than asked for the loop comes back: what audio would feel."""
        while True:
            asked_s = time.perf_counter()
            await asyncio.sleep(BEAT_S)
            held.append(time.perf_counter() - asked_s - BEAT_S)

    beating = asyncio.create_task(beat(), name="beat")
    began_s = time.perf_counter()
    async with Journal.open(directory, dsn) as journal:
        assert await journal.flush(REPLAY_LIMIT_S), journal.status()
        figures.replay_per_s = figures.records / (time.perf_counter() - began_s)
        beating.cancel()
        await asyncio.wait([beating])
    held.sort()
    figures.held_p99_ms, figures.held_ms = 1e3 * held[len(held) * 99 // 100], 1e3 * held[-1]


def missing(dsn: str, figures: Figures) -> int:
    """How many rows there are not that should be there, or are there that should not."""
    counts = {
        "SELECT count(*) FROM calls WHERE ended_at IS NOT NULL": 1,
        "SELECT count(*) FROM call_turns": 6,
        "SELECT count(*) FROM call_events": 12,
    }
    with psycopg.connect(dsn) as connection:
        found = {count: connection.execute(count.encode()).fetchone() or (0,) for count in counts}
    return sum(abs(figures.calls * each - int(found[count][0])) for count, each in counts.items())


def measure(records: int, tell: Callable[[str], None]) -> Figures:
    figures = Figures(calls=records // PER_CALL, records=records // PER_CALL * PER_CALL)
    with DevStack(parts=("postgres",), progress=tell) as stack, tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        migrations.upgrade(stack.postgres.dsn)
        tell(f"{figures.records:,} records into the spool ...")
        asyncio.run(fill(directory, figures))
        figures.spool_mb = sum(path.stat().st_size for path in directory.glob("*.segment")) / 1e6
        tell("Starts with all of them waiting ...")
        figures.start_ms = min(asyncio.run(start(directory, figures)) for _ in range(3))
        (directory / OPEN_CALLS).unlink()
        figures.start_without_file_ms = asyncio.run(start(directory, figures))
        tell("PostgreSQL is back ...")
        asyncio.run(replay(directory, stack.postgres.dsn, figures))
        figures.missing = missing(stack.postgres.dsn, figures)
    figures.memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return figures


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.bench.backlog", description="How the journal stands a long absence of PostgreSQL.")
    parser.add_argument("--records", type=int, default=1_000_000)
    chosen = parser.parse_args(argv)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures = measure(chosen.records, lambda line: print(line, file=sys.stderr, flush=True))
    print(json.dumps({name: round(value, 2) for name, value in asdict(figures).items()}, indent=2))
    return 1 if figures.missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
