"""Is Asterisk well, dead, or stuck? Asked once a second, on a connection of its own, of what a deadlock stops first.

    GET /ari/applications ──answers within 2 s──────────────────────────────────► well
          │ refused, no route, another answer ──────────────────────────────────► dead: it is started by whoever starts it
          └ no answer ──► connects? ──no────────────────────────────────────────► dead: the network, or the machine
                              └─yes─► GET /ari/asterisk/ping ──answers──────────► stuck: its applications are locked for good
                                                   └──no answer─────────────────► stuck: it answers nothing

A list of channels or a ping goes on to answer while the layer of applications is deadlocked, which is what a call needs (asterisk#2170).
A stuck Asterisk does not mend itself and is not started anew by who only looks whether its process lives: that is why it has a name here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal, NoReturn
from urllib.parse import urlsplit

import structlog

from controller.ari.errors import AriError, AriTimeout
from controller.ari.http import Pool, basic_authorization

PERIOD_S = 1.0
STUCK_PERIOD_S = 3.0  # each question to it costs it a thread; its return is known within five seconds
ANSWER_S = 2.0
CLASSIFY_S = 0.7  # together with the period and the answer less than five seconds
STOP_S = 1.0

Condition = Literal["unknown", "well", "dead", "stuck"]

log = structlog.get_logger(__name__)


class Probe:
    """Made by ``open``."""

    def __init__(self, url: str, username: str, password: str, *, period_s: float = PERIOD_S, answer_s: float = ANSWER_S) -> None:
        self._url = url.rstrip("/")
        self._period_s = period_s
        self._answer_s = answer_s
        authorization = basic_authorization(username, password)
        self._pool = Pool(self._url, authorization, connections=1, timeout_s=answer_s)
        self._beside = Pool(self._url, authorization, connections=1, timeout_s=CLASSIFY_S)
        self.condition: Condition = "unknown"
        self.why: str | None = "Asterisk was not asked yet"  # None: it is well
        self.took_ms = 0  # its last answer

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, username: str, password: str) -> AsyncIterator[Probe]:
        probe = cls(url, username, password)
        task = asyncio.create_task(probe.run(), name="ari-probe")
        try:
            yield probe
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=STOP_S)
            await probe.close()

    @property
    def stuck(self) -> bool:
        return self.condition == "stuck"

    async def run(self) -> NoReturn:
        while True:
            try:
                await self.look()
            except Exception:  # the task's edge: a mistake here must not leave an old answer standing
                log.exception("ari_probe_failed")
                self._tell("unknown", "the question to Asterisk failed in us")
            await asyncio.sleep(STUCK_PERIOD_S if self.stuck else self._period_s)

    async def look(self) -> None:
        """Sets ``condition`` and ``why``; at most ``ANSWER_S`` and twice ``CLASSIFY_S`` long."""
        began_s = time.monotonic()
        try:
            await self._pool.request("GET", f"{self._url}/ari/applications")
        except AriTimeout as late:
            self._tell(*await self._silent(late))
        except AriError as error:
            self._tell("dead", str(error))
        else:
            self._tell("well", None)
        self.took_ms = round((time.monotonic() - began_s) * 1000)

    async def close(self) -> None:
        await self._pool.close()
        await self._beside.close()

    async def _silent(self, late: AriTimeout) -> tuple[Condition, str]:
        if not await self._connects():
            return "dead", f"Asterisk is not reachable at {self._url} (no connection within {CLASSIFY_S:g} s)"
        try:
            await self._beside.request("GET", f"{self._url}/ari/asterisk/ping")
        except AriTimeout:
            return "stuck", f"Asterisk is stuck: it takes connections and answers nothing ({late})"
        except AriError as error:
            return "dead", str(error)
        return "stuck", f"Asterisk is stuck: it answers a ping and nothing about its applications ({late}): they are deadlocked"

    async def _connects(self) -> bool:
        where = urlsplit(self._url)
        try:
            async with asyncio.timeout(CLASSIFY_S):
                _, writer = await asyncio.open_connection(where.hostname, where.port or 80)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    def _tell(self, condition: Condition, why: str | None) -> None:
        if condition != self.condition:
            if condition == "stuck":
                log.error("asterisk_stuck", why=why)
            elif condition == "dead":
                log.warning("asterisk_dead", why=why)
            else:
                log.info("asterisk_well", before=self.condition)
        self.condition, self.why = condition, why
