"""A TCP proxy that breaks connections in the ways in which networks do."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TcpProxy:
    """Stands between a client and 127.0.0.1:*upstream*; connect to ``port``.

    *room*: so many bytes it takes in, each way, while it passes nothing on. A real hole takes nothing: what is sent into one stays with
    the sender, who can notice.
    """

    def __init__(self, upstream: int, room: int = 65_536) -> None:
        self._upstream = upstream
        self._room = room
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self.port = 0
        self.accepted = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, upstream: int, room: int = 65_536) -> AsyncIterator[TcpProxy]:
        proxy = cls(upstream, room)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        server = await asyncio.start_server(proxy._accept, sock=listener, limit=room)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            proxy.reset()
            await server.wait_closed()

    def finish(self) -> None:
        """An orderly end: FIN in both directions."""
        for pair in list(self._pairs):
            for side in pair:
                side.close()

    def reset(self) -> None:
        """The peer's machine forgot the connection: RST."""
        for pair in list(self._pairs):
            for side in pair:
                raw = side.get_extra_info("socket")
                if raw is not None:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                side.transport.abort()

    def cut(self) -> None:
        """The cable is out: RST for every connection, and none opens until ``mend``."""
        self._refusing = True
        self.reset()

    def mend(self) -> None:
        self._refusing = False

    def swallow(self) -> None:
        """A black hole: connections open and nothing passes, neither way, until ``release``."""
        self._flowing.clear()

    def release(self) -> None:
        """New bytes pass again; connections that were in the hole are reset."""
        self.reset()
        self._flowing.set()

    def let_go(self) -> None:
        """The hole closes: what was on its way arrives, and all that the senders still have for it."""
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self._refusing:
            writer.transport.abort()
            return
        try:
            up = socket.socket()
            up.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._room)  # before it connects, or it is too late
            up.setblocking(False)
            await asyncio.get_running_loop().sock_connect(up, ("127.0.0.1", self._upstream))
            up_reader, up_writer = await asyncio.open_connection(sock=up, limit=self._room)
        except OSError:
            writer.close()
            return
        pair = (writer, up_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))
        finally:
            self._pairs.discard(pair)
            for side in pair:
                side.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(self._room):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
