"""What we and Asterisk's dialplan agree upon; and: is the way to the operators there?

Asterisk takes the order to continue in a context that does not exist without a word, and hangs the caller up. So we look before the first
caller depends on it: a channel that calls nobody is made, asked, and removed, within milliseconds.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import structlog

from controller.ari.errors import AriNotFound, AriRefused
from controller.ari.resources import Channel
from controller.call.draft import QUEUE_CONTEXT

ACCEPTED_CONTEXT = "summary-accepted"
"""Where an operator goes who was told of the caller and takes him; extension s, priority 1, as below."""
ALONE_CONTEXT = "screen-alone"
"""Where Asterisk itself asks an operator, because we cannot."""

PROBE = "probe"
"""The Stasis argument by which such a channel is told from a caller."""
PROBE_PREFIX = "p-"

NEXT = "next"
"""The last Stasis argument of a new caller who has others to ask: a controller without room gives him back to the dialplan ..."""
PASSED_ON = {"CTL_NEXT": "1"}
"""... with this variable, which tells him from one whose call is over."""

ADVICE = "take it from asterisk/extensions.conf"

log = structlog.get_logger(__name__)


def takes_variable(app: str) -> str:
    """The global variable by which the controller *app* tells how many calls it takes at once; 0: no new ones now."""
    return f"TAKES_{app}"


def calls_variable(app: str) -> str:
    """... and by which how many it has."""
    return f"CALLS_{app}"


class Prober(Protocol):
    """``controller.ari.rest.AriRest`` is it; each raises ``AriError``."""

    async def create_channel(self, channel_id: str, endpoint: str, *args: str) -> Channel: ...

    async def get_variable(self, channel_id: str, variable: str) -> str: ...

    async def hang_up(self, channel_id: str) -> None: ...


class Dialplan:
    """*context* is where callers are sent when the agent does not have them; its extension s must exist."""

    def __init__(self, asterisk: Prober, context: str = QUEUE_CONTEXT) -> None:
        self._asterisk = asterisk
        self._context = context
        self.why: str | None = "the dialplan was not looked at yet"  # why callers would be lost there; None: all is well

    async def look(self) -> None:
        """Sets ``why``. Raises AriError when Asterisk cannot be asked."""
        looking = asyncio.create_task(self._missing(), name="dialplan-look")
        try:
            before, self.why = self.why, await asyncio.shield(looking)
        except asyncio.CancelledError:
            await asyncio.wait([looking])  # a channel half made would stay for ever; each of its steps has a time limit
            raise
        if self.why and self.why != before:
            log.error("dialplan_incomplete", why=self.why)

    async def _missing(self) -> str | None:
        try:
            async with probing(self._asterisk, self._context) as probe:
                if not await self._exists(probe, self._context):
                    return f"Asterisk's dialplan has no s in [{self._context}]: a transfer would hang the caller up; {ADVICE}"
                if await self._exists(probe, "screen"):  # else operators are not told first, and nothing of it is needed
                    for context in (ACCEPTED_CONTEXT, ALONE_CONTEXT):
                        if not await self._exists(probe, context):
                            return f"Asterisk's dialplan has no s in [{context}]: an operator who takes a call would be hung up; {ADVICE}"
        except AriRefused as error:
            return f"the dialplan cannot be looked at: {error}"
        return None

    async def _exists(self, probe: str, context: str) -> bool:
        return await self._asterisk.get_variable(probe, f"DIALPLAN_EXISTS({context},s,1)") == "1"


@asynccontextmanager
async def probing(asterisk: Prober, context: str = QUEUE_CONTEXT) -> AsyncIterator[str]:
    """A channel that calls nobody, to read functions of the dialplan through: its id. Raises AriError."""
    probe = f"{PROBE_PREFIX}{uuid.uuid4()}"
    try:
        await asterisk.create_channel(probe, f"Local/s@{context}/n", PROBE)
        yield probe
    finally:
        with suppress(AriNotFound):
            await asterisk.hang_up(probe)


def is_probes_channel(channel_id: str) -> bool:
    return channel_id.startswith(PROBE_PREFIX)


def is_probe(args: Sequence[str]) -> bool:
    return list(args[:1]) == [PROBE]
