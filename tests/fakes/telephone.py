"""Asterisk's side of AudioSocket for tests: dials in, tells its UUID, speaks, presses keys, hangs up.

It remembers what arrived read by read, so that a test can see how the stream was cut.
"""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from collections.abc import Callable
from typing import Self, cast

from audiosocket.audio import SLIN16, AudioFormat
from audiosocket.frames import AUDIO_FORMATS, AUDIO_KINDS, Decoder, Kind, Message, encode

LIMIT_S = 10.0


class Telephone(asyncio.Protocol):
    def __init__(self, audio: AudioFormat) -> None:
        self.audio = audio
        self.reads: list[tuple[float, bytes]] = []
        """What each read gave, and when (monotonic, seconds)."""
        self.messages: list[Message] = []
        self.gone = False
        self.address = "unknown"
        """host:port, as the server sees it."""
        self._decoder = Decoder(65_535)
        self._news = asyncio.Event()

    @classmethod
    async def dial(
        cls, port: int, leg_id: uuid.UUID | None = None, *, audio: AudioFormat = SLIN16, reads: bool = True, window_bytes: int | None = None
    ) -> Self:
        """Connect, and tell the UUID if one is given. *reads* False: never take anything off the wire."""
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        if window_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes)
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        _, telephone = await loop.create_connection(lambda: cls(audio), sock=sock)
        if not reads:
            telephone._transport.pause_reading()
        if leg_id is not None:
            telephone.send(Message(Kind.UUID, leg_id.bytes))
        return telephone

    # What it does.

    def write(self, raw: bytes) -> None:
        self._transport.write(raw)

    def send(self, message: Message) -> None:
        self.write(encode(message))

    def say(self, pcm: bytes) -> None:
        """One audio message."""
        self.send(Message(AUDIO_KINDS[self.audio], pcm))

    def press(self, key: str) -> None:
        self.send(Message(Kind.DTMF, key.encode("ascii")))

    def hang_up(self) -> None:
        self.send(Message(Kind.HANGUP))

    def finish_writing(self) -> None:
        """Close our half of the connection."""
        self._transport.write_eof()

    def drop(self) -> None:
        """Be gone without a word."""
        self._transport.abort()

    # What it noticed.

    @property
    def heard(self) -> list[bytes]:
        """The payloads of the audio messages so far."""
        return [message.payload for message in self.messages if message.kind in AUDIO_FORMATS]

    @property
    def spoken(self) -> bytes:
        """The same without the silent ones, in one piece."""
        return b"".join(payload for payload in self.heard if any(payload))

    async def until(self, condition: Callable[[Self], bool]) -> None:
        """Wait until *condition* holds, looked at whenever something arrives or the connection goes."""
        async with asyncio.timeout(LIMIT_S):
            while not condition(self):
                self._news.clear()
                await self._news.wait()

    async def until_heard(self, frames: int) -> None:
        """Wait for so many audio messages more."""
        wanted = len(self.heard) + frames
        await self.until(lambda telephone: len(telephone.heard) >= wanted)

    async def until_gone(self) -> None:
        await self.until(lambda telephone: telephone.gone)

    # What the event loop does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        host, port = transport.get_extra_info("sockname")
        self.address = f"{host}:{port}"
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self.reads.append((time.monotonic(), data))
        while data:
            space = self._decoder.space()
            part, data = data[: len(space)], data[len(space) :]
            space[: len(part)] = part
            self._decoder.advance(len(part))
            while (message := self._decoder.next_message()) is not None:
                self.messages.append(message)
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self._news.set()
