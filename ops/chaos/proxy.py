"""A link between two parts that breaks on demand: a TCP proxy on loopback that needs no right of root.

    client ──► Link ──► server            pass    every byte, as it comes
                                          cut     connections are closed, new ones refused
                                          hole    nothing passes and nobody is told; who connects waits; afterwards all of it comes at once
                                          delay   each byte 200 ms later, either way
    reset()                               every connection ends with RST; new ones pass

It knows no protocol, so that WebSocket, HTTP/2, PostgreSQL, Redis and AudioSocket all pass, and writes at once what it read, in one piece:
Asterisk gives up on an AudioSocket peer whose header and payload come 5 ms apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Literal, cast

Mode = Literal["pass", "cut", "hole", "delay"]
HOST: Final = "127.0.0.1"
DELAY_S: Final = 0.2
CONNECT_S: Final = 5.0
ROOM: Final = 8_192
"""Bytes that the kernel keeps of what is sent into a hole. A real one takes nothing: it stays with the sender, who can notice."""
_ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: RST in place of FIN
_BACKLOG: Final = 128
_Act = Callable[[asyncio.Transport], None]


class _End(asyncio.Protocol):
    """One side of a connection; what it reads, its peer writes."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.peer: _End | None = None
        self.transport: asyncio.Transport | None = None
        self.full = False  # the peer's buffer
        self.over = False  # it will send nothing more
        self._early: list[_Act] = []  # an event loop may begin to read before it hears that it should not

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.pause_reading()  # until there is a peer, and the link lets it pass

    def data_received(self, data: bytes) -> None:
        self._link.bytes += len(data)
        self._later(lambda peer: peer.write(data))

    def eof_received(self) -> bool:
        self.over = True
        self._later(lambda peer: peer.write_eof() if peer.can_write_eof() else None)
        if self.peer is not None and self.peer.over:
            self._later(lambda peer: peer.close())
            return False
        return True  # half open until the other side has finished, too

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.ended(self)
        self._later(lambda peer: peer.close())

    def pause_writing(self) -> None:
        if self.peer is not None:
            self.peer.full = True
            self.peer.flow()

    def resume_writing(self) -> None:
        if self.peer is not None:
            self.peer.full = False
            self.peer.flow()

    def flow(self) -> None:
        """Read if the link passes anything and the peer can take it."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.full or self._link.mode == "hole" or self.peer is None:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def abort(self) -> None:
        if self.transport is not None:
            raw = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            self.transport.abort()

    def _later(self, act: _Act) -> None:
        """Do *act* with the peer's transport when it is due; in the order in which it was asked for."""
        if self.peer is None:
            self._early.append(act)
        else:
            self._link.due(self.peer, act)

    def join(self, peer: _End) -> None:
        """What is read from now on, and was read before there was anybody to write it, is *peer*'s."""
        self.peer = peer
        early, self._early = self._early, []
        for act in early:
            self._later(act)


