"""Plays Asterisk's part towards an audio server: N legs that announce themselves, send 20 ms frames and note what comes back."""

from __future__ import annotations

import asyncio
import time
from array import array
from typing import cast

from audiosocket.audio import FRAME_MS, SLIN16
from audiosocket.frames import Kind, Message, encode, silence
from audiosocket.metronome import Metronome
from ops.bench.cpu import cpu_s
from ops.bench.media_server import leg
from ops.bench.pacing import PacingProbe
from ops.bench.spec import MediaSeen

_FRAME = silence(SLIN16)


class Peer(asyncio.Protocol):
    """One leg, driven by the generator's metronome."""

    def __init__(self, number: int) -> None:
        self._hello = encode(Message(Kind.UUID, leg(number).bytes))
        self._bytes = 0
        self.arrivals = array("d")
        self.broken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        before = self._bytes // len(_FRAME)
        self._bytes += len(data)
        self.arrivals.extend([time.monotonic()] * (self._bytes // len(_FRAME) - before))

    def connection_lost(self, exc: Exception | None) -> None:
        self.broken = True

    def tick(self) -> None:
        self._transport.write(_FRAME)

    def skip(self, frames: int) -> None:
        """We were late; what we measure then is marked by the pacing probe."""

    def fail(self, error: Exception) -> None:
        raise error

    def close(self) -> None:
        self._transport.abort()


async def load(port: int, pid: int, lines: int, *, warm_s: float, measured_s: float) -> MediaSeen:
    """Load the server *pid* at *port* with *lines* legs; raises ``ConnectionError`` when it drops one."""
    loop = asyncio.get_running_loop()
    metronome = Metronome()
    peers = []
    for number in range(1, lines + 1):
        _, peer = await loop.create_connection(lambda number=number: Peer(number), "127.0.0.1", port)  # type: ignore[misc]
        peers.append(peer)
        metronome.join(peer)
    await asyncio.sleep(warm_s)
    for peer in peers:
        del peer.arrivals[:]
    with PacingProbe() as probe:
        began_s, used_s = time.monotonic(), cpu_s(pid)
        await asyncio.sleep(measured_s)
        lasted_s, used_s = time.monotonic() - began_s, cpu_s(pid) - used_s
    broken = sum(peer.broken for peer in peers)
    for peer in peers:
        metronome.leave(peer)
        peer.close()
    if broken:
        raise ConnectionError(f"the server dropped {broken} of {lines} legs")
    gaps = [1000 * (b - a) - FRAME_MS for peer in peers for a, b in zip(peer.arrivals, peer.arrivals[1:], strict=False)]
    return MediaSeen(
        cpu_ms_per_line_s=1000 * used_s / (lines * lasted_s),
        frames_due=round(lines * lasted_s * 1000 / FRAME_MS),
        frames_arrived=sum(len(peer.arrivals) for peer in peers),
        gaps_ms=gaps,
        late_ms=probe.late_ms(),
    )
