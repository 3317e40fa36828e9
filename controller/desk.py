"""The operators' side of the controller, joined: when they are at work, who is there.

Hours ─────► keep_hours ────► every call: DeskOpened, DeskClosed
the queue ─► OperatorsWatch ─► told(kind, items): the board
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg
import structlog

from controller.ari.rest import AriRest
from controller.hours import Hours
from controller.operators_watch import Kind, OperatorsWatch
from controller.reader import Reader
from controller.settings import Settings
from controller.switchboard import Switchboard

HOURS_LOOK_S = 30.0  # the longest without a look at the clock: it may be set
NAMES_KEPT_S = 60.0
NAMES_TIMEOUT_S = 1.0

Told = Callable[[Kind, list[dict[str, Any]]], None]

log = structlog.get_logger(__name__)


class DeskSetter(Protocol):
    """``controller.switchboard.Switchboard.set_desk``."""

    def __call__(self, *, is_open: bool) -> None: ...


class Desk:
    def __init__(self, hours: Hours, set_desk: DeskSetter, operators: OperatorsWatch) -> None:
        self.hours = hours
        self.operators = operators
        self._set_desk = set_desk
        set_desk(is_open=hours.is_open(datetime.now(UTC)))

    def look_at_clock(self) -> float:
        """Tell the calls whether operators are at work; seconds until that may change."""
        now = datetime.now(UTC)
        self._set_desk(is_open=self.hours.is_open(now))
        change = self.hours.next_change(now)
        return HOURS_LOOK_S if change is None else min(HOURS_LOOK_S, (change - now).total_seconds())

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_hours(), name="desk-hours")
            tasks.create_task(self.operators.run(), name="desk-operators")

    async def _keep_hours(self) -> None:
        while True:  # noqa: ASYNC110 - nobody announces the time
            await asyncio.sleep(self.look_at_clock())


@dataclass
class _Names:
    """Of operators, by id, from the table ``operators``: what stands there changes rarely."""

    reader: Reader
    known: Mapping[str, str]
    until_s: float = 0.0

    async def __call__(self) -> Mapping[str, str]:
        if time.monotonic() >= self.until_s:
            self.until_s = time.monotonic() + NAMES_KEPT_S
            try:
                rows = await self.reader.fetch("SELECT name, endpoint FROM operators WHERE active", {}, timeout_s=NAMES_TIMEOUT_S)
            except (psycopg.Error, TimeoutError) as error:
                log.info("operators_names_unknown", why=str(error).strip() or type(error).__name__)
            else:
                self.known = {row["endpoint"].rpartition("/")[2]: row["name"] for row in rows}
        return self.known


@asynccontextmanager
async def open_desk(settings: Settings, asterisk: AriRest, switchboard: Switchboard, told: Told) -> AsyncIterator[Desk]:
    """Connects to nothing before it is asked or run. *told* gets all items of a kind whenever one of them changed."""
    hours = settings.desk.parsed
    async with Reader.open(settings.database.url.get_secret_value(), "callctl-operators") as reader:
        operators = OperatorsWatch(
            asterisk,
            settings.calls.queues,
            zone=hours.zone,
            calls=lambda: [session.call for session in switchboard.sessions],
            names=_Names(reader, {}),
            told=told,
        )
        yield Desk(hours, switchboard.set_desk, operators)
