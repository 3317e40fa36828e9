"""A test's hands and eyes: telephones with numbers of their own, and the records their calls leave behind."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from rich.console import Console

from controller.journal.queries import CallShown, recent_calls, show_call
from controller.shown import call_sheet
from ops.caller.script import Script
from ops.caller.talk import Talk, TalkLog
from ops.caller.telephone import Exchange, Telephone
from ops.system import System

HURRIED = 1.7  # the agent's speech is most of what these tests wait for
PRIORITY = -5  # audio before batch work, as a service would run; the stand-ins and the telephones here are the batch work

_numbers = itertools.count(1)
T = TypeVar("T")


class Floor:
    def __init__(self, system: System, exchange: Exchange) -> None:
        self.system = system
        self.exchange = exchange
        self.telephones: list[Telephone] = []
        self.numbers: list[str] = []
        self.unrecorded: list[str] = []
        self._began = datetime.now(UTC) - timedelta(seconds=1)

    def new_number(self, *, recorded: bool = True) -> str:
        """A caller's number that no other call of this session has, so that its record can be found."""
        number = f"+38067{next(_numbers):07d}"
        (self.numbers if recorded else self.unrecorded).append(number)
        return number

    async def dial(self, extension: str = "100", *, recorded: bool = True) -> Telephone:
        """*recorded* False: no controller will ever see this call, so there must be no record of it."""
        telephone = await self.exchange.dial(self.new_number(recorded=recorded), extension)
        self.telephones.append(telephone)
        return telephone

    async def talk(self, script: Script) -> tuple[Telephone, TalkLog]:
        """Dial and lead *script* to its end."""
        telephone = await self.dial()
        return telephone, await Talk(telephone).lead(script)

    async def record(self, number: str | None = None, within_s: float = 30.0) -> CallShown:
        """The closed record of the call from *number* (default: the last one dialled)."""
        wanted = number or self.numbers[-1]

        async def closed() -> CallShown | None:
            found = await self.records(wanted)
            return found[0] if found and found[0].call["ended_at"] is not None else None

        return await eventually(closed, f"a closed record of {wanted}", within_s)

    async def live_record(self, number: str | None = None) -> CallShown | None:
        """What PostgreSQL holds of a call that may still go on."""
        found = await self.records(number or self.numbers[-1])
        return found[0] if found else None

    async def records(self, number: str) -> list[CallShown]:
        dsn = self.system.stack.postgres.dsn
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            calls = await recent_calls(connection, since=self._began, until=datetime.now(UTC) + timedelta(minutes=1), limit=500)
            shown = [await show_call(connection, call["id"]) for call in calls if call["caller_id"] == number]
        return [found for found in shown if found is not None]

    async def state_is(self, state: str, number: str | None = None, within_s: float = 30.0) -> CallShown:
        """Wait until the record shows *state*."""

        async def shows() -> CallShown | None:
            found = await self.live_record(number)
            return found if found is not None and found.call["state"] == state else None

        return await eventually(shows, f"state {state}", within_s)

    # Telephones stay alive meanwhile: whoever starts, stops or kills the controller blocks, and does so in a thread.

    async def start_controller(self, *, wait: bool = True, **overrides: str) -> None:
        await asyncio.to_thread(self.system.controller.start, wait=wait, **overrides)

    async def stop_controller(self, within_s: float = 30.0) -> int:
        """SIGTERM; its exit code."""
        return await asyncio.to_thread(self.system.controller.stop, within_s)

    async def kill_controller(self) -> None:
        await asyncio.to_thread(self.system.controller.kill)

    async def readiness(self) -> Any:
        return await asyncio.to_thread(self.system.controller.readiness)

    async def hang_up_all(self) -> None:
        for telephone in self.telephones:
            if not telephone.gone:
                await telephone.hang_up()

    async def assert_all_over(self) -> None:
        """Hang up what still talks; then Asterisk is empty and each number has exactly one record, closed."""
        await self.hang_up_all()
        await eventually(self._empty, "an Asterisk without channels and bridges", 30.0)
        for number in self.numbers:
            await self.record(number)
            records = await self.records(number)
            assert len(records) == 1, f"{number} left {len(records)} records"
        for number in self.unrecorded:
            assert not await self.records(number), f"{number} never met a controller and has a record"

    async def tell(self) -> None:
        """On standard output, which pytest shows with a failure: what became of the calls, and all that happened in them."""
        console = Console(width=200, color_system=None)
        for number in self.numbers:
            for shown in await self.records(number):
                console.print(call_sheet(shown, str, events=True))

    async def _empty(self) -> bool:
        return not await self.exchange.channels() and not await self.exchange.bridges()


@asynccontextmanager
async def open_floor(system: System) -> AsyncIterator[Floor]:
    """A floor with the stand-ins as they are by default and a controller that runs; checked when it closes."""
    system.standins.reset()
    system.standins.control("google_tts").set(speed=HURRIED)
    if not system.controller.running:
        system.controller.start()
    async with Exchange(system.stack.asterisk) as exchange:
        floor = Floor(system, exchange)
        try:
            yield floor
            await floor.assert_all_over()
        finally:
            await floor.tell()


@dataclass(frozen=True, slots=True)
class Talked:
    """A talk that is over: what was seen on the wire, and its closed record."""

    log: TalkLog
    record: CallShown


def talk_at_once(system: System, scripts: Mapping[str, Script]) -> dict[str, Talked]:
    """Lead each script with a caller of its own, all at the same time: talks take as long as speech does."""

    async def lead_all() -> dict[str, Talked]:
        async with open_floor(system) as floor, asyncio.TaskGroup() as group:
            talks = {name: group.create_task(lead(floor, script), name=name) for name, script in scripts.items()}
        return {name: talk.result() for name, talk in talks.items()}

    async def lead(floor: Floor, script: Script) -> Talked:
        number = floor.new_number()
        telephone = await floor.exchange.dial(number)
        floor.telephones.append(telephone)
        log = await Talk(telephone).lead(script)
        return Talked(log, await floor.record(number))

    return asyncio.run(lead_all())


def prefer(pid: int) -> None:
    """Where we may: before other processes, in its own session and among the sessions (which Linux may weigh as groups)."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, PRIORITY)
        Path(f"/proc/{pid}/autogroup").write_text(str(PRIORITY))


async def eventually(condition: Callable[[], Awaitable[T | None]], what: str, within_s: float) -> T:
    """Ask *condition* until it gives something; fails with *what* was waited for and what was there last."""
    deadline = time.monotonic() + within_s
    while not (found := await condition()):
        assert time.monotonic() < deadline, f"no {what} within {within_s:g} s"
        await asyncio.sleep(0.05)
    return found


def speeches(shown: CallShown, speaker: str) -> list[dict[str, Any]]:
    return [turn for turn in shown.turns if turn["speaker"] == speaker]
