"""How long a leg is silent when the process that serves it dies: ``python -m ops.bench.keeper``.

    this process: LEGS legs, a frame every 20 ms ──TCP──► kept_parent: Keeper ──► kept_server, and a warm standby

Each worker plays a mark of its own, so each frame at a peer tells who sent it: a worker, its successor, or the
keeper (silence). Exits not 0 when a leg was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import uvloop
from rich.console import Console
from rich.table import Table

from audiosocket.audio import FRAME_MS, SLIN16
from audiosocket.frames import HEADER_BYTES, Kind, Message, encode, silence
from audiosocket.metronome import Metronome
from ops.bench.figures import percentile
from ops.bench.media_server import leg
from ops.bench.pacing import LATE_MS, PacingProbe

WAYS = ("kill", "stop", "leave")
"""SIGKILL; SIGSTOP, and SIGKILL when a watchdog would; an orderly leave, as for new code."""
STOPPED_S = 0.75
BALLAST_MB = 200

_FRAME = silence(SLIN16)
_BEFORE_S, _AFTER_S, _LIMIT_S = 0.5, 1.0, 30.0


class Peer(asyncio.Protocol):
    """One leg."""

    def __init__(self, number: int) -> None:
        self._hello = encode(Message(Kind.UUID, leg(number).bytes))
        self._rest = b""
        self.frames: list[tuple[float, int]] = []
        """When each came, and its mark."""
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        now_s, data = time.monotonic(), self._rest + data
        whole = len(data) - len(data) % len(_FRAME)
        for at in range(0, whole, len(_FRAME)):
            if data[at : at + HEADER_BYTES] != _FRAME[:HEADER_BYTES]:
                raise ValueError("out of step")
            self.frames.append((now_s, data[at + HEADER_BYTES]))
        self._rest = data[whole:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True

    def tick(self) -> None:
        if not self.gone:
            self._transport.write(_FRAME)

    def skip(self, frames: int) -> None:
        """We were late; the pacing probe marks it."""

    def fail(self, error: Exception) -> None:
        raise error

    def close(self) -> None:
        self._transport.abort()


@dataclass(slots=True)
class Seen:
    """All deaths of one way, at the peers."""

    way: str
    holes_ms: list[float] = field(default_factory=list)
    """Of each leg and death, the longest time without a frame."""
    again_ms: list[float] = field(default_factory=list)
    """From the signal to the first frame of the successor."""
    comfort_frames: list[int] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    """Of this process, which cannot tell its own delay from the keeper's."""
    lost: int = 0


class Parent:
    """``kept_parent`` as a process; what it tells, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def tells(self, key: str) -> Any:
        """The next thing it tells that has *key*."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_LIMIT_S):
            while line := await self._process.stdout.readline():
                if key in (told := json.loads(line)):
                    return told
        raise ConnectionError(f"the parent ended before it told its {key}")


@asynccontextmanager
async def parent(legs: int, ballast_mb: int, lock: str = "death") -> AsyncIterator[Parent]:
    argv = [sys.executable, "-m", "ops.bench.kept_parent", lock, str(legs), str(ballast_mb)]
    process = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Parent(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.communicate(), _LIMIT_S)
        except TimeoutError:
            process.kill()


async def measure(ways: list[str], legs: int = 50, ballast_mb: int = BALLAST_MB, lock: str = "death") -> list[Seen]:
    """One death for each of *ways*, in that order; a warm standby is there each time, and waits for a *lock* of that kind."""
    seen = {way: Seen(way) for way in ways}
    loop = asyncio.get_running_loop()
    metronome = Metronome()
    async with parent(legs, ballast_mb, lock) as keeping:
        port = (await keeping.tells("port"))["port"]
        worker = await keeping.tells("pid")
        peers = []
        for number in range(1, legs + 1):
            _, peer = await loop.create_connection(lambda number=number: Peer(number), "127.0.0.1", port)  # type: ignore[misc]
            peers.append(peer)
            metronome.join(peer)
        for way in ways:
            await keeping.tells("standby")
            await asyncio.sleep(_BEFORE_S)
            for peer in peers:
                peer.frames.clear()
            with PacingProbe() as probe:
                await asyncio.sleep(0.1)
                dead_s = await _end(worker["pid"], way)
                worker = await keeping.tells("pid")
                await asyncio.sleep(_AFTER_S)
            _note(seen[way], peers, dead_s, worker["mark"])
            seen[way].late_ms += probe.late_ms()
        for peer in peers:
            metronome.leave(peer)
            peer.close()
    return list(seen.values())


async def _end(pid: int, way: str) -> float:
    """When it was told to die, stop or leave."""
    told_s = time.monotonic()
    if way == "stop":
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(STOPPED_S)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGUSR1 if way == "leave" else signal.SIGKILL)
    return told_s


def _note(seen: Seen, peers: list[Peer], dead_s: float, mark: int) -> None:
    for peer in peers:
        times = [at_s for at_s, _ in peer.frames]
        again_s = next((at_s for at_s, who in peer.frames if who == mark), None)
        if peer.gone or again_s is None:
            seen.lost += 1
            continue
        seen.holes_ms.append(1000 * max(b - a for a, b in pairwise(times)))
        seen.again_ms.append(1000 * (again_s - dead_s))
        seen.comfort_frames.append(sum(who == 0 for _, who in peer.frames))


def table(seen: list[Seen], legs: int) -> Table:
    made = Table("way", title=f"A worker with {legs} legs goes, its standby takes over", title_justify="left")
    for column in (
        "legs seen",
        "lost",
        "hole, ms: p50 / p95 / max",
        "successor heard, ms: p50 / p95 / max",
        "comfort frames",
        "generator late",
    ):
        made.add_column(column, justify="right")
    for one in seen:
        late = percentile(one.late_ms, 0.99) or 0.0
        made.add_row(
            one.way,
            str(len(one.holes_ms)),
            str(one.lost),
            _spread(one.holes_ms),
            _spread(one.again_ms),
            f"{max(one.comfort_frames, default=0)} at most",
            f"p99 {late:.1f} ms{' !' if late > LATE_MS else ''}",
        )
    return made


def _spread(values: list[float]) -> str:
    return " / ".join("–" if (value := percentile(values, share)) is None else f"{value:.0f}" for share in (0.5, 0.95, 1.0))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.bench.keeper", description="How long legs are silent when their worker goes.")
    parser.add_argument("--legs", type=int, default=50)
    parser.add_argument("--deaths", type=int, default=5, help="of each way (default 5)")
    parser.add_argument("--ways", default=",".join(WAYS), help=f"of {', '.join(WAYS)}")
    parser.add_argument("--ballast", type=int, default=BALLAST_MB, metavar="MB", help="memory of a worker (default %(default)s)")
    parser.add_argument("--lock", choices=("death", "flock"), default="death", help="what a standby waits for (default %(default)s)")
    chosen = parser.parse_args()
    ways = [way for way in chosen.ways.split(",") for _ in range(chosen.deaths)]
    seen = uvloop.run(measure(ways, chosen.legs, chosen.ballast, chosen.lock))
    console = Console()
    console.print(table(seen, chosen.legs))
    console.print(
        f"A hole of {FRAME_MS} ms is none. With stop, {1000 * STOPPED_S:.0f} ms of it are the time until the stopped worker is killed."
    )
    return 1 if any(one.lost for one in seen) else 0


if __name__ == "__main__":
    sys.exit(main())
