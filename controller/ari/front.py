"""The name under which supervisors and the dialplan reach us, whoever of us they reach: one of several workers holds it besides its own.

    look every 2 s ── nobody has the name, or its holder's beat stands still ──► hold it ── lost, or replaced ──► look again
                                                                                  │
    while it is held:   user event about a channel  ──► the application that owns it (CALL_APP on the channel), ours at once
                        caller who enters it        ──► moved to our own application, with his arguments
                                                        └─ cannot be moved ──► the dialplan: to the operators' queue
                        a look every 2 s            ──► moves who waits in it all the same

Two who take it at once are no harm: the later one replaces the earlier, who yields and does not fight. An application with channels in it
stays listed when its holder has died, and a holder that hangs keeps its connection; the beat, a global variable that the holder changes
every 2 s, tells of both.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, Protocol

import structlog

from controller.ari import messages as ari
from controller.ari.errors import AriError, AriNotFound
from controller.ari.resources import Application, Channel
from controller.call.draft import QUEUE_CONTEXT
from controller.dialplan import ALONE_CONTEXT

LOOK_S = 2.0
STALE_LOOKS = 4  # a beat that stands still for so many looks
BEAT = "CALLCTL_FRONT"
IN_FLIGHT = 64
FILTER = ("ApplicationMoveFailed", "ApplicationReplaced", "ChannelUserevent", "StasisStart")

log = structlog.get_logger(__name__)


class Asterisk(Protocol):
    """``controller.ari.rest.AriRest`` is it; each raises ``AriError``."""

    async def application(self, name: str | None = None) -> Application: ...

    async def channels(self) -> list[Channel]: ...

    async def get_global(self, variable: str) -> str: ...

    async def set_global(self, variable: str, value: str) -> None: ...

    async def set_event_filter(self, allowed: tuple[str, ...], app: str | None = None) -> None: ...

    async def user_event(self, name: str, app: str, channel_id: str, variables: dict[str, Any]) -> None: ...

    async def move(self, channel_id: str, app: str, *args: str) -> None: ...

    async def continue_in_dialplan(
        self, channel_id: str, *, context: str | None = None, extension: str | None = None, priority: int | None = None
    ) -> None: ...


class Socket(Protocol):
    """``controller.ari.client.EventSocket`` is it."""

    @property
    def connected(self) -> bool: ...

    async def live_once(self) -> bool: ...


class Front:
    """*handle* gets the events about our own calls; *socket_of* makes the second event socket, for the name, from what hears its events."""

    def __init__(
        self,
        asterisk: Asterisk,
        socket_of: Callable[[Callable[[ari.Event], None], Callable[[], Coroutine[Any, Any, None]]], Socket],
        *,
        name: str,
        app: str,
        handle: Callable[[ari.Event], None],
        look_s: float = LOOK_S,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._asterisk = asterisk
        self._name = name
        self._app = app
        self._handle = handle
        self._look_s = look_s
        self._chance = chance
        self._socket = socket_of(self._hear, self._settle)
        self._tasks: asyncio.TaskGroup
        self._in_flight = 0
        self._taken: set[str] = set()  # channels whose move began and, as far as we know, did not fail
        self._beat, self._still = "", 0  # what was last seen, and how often in a row
        self._beats = 0

    @property
    def held(self) -> bool:
        """By us."""
        return self._socket.connected

    async def run(self) -> NoReturn:
        """Until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            while True:
                await asyncio.sleep(self._look_s * (0.75 + self._chance() / 2))  # those who look for a dead one's name do not do so at once
                try:
                    vacant = await self._is_vacant()
                except AriError as error:
                    log.debug("front_not_seen", why=str(error))
                    continue
                if vacant:
                    await self._hold()

    async def _is_vacant(self) -> bool:
        try:
            await self._asterisk.application(self._name)
        except AriNotFound:
            return True
        beat = await self._asterisk.get_global(BEAT)
        self._still = self._still + 1 if beat == self._beat else 0
        self._beat = beat
        return self._still >= STALE_LOOKS

    async def _hold(self) -> None:
        keeping = [
            self._tasks.create_task(self._keep_beating(), name="front-beat"),
            self._tasks.create_task(self._keep_looking(), name="front-look"),
        ]
        try:
            replaced = await self._socket.live_once()
        finally:
            for task in keeping:
                task.cancel()
        self._still = 0
        log.warning("front_yielded" if replaced else "front_lost", name=self._name)

    async def _keep_beating(self) -> None:
        while True:
            if self._socket.connected:
                self._beats += 1
                try:
                    await self._asterisk.set_global(BEAT, f"{self._app} {self._beats}")
                except AriError as error:
                    log.info("front_beat_failed", why=str(error))
            await asyncio.sleep(self._look_s if self._socket.connected else 0.05)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._look_s)
            if self._socket.connected:
                try:
                    await self._take_waiting()
                except AriError as error:
                    log.info("front_not_looked_at", why=str(error))

    async def _settle(self) -> None:
        """The name is ours: hear what we need alone, and take those who entered while nobody held it."""
        log.info("front_taken", name=self._name, app=self._app)
        self._taken.clear()
        await self._asterisk.set_event_filter(FILTER, self._name)
        await self._take_waiting()

    async def _take_waiting(self) -> None:
        """Who is in the application and not on his way out of it. Raises AriError."""
        before = set(self._taken)
        inside = set((await self._asterisk.application(self._name)).channel_ids)  # the place of one who was moved names it for ever
        self._taken -= before - inside
        for channel in await self._asterisk.channels() if inside - self._taken else ():
            app, *args = channel.dialplan.app_data.split(",")
            here = channel.id in inside and channel.dialplan.app_name == "Stasis" and app == self._name
            if here and channel.id not in self._taken:
                self._take(channel.id, args)

    def _hear(self, event: ari.Event) -> None:
        match event:
            case ari.StasisStart(channel=channel, args=args):
                self._take(channel.id, args)
            case ari.ApplicationMoveFailed(channel=channel, args=args):
                log.warning("caller_not_moved", channel=channel.id, why=f"{self._app} is not registered")
                self._do(self._give_back(channel.id, args), "give-back", channel.id)
            case ari.ChannelUserevent(channel=None, eventname=name):
                log.warning("user_event_without_channel", name=name)
            case ari.ChannelUserevent(channel=Channel(channelvars=variables)) if variables.get("CALL_APP", "") in {"", self._app}:
                self._handle(event)
            case ari.ChannelUserevent(channel=Channel(id=channel_id, channelvars=variables)):
                self._begin(self._forward(event, channel_id, variables["CALL_APP"]), f"front-forward-{channel_id}")

    def _take(self, channel_id: str, args: list[str]) -> None:
        self._taken.add(channel_id)
        self._do(self._move(channel_id, args), "move", channel_id)

    def _do(self, work: Coroutine[Any, Any, None], what: str, channel_id: str) -> None:
        """For a caller: for whom there is no room now, the next look is."""
        if not self._begin(work, f"front-{what}-{channel_id}"):
            self._taken.discard(channel_id)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        if self._in_flight >= IN_FLIGHT:
            work.close()
            log.error("front_overrun", task=name)
            return False
        self._in_flight += 1
        self._tasks.create_task(work, name=name).add_done_callback(self._landed)
        return True

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight -= 1

    async def _move(self, channel_id: str, args: list[str]) -> None:
        try:
            await self._asterisk.move(channel_id, self._app, *args)
        except AriNotFound:
            return  # he hung up
        except AriError as error:
            log.warning("caller_not_moved", channel=channel_id, why=str(error))
            await self._give_back(channel_id, args)

    async def _give_back(self, channel_id: str, args: list[str]) -> None:
        """To the dialplan: an operator is asked by Asterisk, a caller goes to the operators. Whom they just gave up waits for the next
        look: the queue would send him here again at once."""
        purpose = args[0] if args else ""
        try:
            if purpose != "returned":
                context = ALONE_CONTEXT if purpose == "summary" else QUEUE_CONTEXT
                await self._asterisk.continue_in_dialplan(channel_id, context=context, extension="s", priority=1)
                return
        except AriNotFound:
            return
        except AriError as error:
            log.warning("caller_not_given_back", channel=channel_id, why=str(error))
        self._taken.discard(channel_id)

    async def _forward(self, event: ari.ChannelUserevent, channel_id: str, owner: str) -> None:
        variables = {name: value for name, value in event.userevent.items() if name != "eventname"}
        try:
            await self._asterisk.user_event(event.eventname, owner, channel_id, variables)
        except AriError as error:
            log.warning("user_event_not_forwarded", name=event.eventname, owner=owner, why=str(error))
        else:
            log.info("user_event_forwarded", name=event.eventname, owner=owner)
