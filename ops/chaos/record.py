"""Reads calls' records from PostgreSQL, which may be dead, stopped or slow at that moment: then there is no answer, and no error either."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from controller.journal.queries import CallShown, recent_calls, show_call
from ops.chaos.observations import Kept

LOOK_S: Final = 1.0
PATIENT_S: Final = 10.0


class Records:
    """Of calls that began after it was entered. For one user at a time."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._looking: set[asyncio.Task[list[CallShown] | None]] = set()

    async def __aenter__(self) -> Self:
        self._since = datetime.now(UTC) - timedelta(seconds=1)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for looking in self._looking:
            looking.cancel()
        if self._looking:
            await asyncio.wait(self._looking)
        if self._connection is not None:
            self._connection.pgconn.finish()

    async def of(self, number: str, within_s: float = LOOK_S) -> list[CallShown] | None:
        """The records of the calls from *number*, newest first; None: nobody knows now."""
        looking = asyncio.create_task(self._look(number), name=f"look for {number}")
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)
        try:
            done, _ = await asyncio.wait({looking}, timeout=within_s)
        finally:
            looking.cancel()  # not waited for: psycopg asks the server to forget the question, which takes seconds if it stands still
        return looking.result() if done else None

    async def _look(self, number: str) -> list[CallShown] | None:
        connection, self._connection = self._connection, None  # the next look does not wait behind this one
        try:
            if connection is None:
                connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
            until = datetime.now(UTC) + timedelta(minutes=1)
            calls = await recent_calls(connection, since=self._since, until=until, limit=500)
            shown = [await show_call(connection, call["id"]) for call in calls if call["caller_id"] == number]
        except (psycopg.Error, OSError):
            return None
        else:
            self._connection, connection = connection, None
            return [found for found in shown if found is not None]
        finally:
            if connection is not None:
                connection.pgconn.finish()  # close() would wait for a server that stands still


def kept(shown: CallShown) -> Kept:
    """What the oracle looks at."""
    return Kept(
        call_id=str(shown.call["id"]),
        closed=shown.call["ended_at"] is not None,
        outcome=shown.call["outcome"],
        ended_by=shown.call["ended_by"],
        transferred=bool(shown.call["transferred_to_operator"]),
        caller_turns=tuple(turn["text"] for turn in shown.turns if turn["speaker"] == "caller"),
        done=tuple((write["intent"], str(write["key"])) for write in shown.writes if write["stage"] == "done"),
    )
