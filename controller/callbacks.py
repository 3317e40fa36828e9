"""Customers whom we promised to ring back: who is waiting, ringing them, and being done with it.

    machine, tool ─► CallBackNoted ─► journal ─► table callbacks ─► listed
    dial: the person's own telephone ─ picked up ─► dialplan [callback] ─► the customer, by CALLS_OUTBOUND

Nothing here is retried by itself: people ring people. Without CALLS_OUTBOUND nobody can dial outside through us, and a number that
cannot be a telephone's is never dialled, whatever the table says: it came from a caller.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from importlib import resources
from typing import Any, LiteralString, Protocol

import structlog

from agent.phone import normalise
from controller.ari.errors import AriError, AriTimeout
from controller.ari.resources import Channel
from controller.control import Answer, Person
from controller.journal.queries import load
from controller.reader import Reader, Rows

QUERIES = load(resources.files(__package__).joinpath("callbacks.sql").read_text("utf-8"))
TIMEOUT_S = 2.0
SHOWN_MAX = 500
RING_S = 30  # the person's own telephone
CONTEXT = "callback"
NUMBER = "{number}"
UKRAINIAN = "+380"

Shape = dict[str, Any]

log = structlog.get_logger(__name__)


class Asked(Protocol):
    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows: ...


class Originator(Protocol):
    """``controller.ari.rest.AriRest`` is it; raises ``AriError``."""

    async def originate(
        self,
        channel_id: str,
        endpoint: str,
        *,
        context: str,
        extension: str,
        caller_id: str | None = None,
        timeout_s: int = 10,
        variables: Mapping[str, str] | None = None,
    ) -> Channel: ...


async def _nobody() -> None:
    pass


class CallBacks:
    """*outbound* is what Asterisk dials for a number, as ``PJSIP/{number}@trunk``; empty: nothing. *changed* is awaited after each act.

    Every method raises ``psycopg.Error`` or ``TimeoutError`` while PostgreSQL is away.
    """

    def __init__(
        self, reader: Asked, asterisk: Originator, *, outbound: str = "", changed: Callable[[], Awaitable[None]] = _nobody
    ) -> None:
        self._reader = reader
        self._asterisk = asterisk
        self._outbound = outbound
        self._changed = changed

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, asterisk: Originator, *, outbound: str = "", changed: Callable[[], Awaitable[None]] = _nobody
    ) -> AsyncIterator[CallBacks]:
        async with Reader.open(dsn, "callctl-callbacks") as reader:
            yield cls(reader, asterisk, outbound=outbound, changed=changed)

    async def listed(self, *, done: bool = False) -> list[Shape]:
        """Open ones, the most urgent first; with *done* those of the last week behind them. In the console's shape, with whole numbers."""
        return [shape_of(row) for row in await self._ask("callbacks", done=done, limit=SHOWN_MAX)]

    async def done(self, callback_id: str, person: Person) -> Answer:
        """He was rung, or need not be."""
        if not await self._ask("callback_done", id=uuid.UUID(callback_id), owner=person.name):
            return Answer("callback_unknown")
        await self._changed()
        return Answer()

    async def dial(self, callback_id: str, person: Person) -> Answer:
        """Ring *person*'s telephone, and from there the customer. Accepted: it rings."""
        rows = await self._ask("callback", id=uuid.UUID(callback_id))
        if not rows:
            return Answer("callback_unknown")
        if rows[0]["state"] == "done":
            return Answer("callback_done")
        if not person.telephone:
            return Answer("no_telephone")
        number = normalise(rows[0]["phone"])
        if not self._outbound or not number.startswith(UKRAINIAN):
            return Answer("no_outbound", {"why": "number" if self._outbound else "setting"})
        try:
            await self._ring(person.telephone, number)
        except AriTimeout:
            return Answer("no_answer")
        except AriError as error:
            log.warning("callback_not_dialled", callback=callback_id, why=str(error))
            return Answer("asterisk_away")
        await self._ask("callback_tried", id=uuid.UUID(callback_id), owner=person.name)
        await self._changed()
        return Answer()

    async def _ring(self, telephone: str, number: str) -> None:
        await self._asterisk.originate(
            f"c-{uuid.uuid4()}",
            telephone,
            context=CONTEXT,
            extension="s",
            caller_id=number,
            timeout_s=RING_S,
            variables={"CALLBACK_TO": self._outbound.replace(NUMBER, number)},
        )

    async def _ask(self, statement: str, **parameters: object) -> Rows:
        return await self._reader.fetch(QUERIES[statement], parameters, timeout_s=TIMEOUT_S)


def shape_of(row: Mapping[str, Any]) -> Shape:
    """A row of the statement ``callbacks`` as the console wants it; *due* is Unix time in ms."""
    due: datetime = row["due_at"]
    return {
        "id": str(row["id"]),
        "call": str(row["call_id"]),
        "name": row["name"] or None,
        "tel": row["phone"],
        "why": row["why"] or None,
        "due": round(due.timestamp() * 1000),
        "tries": row["tries"],
        "owner": row["owner"],
        "state": row["state"],
    }
