"""A simulated caller over real SIP and RTP in G.711: sipp signals, our own UDP socket plays and measures.

sipp ──INVITE (SDP names our socket)──► Asterisk
RtpSocket ◄──RTP, 20 ms, µ-law──► Asterisk        one absolute-time pacer a call; silence when nothing is said
"""

from __future__ import annotations

import asyncio
import random
import socket
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from audiosocket.audio import FRAME_MS, SLIN8, AudioFormat
from ops.caller import g711
from ops.caller.ear import Ear, last_voiced_ms
from ops.caller.rtp import PCMU, NotRtp, RtpPacket, key_events
from ops.caller.talk import TalkFailed
from ops.devstack import DevStack, Process, unpacked
from ops.devstack.ports import free_port

_SCENARIO = Path(__file__).with_name("sip_caller.xml")
_ANSWER_S = 15.0
_SILENCE = g711.encode(SLIN8.silence)
_FRAME_SAMPLES = SLIN8.frame_samples


class RtpSocket(asyncio.DatagramProtocol):
    """Plays µ-law frames at 20 ms in absolute time and hands what it hears to an ear."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.sent = 0
        self.received = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._queue: deque[bytes] = deque()
        self._keys: deque[RtpPacket] = deque()
        self._sequence = random.randrange(0x8000)
        self._timestamp = random.randrange(0x8000_0000)
        self._ssrc = random.randrange(1 << 32)
        self._empty = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # before 3.12 asyncio's own is none by inheritance

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        try:
            packet = RtpPacket.decode(data)
        except NotRtp:
            return
        if packet.payload_type == PCMU:
            self.received += 1
            self.ear.hear(g711.decode(packet.payload), time.monotonic())

    async def play(self, ulaw: bytes) -> float:
        """Queue speech; the monotonic second at which its last frame left."""
        size = _FRAME_SAMPLES
        self._queue.extend(ulaw[n : n + size].ljust(size, _SILENCE[:1]) for n in range(0, len(ulaw), size))
        self._empty.clear()
        await self._empty.wait()
        return time.monotonic()

    def press(self, key: str) -> None:
        self._keys.extend(key_events(key, first_sequence=0, timestamp=self._timestamp, ssrc=self._ssrc))

    async def pace(self, remote: tuple[str, int]) -> None:
        """Send one packet each 20 ms to *remote* for as long as the call lives; skips after a stall, never bursts."""
        began, round_ = time.monotonic(), 0
        while True:
            self._send_one(remote)
            round_ = max(round_ + 1, int((time.monotonic() - began) * 1000 / FRAME_MS))
            await asyncio.sleep(began + round_ * FRAME_MS / 1000 - time.monotonic())

    def _send_one(self, remote: tuple[str, int]) -> None:
        assert self._transport is not None
        self._sequence += 1
        self._timestamp += _FRAME_SAMPLES
        if self._keys:
            key = self._keys.popleft()
            packet = RtpPacket(key.payload_type, self._sequence, key.timestamp, self._ssrc, key.payload, key.marker)
        else:
            frame = self._queue.popleft() if self._queue else _SILENCE
            packet = RtpPacket(PCMU, self._sequence, self._timestamp, self._ssrc, frame)
        self._transport.sendto(packet.encode(), remote)
        self.sent += 1
        if not self._queue:
            self._empty.set()


class SipTelephone:
    """A telephone with an answered SIP call on it; satisfies ``ops.caller.talk.Phone``."""

    def __init__(self, rtp: RtpSocket, sipp: Process, call_id: str, sip_port: int) -> None:
        self.rtp = rtp
        self._sipp = sipp
        self._call_id = call_id
        self._sip_port = sip_port

    @property
    def audio(self) -> AudioFormat:
        return SLIN8

    @property
    def ear(self) -> Ear:
        return self.rtp.ear

    @property
    def gone(self) -> bool:
        return self._sipp.poll() is not None

    async def say(self, pcm: bytes) -> float:
        ended = await self.rtp.play(g711.encode(pcm))
        return ended - (SLIN8.duration_ms(len(pcm)) - last_voiced_ms(pcm, SLIN8.frame_bytes)) / 1000

    async def press(self, key: str) -> None:
        self.rtp.press(key)

    async def hang_up(self) -> None:
        """Ask sipp for a BYE: an INFO of ours with the call's Call-ID is the scenario's signal to hang up."""
        info = (
            f"INFO sip:caller@127.0.0.1:{self._sip_port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{uuid.uuid4().hex}\r\n"
            f"From: <sip:hand@127.0.0.1>;tag=hand\r\nTo: <sip:caller@127.0.0.1>\r\nCall-ID: {self._call_id}\r\nCSeq: 1 INFO\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hand:
            hand.sendto(info.encode(), ("127.0.0.1", self._sip_port))


@asynccontextmanager
async def sip_call(stack: DevStack, *, number: str = "+380671234567", extension: str = "100") -> AsyncIterator[SipTelephone]:
    """Dial *extension* over SIP as *number*; the telephone once the call is answered. Ends sipp with the block."""
    call_id, sip_port = str(uuid.uuid4()), free_port()
    loop = asyncio.get_running_loop()
    transport, rtp = await loop.create_datagram_endpoint(RtpSocket, local_addr=("127.0.0.1", 0))
    rtp_port: int = transport.get_extra_info("sockname")[1]
    log = stack.folder / f"sipp-{call_id}.log"
    root = await asyncio.to_thread(unpacked, ["sip-tester"])
    options = {"-sf": _SCENARIO, "-i": "127.0.0.1", "-p": sip_port, "-s": extension, "-m": 1, "-cid_str": call_id, "-log_file": log}
    keys = ["-key", "caller", number, "-key", "rtp_port", str(rtp_port)]
    argv = [
        "sipp",
        f"127.0.0.1:{stack.asterisk.sip_port}",
        *(str(word) for pair in options.items() for word in pair),
        *keys,
        "-nostdin",
        "-trace_logs",
    ]
    sipp = stack.spawn("sipp", root.command(argv), cwd=stack.folder)
    pacing: asyncio.Task[None] | None = None
    try:
        remote_port = await asyncio.to_thread(_answered, sipp, log)
        pacing = asyncio.create_task(rtp.pace(("127.0.0.1", remote_port)), name=f"rtp-{call_id}")
        yield SipTelephone(rtp, sipp, call_id, sip_port)
    finally:
        if pacing is not None:
            pacing.cancel()
        transport.close()
        if sipp.poll() is None:
            sipp.kill()


def _answered(sipp: Process, log: Path) -> int:
    """The RTP port that Asterisk named when it answered."""
    deadline = time.monotonic() + _ANSWER_S
    while time.monotonic() < deadline:
        if log.exists() and (words := log.read_text().split()):
            return int(words[-1])
        if sipp.poll() is not None:
            raise TalkFailed(f"sipp ended before the call was answered: {sipp.log_path.read_text(errors='replace')[-500:]}")
        time.sleep(0.02)
    raise TalkFailed(f"the call was not answered within {_ANSWER_S:g} s")
