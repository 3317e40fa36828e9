"""Keeps the operators' desk up to date: asks Asterisk now and then, and whenever a call of ours moves; sends operators away and back.

A function of the dialplan is read through a channel alone, and there may be none: one that calls nobody is made, asked twice, and
removed, within milliseconds. (Never a subscription to device states: it can deadlock Asterisk.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal, NoReturn, Protocol
from zoneinfo import ZoneInfo

import structlog

from controller.ari.errors import AriError
from controller.call.state import Call
from controller.dialplan import Prober, probing
from controller.journal.records import CallRevised, Record
from controller.operators import Desk, Member, Shape, members, question, seen, state_of
from controller.record import now_ms

PERIOD_S = 3.0
SETTLING_S = 0.7  # several moves of calls in a row are one reason to look
AT_THE_DESK = frozenset({"transferring", "operator"})

Kind = Literal["operator", "queue"]

log = structlog.get_logger(__name__)


class Asterisk(Prober, Protocol):
    """``controller.ari.rest.AriRest`` is it."""

    async def set_global(self, variable: str, value: str) -> None:
        """A global variable, or a function of the dialplan that can be set without a channel."""


async def _no_names() -> Mapping[str, str]:
    return {}


class OperatorsWatch:
    """*told* gets all operators, or all who wait, whenever one of them changed. *calls* are those that live now.

    ``append`` is a sink of records.
    """

    def __init__(
        self,
        asterisk: Asterisk,
        queues: Sequence[str],
        *,
        zone: ZoneInfo,
        calls: Callable[[], Iterable[Call]],
        names: Callable[[], Awaitable[Mapping[str, str]]] = _no_names,
        told: Callable[[Kind, list[Shape]], None] = lambda kind, items: None,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._asterisk = asterisk
        self._queues = tuple(queues)
        self._calls = calls
        self._names = names
        self._told = told
        self._clock_ms = clock_ms
        self._desk = Desk(queues, zone)
        self._members: tuple[Member, ...] = ()
        self._latest: dict[str, list[Shape]] = {}
        self._moved = asyncio.Event()
        self._here: set[str] = set()  # calls in the queue or with operators, as their records say
        self.why: str | None = "the operators were not looked at yet"  # why what is shown may be old; None: it is not

    def operators(self) -> list[Shape]:
        return self._desk.operators()

    def queue(self) -> list[Shape]:
        return self._desk.waiting()

    def append(self, record: Record) -> None:
        """A call came to the queue or to an operator, or left them; what it does with the agent is no reason to ask Asterisk."""
        if not isinstance(record, CallRevised):
            return
        if record.state in AT_THE_DESK:
            self._here.add(record.call_id)
            self._moved.set()
        elif record.call_id in self._here:
            self._here.discard(record.call_id)
            self._moved.set()

    async def run(self, period_s: float = PERIOD_S) -> NoReturn:
        while True:
            await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(period_s):
                    await self._moved.wait()
                    self._desk.calls(self._calls(), self._clock_ms())  # who waits is known at once
                    self._tell()
                    await asyncio.sleep(SETTLING_S)

    async def look(self) -> None:
        """Ask Asterisk, and tell what changed. Raises nothing of Asterisk's."""
        self._moved.clear()
        try:
            answer = await self._ask()
            names = await self._names()
        except AriError as error:
            if self.why is None:
                log.warning("operators_not_seen", why=str(error))
            self.why = str(error)
            return
        self.why = None
        self._desk.look(seen(self._members, answer), self._calls(), names, self._clock_ms())
        self._tell()

    async def _ask(self) -> str:
        asking = asyncio.create_task(self._ask_through_probe(), name="operators-ask")
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            await asyncio.wait([asking])  # a channel half made would stay for ever; each of its steps has a time limit
            raise

    async def _ask_through_probe(self) -> str:
        async with probing(self._asterisk) as probe:
            self._members = members(self._queues, await self._asterisk.get_variable(probe, question(self._queues)))
            return await self._asterisk.get_variable(probe, state_of(self._members)) if self._members else ""

    def _tell(self) -> None:
        lists: tuple[tuple[Kind, list[Shape]], ...] = (("operator", self.operators()), ("queue", self.queue()))
        for kind, items in lists:
            if self._latest.get(kind) != items:
                self._latest[kind] = items
                self._told(kind, items)

    # What people may do

    async def pause(self, operator: str, *, on: bool) -> bool:
        """No calls for a while, in all his queues; False: there is no such operator. Raises AriError."""
        mine = [member for member in self._members if member.id == operator]
        for member in mine:
            await self._asterisk.set_global(f"QUEUE_MEMBER({member.queue},paused,{member.interface})", "1" if on else "0")
        if mine:
            await self.look()
        return bool(mine)

    async def away(self, operator: str, *, on: bool) -> bool:
        """Gone home, also during a talk: when all are, callers do not wait. False: there is no such operator, or he decides himself."""
        devices = {member.device for member in self._members if member.id == operator and member.device.startswith("Custom:")}
        for device in devices:
            await self._asterisk.set_global(f"DEVICE_STATE({device})", "UNAVAILABLE" if on else "NOT_INUSE")
        if devices:
            await self.look()
        return bool(devices)
