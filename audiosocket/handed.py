"""The server's end of the channel to its keeper: connections come as descriptors, and it is told who serves them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable

import structlog

from audiosocket.apology import Apology
from audiosocket.errors import KeeperLost
from audiosocket.frames import AUDIO_KINDS
from audiosocket.handover import Have, Leave, Leg, Offer, Packet, Plea, Serve, Take, Told, Welcome, encode, receive
from audiosocket.wire import Wire

WELCOME_S = 5.0
"""From saying that we serve to having all that was kept. The keeper needs some milliseconds."""
LEAVE_S = 0.05
UNSAID_MAX = 10_000
"""Packets that wait for the keeper to read; beyond that it is as good as dead."""

_AT_ONCE_MAX = 64

log = structlog.get_logger(__name__)


class Handed:
    """Connections by way of a keeper. All methods belong into the event loop."""

    def __init__(self, channel: socket.socket, take: Callable[[Take], Wire], lost: Callable[[], None]) -> None:
        """*channel*, inherited from the parent, belongs to this object. *take* makes the wire of a connection that was handed over.

        *lost* is called when the keeper is gone.
        """
        self._channel = channel
        self._take = take
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._welcome: asyncio.Future[int] = self._loop.create_future()
        self._connecting: set[asyncio.Task[None]] = set()
        self._unsaid: deque[bytes] = deque()
        self.open = True
        channel.setblocking(False)
        channel.set_inheritable(False)  # a child of ours that held it would make us immortal to the keeper
        self._loop.add_reader(channel.fileno(), self._readable)

    async def serve(self, apology: Apology | None) -> int:
        """From now on connections come here; returns the listener's port once all that were kept are wires. Raises KeeperLost."""
        if apology is not None:
            self._offer(apology)
        self._say(Serve())
        try:
            async with asyncio.timeout(WELCOME_S):
                port = await asyncio.shield(self._welcome)
                while self._connecting:
                    await asyncio.wait(self._connecting)
        except TimeoutError:
            self._lose("the keeper does not answer")
            raise KeeperLost(f"the keeper does not answer within {WELCOME_S:g} s") from None
        return port

    def have(self, number: int) -> None:
        self._say(Have(number))

    def tell(self, number: int, leg: Leg) -> None:
        self._say(Told(number, leg))

    def plead(self, number: int, wanted: bool) -> None:
        self._say(Plea(number, wanted))

    def leave(self) -> None:
        """The keeper sends on all of them from now on; we must not. For the moment before we exit: what is unsaid is said now or never."""
        self._say(Leave())
        if self.open and self._unsaid:
            self._channel.settimeout(LEAVE_S)
            self._flush()
            self._channel.setblocking(False)

    def close(self) -> None:
        if not self.open:
            return
        self.open = False
        self._loop.remove_reader(self._channel.fileno())
        self._loop.remove_writer(self._channel.fileno())
        for task in self._connecting:
            task.cancel()
        if not self._welcome.done():
            self._welcome.cancel()
        self._channel.close()

    # What the keeper says.

    def _readable(self) -> None:
        for _ in range(_AT_ONCE_MAX):
            try:
                received = receive(self._channel)
            except BlockingIOError:
                return
            if received is None:
                self._lose("the keeper is gone")
                return
            packet, descriptor = received
            if isinstance(packet, Take) and descriptor is not None:
                task = self._loop.create_task(self._connect(packet, descriptor), name=f"handed-{packet.number}")
                self._connecting.add(task)
                task.add_done_callback(self._connecting.discard)
            elif isinstance(packet, Welcome) and not self._welcome.done():
                self._welcome.set_result(packet.port)
            elif descriptor is not None:
                os.close(descriptor)

    async def _connect(self, take: Take, descriptor: int) -> None:
        sock = socket.socket(fileno=descriptor)
        try:
            sock.setblocking(False)
            await self._loop.connect_accepted_socket(lambda: self._take(take), sock)
        except OSError as error:
            sock.close()
            log.info("handed_connection_broken", number=take.number, error=repr(error))

    # What we say.

    def _say(self, packet: Packet) -> None:
        if not self.open:
            return
        self._unsaid.append(encode(packet))
        if len(self._unsaid) == 1:
            self._flush()
        elif len(self._unsaid) > UNSAID_MAX:
            self._lose("the keeper does not read")

    def _offer(self, apology: Apology) -> None:
        try:
            descriptor = apology.shared()
            try:
                socket.send_fds(self._channel, [encode(Offer(AUDIO_KINDS[apology.audio], len(apology.words)))], [descriptor])
            finally:
                os.close(descriptor)
        except OSError as error:  # silence, then
            log.error("no_apology", error=repr(error))

    def _flush(self) -> None:
        try:
            while self._unsaid:
                self._channel.send(self._unsaid[0])
                self._unsaid.popleft()
        except (BlockingIOError, TimeoutError):
            self._loop.add_writer(self._channel.fileno(), self._flush)
            return
        except OSError:
            self._lose("the keeper is gone")
            return
        self._loop.remove_writer(self._channel.fileno())

    def _lose(self, why: str) -> None:
        """The lines that we have go on; nobody keeps them, and none will come from there."""
        log.error("keeper_lost", why=why)
        if not self._welcome.done():
            self._welcome.set_exception(KeeperLost(why))
            self._welcome.exception()  # seen, should nobody wait
        self.close()
        self._lost()