class Link:
    """From ``port`` to *upstream*, both on loopback. Made by ``open``."""

    def __init__(self, upstream: int, port: int = 0) -> None:
        self.port = port
        self.mode: Mode = "pass"
        self.accepted = 0
        self.bytes = 0
        self._upstream = upstream
        self._ends: set[_End] = set()
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self._plugs: list[socket.socket] = []
        self._held: list[tuple[_End, _Act]] = []  # what the hole keeps
        self._waiting: dict[_End, asyncio.Queue[tuple[float, _Act]]] = {}
        self._waiters: dict[_End, asyncio.Task[None]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: int, port: int = 0) -> AsyncIterator[Link]:
        link = cls(upstream, port)
        link._listen()
        try:
            yield link
        finally:
            link._deafen()
            link.reset()
            for task in (*link._connecting, *link._waiters.values()):
                task.cancel()

    @property
    def connections(self) -> int:
        return len(self._ends) // 2

    def set(self, mode: Mode) -> None:
        """From now on; leaving *delay* lets what waits pass first."""
        self.mode = mode
        if mode == "cut":
            self._deafen()
            for end in list(self._ends):
                if end.transport is not None:
                    end.transport.abort()
        elif mode == "hole":
            self._plug()
        else:
            self._listen()
        if mode != "hole":
            held, self._held = self._held, []
            for end, act in held:
                _perform(end, act)
        for end in list(self._ends):
            end.flow()

    def reset(self) -> None:
        for end in list(self._ends):
            end.abort()

    # What the ends ask

    def due(self, end: _End, act: _Act) -> None:
        """Through the queue while there is one: bytes must not overtake each other when a delay ends."""
        if self.mode == "hole":
            self._held.append((end, act))
            return
        waiting = self._waiting.get(end)
        if self.mode != "delay" and waiting is None:
            _perform(end, act)
            return
        if waiting is None:
            waiting = self._waiting[end] = asyncio.Queue()
            self._waiters[end] = asyncio.create_task(self._wait(end, waiting), name=f"delay-{self.port}")
        at_s = asyncio.get_running_loop().time() + (DELAY_S if self.mode == "delay" else 0.0)
        waiting.put_nowait((at_s, act))

    def ended(self, end: _End) -> None:
        self._ends.discard(end)

    async def _wait(self, end: _End, waiting: asyncio.Queue[tuple[float, _Act]]) -> None:
        while self.mode == "delay" or not waiting.empty():
            try:
                async with asyncio.timeout(DELAY_S):
                    at_s, act = await waiting.get()
            except TimeoutError:
                if end.transport is None or end.transport.is_closing():
                    break
                continue
            await asyncio.sleep(at_s - asyncio.get_running_loop().time())
            _perform(end, act)
        self._waiting.pop(end, None)
        self._waiters.pop(end, None)

    # Who may come in

    def _listen(self) -> None:
        if self._accepting is not None:
            return
        if self._plugs:
            self._deafen()  # with the plugs in its queue, which the server need not see
        if self._listener is None:
            self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
            self._listener.setblocking(False)
            self._listener.bind((HOST, self.port))
            self.port = self._listener.getsockname()[1]
        self._listener.listen(_BACKLOG)
        self._accepting = asyncio.create_task(self._accept(self._listener), name=f"accept-{self.port}")

    def _deafen(self) -> None:
        """Connections are refused."""
        self._stop_accepting()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        while self._plugs:
            self._plugs.pop().close()

    def _plug(self) -> None:
        """Who connects gets no answer at all, as if his SYN were lost: the kernel drops it while the queue of the unaccepted is full."""
        self._listen()
        self._stop_accepting()
        assert self._listener is not None
        self._listener.listen(0)
        for _ in range(4):
            plug = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            plug.setblocking(False)
            plug.connect_ex((HOST, self.port))
            self._plugs.append(plug)

    def _stop_accepting(self) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            self._accepting = None

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            accepted, _ = await loop.sock_accept(listener)
            self.accepted += 1
            task = asyncio.create_task(self._connect(accepted), name=f"connect-{self.port}")
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        inner, outer = _End(self), _End(self)
        await loop.connect_accepted_socket(lambda: inner, accepted)
        self._ends.add(inner)
        upstream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        upstream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)  # before it connects, or it is too late
        upstream.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.sock_connect(upstream, (HOST, self._upstream))
                await loop.create_connection(lambda: outer, sock=upstream)
        except OSError:  # nobody there; TimeoutError is one
            upstream.close()
            inner.abort()
            return
        self._ends.add(outer)
        if inner.transport is None or inner.transport.is_closing():
            outer.abort()
            return
        inner.join(outer)
        outer.join(inner)
        inner.flow()
        outer.flow()


def _perform(end: _End, act: _Act) -> None:
    if end.transport is not None and not end.transport.is_closing():
        act(end.transport)
