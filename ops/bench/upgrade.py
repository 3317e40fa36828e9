"""``make bench ARGS="--upgrade 20"``: two controllers are replaced, one after the other, while so many callers come and go."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from rich.table import Table

from controller.journal.queries import recent_calls
from ops.bench.figures import percentile
from ops.bench.spec import number
from ops.caller.crowd import Visit, come_and_go
from ops.caller.telephone import Exchange
from ops.devstack import DevStack
from ops.system import Controller, System
from ops.workers import open_workers, upgrade

HOLE_MS = 300.0
RECORDS_S = 5.0


@dataclass(frozen=True, slots=True)
class Upgraded:
    lasted_s: float
    said: str  # by the script
    went_well: bool
    visits: list[Visit]
    by_app: Counter[str]
    by_reason: Counter[str]  # of those who were sent to the operators

    @property
    def holes(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.hole_ms > HOLE_MS]

    @property
    def failed(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.failure]

    @property
    def well(self) -> bool:
        return self.went_well and not self.holes and not self.failed and not self.by_reason


def measure(progress: Callable[[str], None], callers: int) -> Upgraded:
    with (
        DevStack(progress=progress) as stack,
        System(stack, progress=progress, LOG_LEVEL="WARNING") as system,
        open_workers(system, 2) as workers,
    ):
        return asyncio.run(_measure(progress, system, workers, callers))


async def _measure(progress: Callable[[str], None], system: System, workers: Mapping[str, Controller], callers: int) -> Upgraded:
    over, numbers, since = asyncio.Event(), itertools.count(), datetime.now(UTC) - timedelta(seconds=5)
    async with Exchange(system.stack.asterisk) as exchange:
        crowd = asyncio.create_task(come_and_go(exchange, callers, lambda: number(next(numbers)), over))
        try:
            await asyncio.sleep(20.0)  # talks of every age are under way
            progress(f"{callers} callers come and go; the controllers are replaced ...")
            began_s = time.monotonic()
            ended = await asyncio.to_thread(upgrade, workers)
            lasted_s = time.monotonic() - began_s
        finally:
            over.set()
            visits = await crowd
    await asyncio.sleep(RECORDS_S)
    async with await psycopg.AsyncConnection.connect(system.stack.postgres.dsn, autocommit=True) as connection:
        calls = await recent_calls(connection, since=since, until=datetime.now(UTC) + timedelta(minutes=1), limit=1_000)
    reasons = Counter(str(call["transfer_reason"]) for call in calls if call["transfer_reason"])
    return Upgraded(
        lasted_s, ended.stdout + ended.stderr, ended.returncode == 0, visits, Counter(str(call["app"]) for call in calls), reasons
    )


def table(seen: Upgraded) -> Table:
    made = Table("", "", box=None, show_header=False)
    made.add_row("both replaced in, s", f"{seen.lasted_s:.0f}")
    made.add_row("calls", f"{len(seen.visits)}: " + ", ".join(f"{count} at {app}" for app, count in sorted(seen.by_app.items())))
    made.add_row(f"with a hole of more than {HOLE_MS:.0f} ms", str(len(seen.holes)))
    made.add_row("the longest hole of all, ms", f"{max((visit.hole_ms for visit in seen.visits), default=0.0):.0f}")
    greeted = [1000 * visit.greeted_s for visit in seen.visits if visit.greeted_s is not None]
    made.add_row(
        "from dialling to the agent's first word p50 / max, ms", " / ".join(f"{percentile(greeted, s) or 0.0:.0f}" for s in (0.5, 1))
    )
    reasons = [f"{count} {reason}" for reason, count in sorted(seen.by_reason.items())]
    made.add_row("sent to the operators", ", ".join(reasons) or "0")
    made.add_row("failed", str(len(seen.failed)))
    return made
