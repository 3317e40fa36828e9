"""Does Asterisk send us its events, or does it only hold our connection?

    a user event to our own application ──► Asterisk ──► an event, this one or another: we hear
                   │                            └─ none within 2 s, asked again, none within 2 s ──► deaf: connect anew
                   └─ 404: Asterisk does not know the application ────────────────────────────────► deaf

A connection that answers pings can be deaf: an Asterisk that stood still for some seconds closes the old socket in the same instant in
which it takes the new one, and switches off the application that was just switched on ("Replacing Stasis app", then "Deactivating", in
its log). It stays so: requests work, no event comes, and new callers find no controller. Only an event tells.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from controller.ari.errors import AriError, AriNotFound
from controller.ari.messages import ChannelUserevent, Event

PREFIX = "callctl-echo-"
PERIOD_S = 1.0
ANSWER_S = 2.0
ASKED = 2  # times: a starved machine may be late once


class Echo:
    def __init__(self, ask: Callable[[str], Awaitable[None]], *, period_s: float = PERIOD_S, answer_s: float = ANSWER_S) -> None:
        """*ask* has Asterisk send a user event of that name to the application; raises AriError."""
        self._ask = ask
        self._period_s = period_s
        self._answer_s = answer_s
        self._came = asyncio.Event()

    def hears(self, event: Event) -> bool:
        """Whether *event* is one of ours, and nobody else's business. Call it with each that comes."""
        self._came.set()
        return isinstance(event, ChannelUserevent) and event.eventname.startswith(PREFIX)

    async def until_deaf(self) -> str:
        """Returns why we hear nothing. While Asterisk answers no requests, that is another's to tell."""
        missed = 0
        while True:
            self._came.clear()
            try:
                await self._ask(f"{PREFIX}{uuid.uuid4().hex}")
                async with asyncio.timeout(self._answer_s):
                    await self._came.wait()
            except AriNotFound:
                return "Asterisk holds our connection and does not know our application"
            except TimeoutError:
                missed += 1
                if missed == ASKED:
                    return f"Asterisk holds our connection and sends no events (none within {ASKED * self._answer_s:g} s)"
                continue
            except AriError:
                pass
            missed = 0
            await asyncio.sleep(self._period_s)
