"""Admits guests, tells Asterisk of them, and takes away what it knows of them as soon as it need not know it any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

import structlog

from controller.ari import messages as ari
from controller.ari.errors import AriError, AriNotFound
from controller.ari.resources import Channel
from controller.web_calls.endpoint import Place, SipObjects, auth_fields, endpoint_fields
from controller.web_calls.guests import Guest, Guests, is_user

SWEEP_S = 2.0
PURPOSE = "web"
"""The first Stasis argument of a browser's call."""

log = structlog.get_logger(__name__)


class Asterisk(SipObjects, Protocol):
    """``controller.ari.rest.AriRest`` is it; each raises ``AriError``."""

    async def channels(self) -> list[Channel]: ...

    async def hang_up(self, channel_id: str) -> None: ...


class WebCalls:
    """Use it as a context manager: it owns the tasks that tidy up. Leaving it takes away the guests who do not talk.

    *hung_up* hears of a channel whose browser is gone before the channel is ended: to the record it is the caller who hung up.
    """

    def __init__(
        self,
        asterisk: Asterisk,
        place: Place,
        *,
        calls_max: int,
        hung_up: Callable[[str], None] = lambda channel_id: None,
        clock_s: Callable[[], float] = time.monotonic,
        sweep_s: float = SWEEP_S,
    ) -> None:
        self.guests = Guests(calls_max)
        self._asterisk = asterisk
        self._place = place
        self._hung_up = hung_up
        self._clock_s = clock_s
        self._sweep_s = sweep_s
        self._tasks = asyncio.TaskGroup()
        self._over: dict[str, asyncio.Event] = {}  # by user: for whoever proxies his socket
        self._closing = False  # sockets end because we do

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._sweeper = self._tasks.create_task(self._sweep_now_and_then(), name="web-calls-sweeper")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._sweeper.cancel()
        for guest in self.guests:
            if not guest.channel_id:
                self._do(self._remove(guest), "remove", guest)
        await self._tasks.__aexit__(kind, error, trace)

    def close(self) -> None:
        """From now on a lost socket is our doing: who talks with an operator keeps him. What then hangs up is the silence of his audio."""
        self._closing = True

    # For the routes

    async def admit(self) -> Guest:
        """A credential that Asterisk knows. Raises Full, AriError."""
        guest = self.guests.admit(self._clock_s())
        self._over[guest.user] = asyncio.Event()
        try:
            modules = await self._asterisk.running_modules()
            await self._asterisk.put_sip_object("auth", guest.user, auth_fields(guest))
            await self._asterisk.put_sip_object("endpoint", guest.user, endpoint_fields(guest, self._place, modules))
        except AriError:
            await self._remove(guest)
            raise
        log.info("web_guest_admitted", user=guest.user)
        return guest

    def connect(self, token: str) -> Guest | None:
        """The guest whose socket opens with *token*, once."""
        return self.guests.connect(token, self._clock_s())

    async def disconnected(self, guest: Guest) -> None:
        """His socket is gone, and with it every way to hang up: so does his channel."""
        guest.connected = False
        if guest.channel_id and not self._closing:
            log.info("web_guest_lost", user=guest.user, channel=guest.channel_id)
            self._hung_up(guest.channel_id)
            try:
                await self._asterisk.hang_up(guest.channel_id)
            except AriNotFound:
                pass
            except AriError as error:  # he sends no more audio either: rtp_timeout ends him
                log.warning("web_guest_not_hung_up", user=guest.user, why=str(error))

    async def over(self, guest: Guest) -> None:
        """Wait until he has no more business here; who was swept away has none."""
        if over := self._over.get(guest.user):
            await over.wait()

    # What Asterisk tells

    def handle(self, message: ari.Event) -> None:
        """Every event of our application; returns at once."""
        if isinstance(message, ari.StasisStart) and message.args[:1] == [PURPOSE]:
            if guest := self.guests.started(message.channel.name, message.channel.id):
                self._do(self._delete("auth", guest), "spend", guest)
        elif isinstance(message, ari.ChannelDestroyed) and (guest := self.guests.ended(message.channel.id)):
            self._do(self._remove(guest), "remove", guest)

    async def reconcile(self) -> None:
        """After each opening of the event socket: take over what a predecessor left. Raises AriError."""
        for user, channels in (await self._asterisk.sip_endpoints()).items():
            if not is_user(user) or user in self.guests:
                continue
            with suppress(AriNotFound):
                if (await self._asterisk.sip_object("endpoint", user)).get("accountcode") == self._place.app:
                    log.info("web_guest_adopted", user=user, channels=channels)
                    self._over[user] = asyncio.Event()
                    self.guests.adopt(user, channels[0] if channels else "")

    async def sweep(self) -> None:
        """Who is over is taken away, also where we missed the end of his channel. Raises AriError."""
        if any(guest.channel_id for guest in self.guests):
            talking = [guest.channel_id for guest in self.guests]
            there = {channel.id for channel in await self._asterisk.channels()}
            for channel_id in talking:
                if channel_id and channel_id not in there:
                    self.guests.ended(channel_id)
        for guest in self.guests.over(self._clock_s()):
            await self._remove(guest)

    # Tasks

    async def _sweep_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_s)
            try:
                await self.sweep()
            except AriError as error:
                log.warning("web_calls_sweep_failed", why=str(error))

    def _do(self, work: Coroutine[Any, Any, None], what: str, guest: Guest) -> None:
        async def told() -> None:
            try:
                await work
            except AriError as error:  # the next sweep tries again
                log.warning("web_guest_not_tidied", what=what, user=guest.user, why=str(error))

        self._tasks.create_task(told(), name=f"web-{what}-{guest.user}")

    async def _remove(self, guest: Guest) -> None:
        """Raises AriError: he is still in the book then, for the next sweep."""
        if over := self._over.get(guest.user):
            over.set()
        guest.expires_s = 0.0  # whoever could not be removed at once gets in no more
        await self._delete("auth", guest)
        await self._delete("endpoint", guest)
        self.guests.forget(guest)
        self._over.pop(guest.user, None)

    async def _delete(self, kind: str, guest: Guest) -> None:
        with suppress(AriNotFound):
            await self._asterisk.delete_sip_object(kind, guest.user)
