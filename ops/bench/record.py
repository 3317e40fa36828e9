"""Reads a round's calls back from PostgreSQL, once their records are closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from controller.journal.queries import recent_calls, show_call
from ops.bench.answers import Answer, answers_of

_CLOSED_S = 30.0
_LOOK_S = 0.3


class RecordsMissing(Exception):
    """Calls have no closed record; the message names some of them."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A closed call: *media* counts frames_due, frames_sent, frames_skipped, frames_received of the controller's leg."""

    number: str
    outcome: str
    media: dict[str, int]
    answers: list[Answer]


async def read_calls(dsn: str, numbers: Collection[str], since: datetime) -> dict[str, CallRecord]:
    """By the callers' *numbers*. Raises ``RecordsMissing``."""
    offset_ms = 1000 * (time.time() - time.monotonic())
    deadline = time.monotonic() + _CLOSED_S
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        while True:
            until = datetime.now(UTC) + timedelta(minutes=1)
            rows = await recent_calls(connection, since=since, until=until, limit=2 * len(numbers) + 10)
            closed = {row["caller_id"]: row for row in rows if row["ended_at"] is not None}
            missing = sorted(set(numbers) - closed.keys())
            if not missing:
                return {one: await _read(connection, closed[one], offset_ms) for one in numbers}
            if time.monotonic() > deadline:
                named = ", ".join(missing[:5])
                raise RecordsMissing(f"{len(missing)} calls have no closed record in PostgreSQL after {_CLOSED_S:g} s: {named}")
            await asyncio.sleep(_LOOK_S)


async def _read(connection: psycopg.AsyncConnection[Any], row: dict[str, Any], offset_ms: float) -> CallRecord:
    shown = await show_call(connection, row["id"])
    if shown is None:
        raise RecordsMissing(f"call {row['id']} vanished from PostgreSQL")
    return CallRecord(row["caller_id"], row["outcome"], row["media"], answers_of(shown.turns, shown.tool_calls, offset_ms))
