"""Whether we take new calls and how many we have, told to Asterisk, whose dialplan gives a new caller to who has room and the fewest calls.

    callctl drain ──user event──► Admission ──► Switchboard: takes none
                                      └──────► TAKES_<app> = 0 ──► the dialplan passes us over;  callctl sees that it does

The command comes over ARI: it finds a controller by its name, wherever it runs, and who has that password can do to calls whatever he likes
anyway. What is told stands in global variables, not in device states: these outlive an Asterisk. A drain lives in this process alone, so
that none is forgotten: it ends with ``callctl undrain``, with us, and with Asterisk, whose end is the end of the calls that it waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, Self

import structlog
from uuid_utils.compat import uuid7

from controller.ari import messages as ari
from controller.ari.errors import AriError
from controller.ari.resources import AsteriskInfo
from controller.dialplan import calls_variable, takes_variable
from controller.journal.records import Audited

DRAIN, UNDRAIN = "drain", "undrain"
"""The user events, about no channel; their variable ``by`` is who asks."""

PAUSE_S = 0.05  # between two tellings: calls come in bursts
AGAIN_S = 15.0  # all is told again, in case somebody has changed it
STOP_S = 1.0
BY_MAX = 60

log = structlog.get_logger(__name__)


class Asterisk(Protocol):
    """``controller.ari.rest.AriRest`` is it; each raises ``AriError``."""

    async def asterisk_info(self) -> AsteriskInfo: ...

    async def set_global(self, variable: str, value: str) -> None: ...


class Calls(Protocol):
    """``controller.switchboard.Switchboard`` is it."""

    drained: bool

    @property
    def takes(self) -> int: ...

    @property
    def busy(self) -> int: ...

    def set_drained(self, *, drained: bool) -> None: ...

    async def change(self) -> None: ...


class Admission:
    """Made by ``open``. *note* keeps who drained us and who ended it."""

    def __init__(self, asterisk: Asterisk, calls: Calls, *, app: str, note: Callable[[Audited], None], again_s: float = AGAIN_S) -> None:
        self._asterisk = asterisk
        self._calls = calls
        self._app = app
        self._note = note
        self._again_s = again_s
        self._told: dict[str, int] = {}  # what Asterisk knows
        self._asterisk_started = ""
        self._in_turn = asyncio.Lock()
        self._known = asyncio.Event()  # under our name, to the dialplan

    @classmethod
    @asynccontextmanager
    async def open(
        cls, asterisk: Asterisk, calls: Calls, *, app: str, note: Callable[[Audited], None], again_s: float = AGAIN_S
    ) -> AsyncIterator[Self]:
        admission = cls(asterisk, calls, app=app, note=note, again_s=again_s)
        telling = asyncio.create_task(admission._keep_telling(), name="admission")
        try:
            yield admission
        finally:
            telling.cancel()
            await asyncio.wait([telling], timeout=STOP_S)

    async def connected(self) -> None:
        """Asterisk's events reach us (again). Raises AriError."""
        started = (await self._asterisk.asterisk_info()).status.startup_time
        before, self._asterisk_started = self._asterisk_started, started
        if self._calls.drained and before != started:
            log.warning("undrained", why="Asterisk was started anew")
            self._calls.set_drained(drained=False)
        self._told = {}
        await self._tell()
        self._known.set()

    def hear(self, event: ari.Event) -> None:
        """Returns at once; Asterisk knows it some milliseconds later."""
        match event:
            case ari.ChannelUserevent(channel=None, bridge=None, eventname="drain" | "undrain" as wish, userevent=said):
                by = "".join(filter(str.isprintable, str(said.get("by", ""))))[:BY_MAX] or "ari"
                log.warning(f"{wish}ed", by=by, calls=self._calls.busy)
                self._note(Audited(id=str(uuid7()), at_ms=time.time_ns() // 1_000_000, actor=by, role="terminal", action=wish))
                self._calls.set_drained(drained=wish == DRAIN)

    async def _keep_telling(self) -> None:
        await self._known.wait()
        while True:
            try:
                await self._tell()
            except AriError as error:  # Asterisk is away; when it is back, ``connected`` is quicker
                log.info("admission_not_told", why=str(error))
                await asyncio.sleep(self._again_s)
            await asyncio.sleep(PAUSE_S)
            try:
                async with asyncio.timeout(self._again_s):
                    while self._told == self._now():
                        await self._calls.change()
            except TimeoutError:
                self._told = {}

    async def _tell(self) -> None:
        async with self._in_turn:
            for variable, value in self._now().items():
                if self._told.get(variable) != value:
                    await self._asterisk.set_global(variable, str(value))
                    self._told[variable] = value

    def _now(self) -> dict[str, int]:
        return {takes_variable(self._app): self._calls.takes, calls_variable(self._app): self._calls.busy}
