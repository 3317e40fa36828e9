"""Servers that answer with what they were sent, password and all: the worst that a refusal can say."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOOPBACK = "127.0.0.1"


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Refuses each request in the words of the shop, Anthropic and Asterisk at once."""
    while asked := await reader.readuntil(b"\r\n\r\n"):
        said = asked.decode(errors="replace")
        error = {"type": "authentication_error", "code": "refused", "message": said}
        body = json.dumps({"type": "error", "error": error, "message": said}).encode()
        head = f"HTTP/1.1 401 Refused\r\nContent-Type: application/json\r\nX-Said: {json.dumps(said)}\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        return


async def redis(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while asked := await reader.read(4_096):
        writer.write(b"-WRONGPASS you said " + asked.replace(b"\r\n", b" ") + b"\r\n")
        await writer.drain()


async def postgresql(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Asks for the password in clear text, and refuses it by name."""
    length, code = struct.unpack("!ii", await reader.readexactly(8))
    while code in (80_877_103, 80_877_104):  # TLS? GSS? no
        writer.write(b"N")
        length, code = struct.unpack("!ii", await reader.readexactly(8))
    await reader.readexactly(length - 8)
    writer.write(b"R" + struct.pack("!ii", 8, 3))
    _, length = struct.unpack("!ci", await reader.readexactly(5))
    password = (await reader.readexactly(length - 4)).rstrip(b"\0")
    fields = b"SFATAL\0C28P01\0Mpassword authentication failed, it was " + password + b"\0\0"
    writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
    await writer.drain()


@contextmanager
def listening(*talks: Talk) -> Iterator[list[int]]:
    """A port for each of *talks*, served by a thread until the block ends."""
    loop = asyncio.new_event_loop()
    ports: list[int] = []
    ready = threading.Event()

    def polite(talk: Talk) -> Talk:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await talk(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        return serve

    async def serve() -> None:
        servers = [await asyncio.start_server(polite(talk), LOOPBACK, 0) for talk in talks]
        ports.extend(server.sockets[0].getsockname()[1] for server in servers)
        ready.set()
        await over.wait()
        for server in servers:
            server.close()

    over = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="echoing", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield ports
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
