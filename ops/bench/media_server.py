"""The audio server alone, or the plainest loop instead of it: ``python -m ops.bench.media_server ours|sleep LINES``.

Tells its port, serves silence to LINES peers that announce the UUIDs 1, 2, ..., counts what they say, ends when its input does.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import uuid

import structlog
import uvloop

from audiosocket.audio import SLIN16
from audiosocket.frames import HEADER_BYTES, silence
from audiosocket.limits import Limits
from audiosocket.server import AudioSocketServer

_CONNECT_S = 60.0


def leg(number: int) -> uuid.UUID:
    """The UUID of the *number*-th peer."""
    return uuid.UUID(int=number)


async def ours(lines: int) -> None:
    heard = 0

    def count(frame: bytes) -> None:
        nonlocal heard
        heard += len(frame)

    async with AudioSocketServer("127.0.0.1", 0, limits=Limits(connections=lines + 1, claim_s=_CONNECT_S)) as server:
        pending = [server.expect(leg(number)) for number in range(1, lines + 1)]
        print(server.port, flush=True)
        for one in pending:
            (await one.line(timeout_s=_CONNECT_S)).listen(count)
        gc.freeze()
        await _input_ended()


async def sleep_loop() -> None:
    """What one writes first: two tasks a peer, and ``asyncio.sleep(0.02)`` between frames."""
    frame = silence(SLIN16)

    async def hear(reader: asyncio.StreamReader) -> None:
        while True:
            head = await reader.readexactly(HEADER_BYTES)
            await reader.readexactly(int.from_bytes(head[1:], "big"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hearing = asyncio.create_task(hear(reader), name="hear")
        try:
            while not hearing.done():
                writer.write(frame)
                await writer.drain()
                await asyncio.sleep(0.02)
        except (ConnectionError, asyncio.CancelledError):  # our end; Python 3.11's streams would print a cancelled handler as a fault
            pass
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.freeze()
    await _input_ended()
    server.close()


async def _input_ended() -> None:
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    kind, lines = sys.argv[1], int(sys.argv[2])
    if kind == "ours":
        uvloop.run(ours(lines))
    else:
        asyncio.run(sleep_loop())


if __name__ == "__main__":
    main()
