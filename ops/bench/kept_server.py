"""A worker of ``ops.bench.keeper``: ``python -m ops.bench.kept_server CHANNEL LIFE LOCK FLOCK MARK LEGS BALLAST_MB``.

Warm, it waits for LOCK, a descriptor, or, where that is named, for the file FLOCK; then it serves what the keeper hands over and plays
MARK on every line. SIGUSR1: it leaves to its successor.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import signal
import socket
import sys

import structlog
import uvloop

from audiosocket.audio import SLIN16
from audiosocket.limits import Limits
from audiosocket.line import Line
from audiosocket.playback import Playback
from audiosocket.server import AudioSocketServer
from controller.watchdog.keeper_lock import DeathLock
from ops.bench.media_server import leg

_FED_S = 0.2
_CONNECT_S = 60.0


async def serve(channel: socket.socket, mark: int, legs: int) -> None:
    left = asyncio.Event()
    speech = SLIN16.silence.replace(b"\0", bytes((mark,))) * int(_FED_S * 50)
    playing: list[Playback] = []

    def speak(line: Line) -> None:
        line.listen(lambda frame: None)
        playing.append(line.play())
        playing[-1].feed(speech * 2)

    async with AudioSocketServer("", 0, limits=Limits(connections=legs + 10, claim_s=_CONNECT_S), keeper=channel) as server:
        for line in server.kept:
            if server.claim(line.leg_id):
                speak(line)
        for number in range(1, legs + 1) if not playing else ():
            server.expect(leg(number), on_open=speak)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, left.set)
        print("serving", flush=True)
        gc.freeze()
        while not left.is_set():
            try:
                await asyncio.wait_for(left.wait(), _FED_S)
            except TimeoutError:
                for playback in playing:
                    playback.feed(speech)
        server.leave()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    channel, life, lock = map(int, sys.argv[1:4])
    flock, (mark, legs, ballast_mb) = sys.argv[4], map(int, sys.argv[5:])
    DeathLock(life).acquire()
    ballast = bytearray(b"\1") * (ballast_mb << 20)  # a real worker's memory, which the kernel takes back when it is killed
    print("warm", flush=True)
    if flock:
        with open(flock, "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            uvloop.run(serve(socket.socket(fileno=channel), mark, legs))
    else:
        DeathLock(lock).acquire()
        uvloop.run(serve(socket.socket(fileno=channel), mark, legs))
    del ballast


if __name__ == "__main__":
    main()
