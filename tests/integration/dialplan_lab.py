"""Telephones and a minimal Stasis application, to try the dialplan on the real Asterisk with nothing of the controller."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
import websockets

from audiosocket.line import Line
from audiosocket.server import AudioSocketServer
from ops.devstack import DevStack
from ops.devstack.ports import LOOPBACK

ANSWER_S = 5.0


async def until(condition: Callable[[], Awaitable[Any]], timeout_s: float, what: str) -> Any:
    """The condition's first true value; fails in words when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := await condition()):
        assert time.monotonic() < deadline, f"did not happen within {timeout_s:g} s: {what}"
        await asyncio.sleep(0.02)
    return value


@dataclass
class Caller:
    """A customer on the line."""

    channel: str
    line: Line


class Lab:
    """ARI and a bank of telephones."""

    def __init__(self, stack: DevStack, ari: httpx.AsyncClient, phones: AudioSocketServer) -> None:
        self.stack = stack
        self.ari = ari
        self.phones = phones

    @classmethod
    @asynccontextmanager
    async def open(cls, stack: DevStack) -> AsyncIterator[Self]:
        """At the end no channel may be left, and every global variable that was set is as before."""
        asterisk = stack.asterisk
        auth = (asterisk.ari_username, asterisk.ari_password)
        async with (
            httpx.AsyncClient(base_url=f"{asterisk.ari_url}/ari", auth=auth, timeout=5) as ari,
            AudioSocketServer(LOOPBACK, 0) as phones,
        ):
            lab = cls(stack, ari, phones)
            try:
                yield lab
            finally:
                for channel in await lab.channels():
                    await ari.delete(f"/channels/{channel['id']}")
                await lab.nothing_left()

    async def channels(self) -> list[dict[str, Any]]:
        response = await self.ari.get("/channels")
        return list(response.json())

    async def nothing_left(self) -> None:
        async def empty() -> bool:
            return not await self.channels() and not (await self.ari.get("/bridges")).json()

        await until(empty, ANSWER_S, "no channel and no bridge left")

    async def call(self, number: str, variables: dict[str, str] | None = None) -> Caller:
        """A customer dials a number of ours."""
        leg = uuid.uuid4()
        pending = self.phones.expect(leg)
        channel = f"sim-{leg}"
        parameters = {
            "endpoint": self.phone(leg),
            "context": "incoming",
            "extension": number,
            "priority": "1",
            "callerId": "+380671234567",
            "channelId": channel,
        }
        response = await self.ari.post("/channels", params=parameters, json={"variables": variables or {}})
        assert response.status_code == 200, response.text
        return Caller(channel, await pending.line(timeout_s=ANSWER_S))

    def phone(self, leg: uuid.UUID) -> str:
        """The endpoint of one of our telephones."""
        return f"AudioSocket/{LOOPBACK}:{self.phones.port}/{leg}/c(slin16)"

    async def set_global(self, name: str, value: str) -> None:
        response = await self.ari.post("/asterisk/variable", params={"variable": name, "value": value})
        assert response.status_code == 204, response.text

    @asynccontextmanager
    async def globals(self, **values: str) -> AsyncIterator[None]:
        """Global variables of the dialplan, put back at the end."""
        before = {}
        for name, value in values.items():
            before[name] = (await self.ari.get("/asterisk/variable", params={"variable": name})).json().get("value", "")
            await self.set_global(name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                await self.set_global(name, value)

    @asynccontextmanager
    async def operators(self, state: str) -> AsyncIterator[None]:
        """Both operators' device state; at the end they are there and free."""
        await self._operators_are(state)
        try:
            yield
        finally:
            await self._operators_are("NOT_INUSE")

    async def _operators_are(self, state: str) -> None:
        for name in ("op1", "op2"):
            await self.set_global(f"DEVICE_STATE(Custom:{name})", state)

    async def waits_in(self, caller: Caller, application: str, timeout_s: float) -> None:
        """Until the caller's channel is in a dialplan application."""

        async def there() -> bool:
            response = await self.ari.get(f"/channels/{caller.channel}")
            return response.status_code == 200 and bool(response.json()["dialplan"]["app_name"] == application)

        await until(there, timeout_s, f"{caller.channel} in {application}()")

    @asynccontextmanager
    async def controller(self, app: str = "callctl") -> AsyncIterator["Events"]:
        """Register the Stasis application, as a controller does."""
        asterisk = self.stack.asterisk
        address = asterisk.ari_url.replace("http", "ws") + f"/ari/events?app={app}&api_key={asterisk.ari_username}:{asterisk.ari_password}"
        # With its own limit of 16 events, what nobody reads holds the end of the connection up, for ten seconds.
        async with websockets.connect(address, max_queue=4_096) as socket:
            yield Events(socket)


class Events:
    """What the application is told."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket

    async def next(self, kind: str, timeout_s: float = ANSWER_S) -> dict[str, Any]:
        """The next event of a kind; others are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                event: dict[str, Any] = json.loads(await self._socket.recv())
                if event["type"] == kind:
                    return event
