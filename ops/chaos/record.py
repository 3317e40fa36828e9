"""Reads calls' records from PostgreSQL, which may be dead, stopped or slow at that moment: then there is no answer, and no error either."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from controller.journal.queries import CallShown, recent_calls, show_call
from controller.reader import Reader
from ops.chaos.observations import Kept

LOOK_S: Final = 1.0
PATIENT_S: Final = 10.0


class Records:
    """Of calls that began after it was entered. For one user at a time."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def __aenter__(self) -> Self:
        self._since = datetime.now(UTC) - timedelta(seconds=1)
        self._opened = Reader.open(self._dsn, "chaos")
        self._reader = await self._opened.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._opened.__aexit__(kind, error, trace)

    async def of(self, number: str, within_s: float = LOOK_S) -> list[CallShown] | None:
        """The records of the calls from *number*, newest first; None: nobody knows now."""

        async def shown(connection: psycopg.AsyncConnection[Any]) -> list[CallShown]:
            until = datetime.now(UTC) + timedelta(minutes=1)
            calls = await recent_calls(connection, since=self._since, until=until, limit=500)
            found = [await show_call(connection, call["id"]) for call in calls if call["caller_id"] == number]
            return [one for one in found if one is not None]

        try:
            return await self._reader.ask(shown, timeout_s=within_s)
        except (psycopg.Error, TimeoutError, OSError):
            return None


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
