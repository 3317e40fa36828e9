"""The log as PostgreSQL has it: of each app everything up to some position, for lines arrive in the order of their positions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, Protocol

import msgspec
import psycopg

from controller.journal.ids import moment, unix_ms
from controller.journal.queries import BEFORE, LONGEST_CALL, QUERIES
from controller.log_stream.cursor import Cursor
from controller.log_stream.line import Line
from controller.reader import Rows

PAGE = 200
"""Lines at a time: two milliseconds of the event loop."""
TIMEOUT_S = 5.0
LOOK_BACK = timedelta(days=2)
"""For the last lines of all calls; what is older is of no interest to whoever wants the newest."""


class NoHistory(Exception):
    """PostgreSQL does not answer; the text says why."""


class Asked(Protocol):
    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows: ...


class History:
    """Every method raises ``NoHistory``."""

    def __init__(self, reader: Asked) -> None:
        self._reader = reader

    async def after(self, app: str, position: int, *, limit: int = PAGE) -> list[Line]:
        return _lines(await self._ask("log_after", app=app, after=position, since=_since(position), limit=limit))

    async def of_call_after(self, call_id: uuid.UUID, cursor: Cursor, absent: int, *, limit: int = PAGE) -> list[Line]:
        """Over all apps, by position; *absent* is where one begins that *cursor* does not name."""
        try:
            started_at = moment(unix_ms(call_id))
            bounds = {"since": started_at - BEFORE, "until": started_at + LONGEST_CALL}
        except OverflowError:  # no call is so late
            return []
        places = msgspec.json.encode(dict(cursor)).decode()
        return _lines(await self._ask("log_of_call_after", call_id=call_id, cursor=places, absent=absent, limit=limit, **bounds))

    async def back(self, app: str, until: int, rows: int) -> int:
        """A position behind which *app* has the newest *rows* lines up to *until*, or as many as there are."""
        since = _moment_of(until) - LOOK_BACK
        found = (await self._ask("log_back", app=app, until=until, since=since, rows=rows))[0]["position"]
        return until if found is None else int(found) - 1

    async def reaches(self, app: str, position: int) -> bool:
        """Whether everything of *app* up to *position* is there for certain; False while it has written nothing since."""
        return bool((await self._ask("log_reaches", app=app, position=position, since=_since(position)))[0]["reaches"])

    async def apps(self, since: int) -> list[str]:
        """The apps that had calls since position *since*."""
        return sorted(row["app"] for row in await self._ask("log_apps", since=_moment_of(since) - LONGEST_CALL) if row["app"])

    async def ended(self, call_id: uuid.UUID) -> bool | None:
        """Whether the call's record is closed; None: there is no such call."""
        try:
            started_at = moment(unix_ms(call_id))
        except OverflowError:  # no call is so late
            return None
        rows = await self._ask("log_call_ended", call_id=call_id, started_at=started_at)
        return bool(rows[0]["ended"]) if rows else None

    async def _ask(self, statement: str, **parameters: Any) -> Rows:
        try:
            return await self._reader.fetch(QUERIES[statement], parameters, timeout_s=TIMEOUT_S)
        except (psycopg.Error, TimeoutError) as error:
            words = str(error).strip().splitlines()
            raise NoHistory(f"PostgreSQL: {words[0] if words else type(error).__name__}") from error


def _lines(rows: Iterable[dict[str, Any]]) -> list[Line]:
    return [
        Line(
            app=row["app"],
            position=row["position"],
            call=row["call"],
            source=row["source"],
            level=row["level"],
            json=row["json"].encode(),
        )
        for row in rows
    ]


def _since(position: int) -> datetime:
    """No line behind *position* is older than that: a position is a time."""
    return _moment_of(position) - BEFORE


def _moment_of(position: int) -> datetime:
    try:
        return moment(position // 1000)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) - LONGEST_CALL
