"""The audio of a simulated SIP telephone: a UDP socket, paced in absolute time, that plays a stream and listens with an ear."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from audiosocket.audio import FRAME_MS, SLIN8
from ops.caller.ear import Ear
from ops.caller.rtp import NotRtp, RtpPacket
from ops.caller.rtp_stream import RtpStream

_LATE_S = 10.0  # that a loaded machine may add to the length of a speech


class RtpSocket(asyncio.DatagramProtocol):
    def __init__(self, stream: RtpStream) -> None:
        self.ear = Ear()
        self.sent = 0
        self.received = 0
        self._stream = stream
        self._transport: asyncio.DatagramTransport | None = None
        self._said = asyncio.Event()
        self._last_sent_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # before 3.12 asyncio's own is none by inheritance

    @property
    def port(self) -> int:
        """Where Asterisk is to send our audio."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        try:
            packet = RtpPacket.decode(data)
        except NotRtp:
            return
        if packet.payload_type == self._stream.law.payload_type:
            self.received += 1
            self.ear.hear(self._stream.law.decode(packet.payload), time.monotonic())

    async def say(self, pcm: bytes) -> float:
        """Say it to its end; the CLOCK_MONOTONIC second at which its last frame left. Raises TimeoutError when nobody paces us."""
        self._said.clear()
        self._stream.say(pcm)
        async with asyncio.timeout(SLIN8.duration_ms(len(pcm)) / 1000 + _LATE_S):
            await self._said.wait()
        return self._last_sent_s

    def press(self, key: str) -> None:
        self._stream.press(key)

    async def pace(self, remote: tuple[str, int]) -> None:
        """Send what is due to *remote* every 20 ms until cancelled; after a stall it goes on, it never bursts."""
        assert self._transport is not None
        began, round_, before = time.monotonic(), 0, -1
        while True:
            datagram = self._stream.due(round_ - before)
            if datagram is not None:
                self._transport.sendto(datagram, remote)
                self._last_sent_s = time.monotonic()
                self.sent += 1
            if not self._stream.speaking:
                self._said.set()
            before = round_
            round_ = max(round_ + 1, int((time.monotonic() - began) * 1000 / FRAME_MS))
            await asyncio.sleep(began + round_ * FRAME_MS / 1000 - time.monotonic())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
