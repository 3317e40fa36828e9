"""Reading calls back, and the statements of ``queries.sql`` by name."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from controller.journal.ids import moment, unix_ms
from controller.journal.records import CallRevised

BEFORE = timedelta(hours=1)  # a clock set back during a call dates its turns before its start
LONGEST_CALL = timedelta(days=1)


def load(text: str) -> dict[str, LiteralString]:
    """The statements of an annotated SQL file: each begins with ``-- name: <name>`` and ends where the next begins."""
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)[1:]
    statements: dict[str, LiteralString] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        lines = [line for line in body.splitlines() if not line.startswith("--")]
        statements[name] = "\n".join(lines).strip().removesuffix(";")
    return statements


QUERIES = load(resources.files(__package__).joinpath("queries.sql").read_text("utf-8"))

Row = dict[str, Any]
"""One row, by the column names of the schema (migrations/versions)."""


@dataclass(frozen=True, slots=True)
class CallShown:
    """A call with all that was kept of it, in the order in which it happened."""

    call: Row
    turns: list[Row]
    tool_calls: list[Row]
    events: list[Row]
    writes: list[Row]


async def recent_calls(
    connection: AsyncConnection[Any], *, since: datetime, until: datetime, limit: int = 20, outcome: str | None = None
) -> list[Row]:
    """Calls that started in [*since*, *until*), newest first: columns of ``calls`` and the numbers ``turns``, ``tool_calls``."""
    bounds = {"since": since, "until": until, "parts_since": since - BEFORE, "parts_until": until + LONGEST_CALL}
    return await _fetch(connection, "recent_calls", **bounds, limit=limit, outcome=outcome)


async def show_call(connection: AsyncConnection[Any], call_id: uuid.UUID) -> CallShown | None:
    """One call by its id alone; ``None`` if there is none."""
    try:
        started_at = moment(unix_ms(call_id))
        bounds = {"call_id": call_id, "since": started_at - BEFORE, "until": started_at + LONGEST_CALL}
    except OverflowError:  # no call is so late
        return None
    calls = await _fetch(connection, "call", call_id=call_id, started_at=started_at)
    if not calls:
        return None
    return CallShown(
        call=calls[0],
        turns=await _fetch(connection, "turns_of_call", **bounds),
        tool_calls=await _fetch(connection, "tool_calls_of_call", **bounds),
        events=await _fetch(connection, "events_of_call", **bounds),
        writes=await _fetch(connection, "writes_of_call", **bounds),
    )


async def open_calls(connection: AsyncConnection[Any], app: str, *, now: datetime) -> list[CallRevised]:
    """What *app* left open within the last day: for a successor that has lost the spool of its predecessor."""
    rows = await _fetch(connection, "open_calls", app=app, since=now - LONGEST_CALL, until=now + BEFORE)
    return [_revision(row) for row in rows]


def _revision(row: Row) -> CallRevised:
    answered: datetime | None = row["answered_at"]
    return CallRevised(
        call_id=str(row["id"]),
        revision=row["revision"],
        caller_id=row["caller_id"],
        app=row["app"],
        channel_id=row["channel_id"],
        state=row["state"],
        answered_at_ms=None if answered is None else round(answered.astimezone(UTC).timestamp() * 1000),
        scenario=row["scenario"],
        transferred=row["transferred_to_operator"],
        transfer_reason=row["transfer_reason"],
        prompt_version=row["prompt_version"],
        quality=row["quality_score"],
        cost=row["cost_breakdown"],
        media=row["media"],
    )


async def _fetch(connection: AsyncConnection[Any], name: str, **parameters: object) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(QUERIES[name], parameters)
        return await cursor.fetchall()
