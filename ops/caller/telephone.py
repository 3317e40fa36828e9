"""Simulated telephones without SIP: Asterisk dials us over AudioSocket, and our server is the caller's handset.

    POST /channels?endpoint=AudioSocket/host:port/<uuid>/c(slin16)&context=incoming&extension=100 …
    Asterisk ──TCP──► AudioSocketServer ──► Telephone.say(), .ear

The channel runs the dialplan like any caller's. It cannot send keys: those go in by AMI (``ops.caller.ami``).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Protocol, Self

import aiohttp

from audiosocket.audio import AudioFormat
from audiosocket.limits import Limits
from audiosocket.line import Line
from audiosocket.metronome import Metronome
from audiosocket.server import AudioSocketServer
from ops.caller.ami import Ami, play_dtmf
from ops.caller.desk_phone import DeskPhone
from ops.caller.ear import Ear, last_voiced_ms
from ops.caller.operator import OperatorPhone

_RING_S = 10.0  # for Asterisk to dial us back
_LATE_FRAMES = 150  # 3 s: no real telephone stands still because the machine of the system that it calls is busy
_LIMITS = Limits(connections=400, claim_s=600, send_buffer_bytes=131_072)  # ... and what it says late must find room


def _to(ear: Ear) -> Callable[[Line], None]:
    """What lets *ear* hear a leg from its first frame: the agent may speak before Asterisk has answered our request."""
    return lambda line: line.listen(lambda frame: ear.hear(frame, time.monotonic()))


class Telephone:
    """One handset with a call on it."""

    def __init__(self, exchange: Exchange, number: str, channel_id: str, line: Line, ear: Ear) -> None:
        """*ear* listens to *line* already."""
        self._exchange = exchange
        self.number = number
        self.channel_id = channel_id
        self.line = line
        self.ear = ear
        self.picked_up_s = time.monotonic()

    @property
    def audio(self) -> AudioFormat:
        return self.line.format

    @property
    def gone(self) -> bool:
        return self.line.reason is not None

    async def say(self, pcm: bytes) -> float:
        playback = self.line.play()
        playback.feed(pcm)
        playback.finish()
        await playback.done()
        after_ms = self.audio.duration_ms(len(pcm)) - last_voiced_ms(pcm, self.audio.frame_bytes)
        return time.monotonic() - after_ms / 1000

    async def press(self, key: str) -> None:
        await play_dtmf(self._exchange.asterisk, self.channel_id, key)

    async def hang_up(self) -> None:
        """Put the handset down: to Asterisk the far side ended, as with any caller."""
        self.line.close()

    async def ended(self) -> None:
        await self.line.closed()


class Switch(Ami, Protocol):
    """The Asterisk that the telephones belong to, by its addresses alone: callers may live in another process than the stack."""

    @property
    def ari_url(self) -> str: ...

    @property
    def ari_username(self) -> str: ...

    @property
    def ari_password(self) -> str: ...


class Exchange:
    """Where simulated telephones are plugged in: one AudioSocket server and one ARI session of our own."""

    def __init__(self, asterisk: Switch) -> None:
        self.asterisk = asterisk
        metronome = Metronome(late_frames=_LATE_FRAMES)
        self._server = AudioSocketServer("127.0.0.1", 0, limits=_LIMITS, metronome=metronome)

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        login = aiohttp.encode_basic_auth(self.asterisk.ari_username, self.asterisk.ari_password)
        connector = aiohttp.TCPConnector(limit=2)  # Asterisk's HTTP backlog is 10, and the controller needs it
        self._http = aiohttp.ClientSession(headers={"Authorization": login}, connector=connector, timeout=aiohttp.ClientTimeout(total=15))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._http.close()
        await self._server.__aexit__(kind, error, trace)

    def endpoint(self, telephone: uuid.UUID) -> str:
        """What Asterisk dials to ring the telephone with this id."""
        return f"AudioSocket/127.0.0.1:{self._server.port}/{telephone}/c(slin16)"

    async def dial(
        self,
        number: str = "+380671234567",
        extension: str = "100",
        context: str = "incoming",
        *,
        also: Callable[[bytes], None] | None = None,
    ) -> Telephone:
        """A caller with *number* dials *extension*; returns once his handset is connected. *also* gets each frame he hears."""
        telephone = uuid.uuid4()
        channel_id = f"sim-{telephone}"
        ear = Ear()
        ear.also = also
        pending = self._server.expect(telephone, on_open=_to(ear))
        query = {
            "endpoint": self.endpoint(telephone),
            "context": context,
            "extension": extension,
            "priority": "1",
            "callerId": number,
            "channelId": channel_id,
        }
        try:
            line, _ = await asyncio.gather(pending.line(timeout_s=_RING_S), self._ari("POST", "/channels", query))
        except BaseException:
            pending.cancel()
            raise
        return Telephone(self, number, channel_id, line, ear)

    def desk_phone(self) -> DeskPhone:
        """Plug in a telephone that picks up when Asterisk rings its endpoint."""
        telephone = uuid.uuid4()
        ear = Ear()
        return DeskPhone(self.endpoint(telephone), self._server.expect(telephone, on_open=_to(ear)), ear)

    async def operator(self, name: str = "op1") -> OperatorPhone:
        """Plug in an operator's telephone that answers the next call the queue gives to *name*."""
        telephone = uuid.uuid4()
        ear = Ear()
        pending = self._server.expect(telephone, on_open=_to(ear))
        await self.set_global(f"DIAL_{name}", self.endpoint(telephone))
        return OperatorPhone(name, str(telephone), pending, ear, self)

    async def place_of(self, telephone: str) -> tuple[str, str]:
        """As ``ops.caller.operator`` wants it."""
        found = [channel["id"] for channel in await self._ari("GET", "/channels", {}) if channel["name"].endswith(telephone)]
        bridges = [bridge for bridge in await self._ari("GET", "/bridges", {}) if set(found) & set(bridge["channels"])]
        return str(found[0]) if found else "", str(bridges[0]["id"]) if bridges else ""

    async def press(self, channel_id: str, key: str) -> None:
        await play_dtmf(self.asterisk, channel_id, key)

    async def set_global(self, variable: str, value: str) -> None:
        await self._ari("POST", "/asterisk/variable", {"variable": variable, "value": value})

    @asynccontextmanager
    async def changed_global(self, variable: str, value: str) -> AsyncIterator[None]:
        """A global variable of the dialplan is *value* meanwhile."""
        (before,) = await self._ari("GET", "/asterisk/variable", {"variable": variable})
        await self.set_global(variable, value)
        try:
            yield
        finally:
            await self.set_global(variable, before["value"])

    async def channels(self) -> list[str]:
        return [channel["id"] for channel in await self._ari("GET", "/channels", {})]

    async def application_of(self, channel_id: str) -> str:
        """What of the dialplan holds a channel: Stasis, Queue, Wait, ..."""
        (channel,) = await self._ari("GET", f"/channels/{channel_id}", {})
        return str(channel["dialplan"]["app_name"])

    async def hang_up(self, channel_id: str) -> None:
        """End any channel, by order and not by its telephone."""
        await self._ari("DELETE", f"/channels/{channel_id}", {})

    async def bridges(self) -> list[str]:
        return [bridge["id"] for bridge in await self._ari("GET", "/bridges", {})]

    async def _ari(self, method: str, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        async with self._http.request(method, f"{self.asterisk.ari_url}/ari{path}", params=query) as answer:
            if answer.status >= 400:
                raise RuntimeError(f"Asterisk refused {method} {path}: {answer.status} {await answer.text()}")
            if answer.status == 204 or not answer.content_type.endswith("json"):
                return []
            found = await answer.json()
            return found if isinstance(found, list) else [found]
