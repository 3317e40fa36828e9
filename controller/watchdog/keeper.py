"""The keeper of the AudioSocket connections: a leg outlives the process that serves it.

It lives in the parent, accepts the connections, and gives a duplicate of each to the server, the process
that has the calls. While that serves, the keeper neither reads nor writes; it waits for the end of a
connection, which the kernel tells. When the server dies or leaves, each leg gets a frame from here every
20 ms until the next server has it: an apology where a caller waits for an answer, else silence.

    Asterisk ──► listener ──► Keeper ═══ unix socket, SCM_RIGHTS ═══► AudioSocketServer
                                └──── "sorry", while nobody serves      in a worker, its successor, ...

It apologises at once when a server died, and when one left only if nobody has come after ``LEFT_MS``.

A thread of its own: its clock must hold 20 ms while the parent's event loop starts processes, reads
files and waits for a slow log. Everything in here is touched by that thread alone; the public methods
leave their wish in a queue and wake it.

``keeper_book`` decides, ``keeper_comfort`` has the clock, ``keeper_loop`` the thread, ``audiosocket.handover`` the words.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import count

from audiosocket.apology import Apology
from audiosocket.frames import AUDIO_FORMATS, silence
from audiosocket.handover import Have, Leave, Leg, Offer, Packet, Plea, Serve, Told, Welcome, encode, receive
from controller.watchdog.keeper_book import KeeperBook
from controller.watchdog.keeper_comfort import ComfortClock, Sent, discard_received, send_whole
from controller.watchdog.keeper_lock import DeathLock
from controller.watchdog.keeper_loop import HANG_UP, NOTHING, READABLE, KeeperLoop

COMFORT_S = 30.0
"""So long a caller is kept here before his leg is closed and Asterisk has him back."""
LEFT_MS = 300
"""A caller may be in silence for so long before he is told why."""
UNREAD_S = 1.0
"""So much of what a caller says waits for the next server; then room is made, lest Asterisk cannot write."""
CONNECTIONS_MAX = 600
"""More than any server admits (``audiosocket.limits``): a stranger's share is refused here, before it costs descriptors."""

_AT_ONCE_MAX = 64
_IDLE_S = 1.0
_RETRY_S = 0.005

Tell = Callable[[str, dict[str, object]], None]


class Keeper:
    def __init__(
        self,
        listener: socket.socket,
        *,
        comfort_s: float = COMFORT_S,
        connections_max: int = CONNECTIONS_MAX,
        tell: Tell = lambda event, fields: None,
    ) -> None:
        """*listener* listens already and belongs to the keeper. *tell* is called in the keeper's thread with what is worth a log line."""
        self._listener = listener
        self._port: int = listener.getsockname()[1]
        self._comfort_s = comfort_s
        self._connections_max = connections_max
        self._tell = tell
        self._book = KeeperBook()
        self._clock = ComfortClock()
        self._apology: Apology | None = None  # the one that was offered last
        self._lives: dict[socket.socket, DeathLock] = {}
        self._connections: dict[int, socket.socket] = {}  # by their numbers in the book
        self._server: socket.socket | None = None  # the channel of the process that serves
        self._left_s = 0.0  # when the last one went
        self._deaf_until_s: float | None = None
        self._blocked = False  # the server's channel takes nothing at the moment
        self._channels: set[socket.socket] = set()
        self._closed = False
        self._loop = KeeperLoop(self._go_round, self._wait_s, lambda error: self._say("keeper_failed", error=repr(error)))
        listener.setblocking(False)
        self._loop.watch(listener.fileno(), READABLE, self._accept, last=True)

    # For the parent, from any thread.

    @property
    def connections(self) -> int:
        """How many are kept now."""
        return len(self._connections)

    def start(self) -> None:
        """Accept from now on; what comes before there is a server waits for it."""
        self._loop.start()

    def serve_by(self, channel: socket.socket, life: DeathLock | None = None) -> None:
        """Our end of the SOCK_SEQPACKET pair of a new process, which then belongs to the keeper.

        A process serves from the moment it says so itself, and nobody before it any more: a standby may be named here long before.
        *life* is what its sending thread holds while it lives. Without it, a death is seen only when the kernel has taken back the
        process' memory and closes its end of *channel*, some 10 to 100 ms later.
        """
        self._loop.wish(partial(self._meet, channel, life))

    def close(self) -> None:
        """Keep nothing any more. What a server still serves goes on, without us."""
        if self._closed:
            return
        self._closed = True
        self._loop.end()
        for held in (self._listener, *self._channels, *self._connections.values()):
            held.close()
        self._connections.clear()

    # The thread.

    def _wait_s(self) -> float:
        wait_s = _RETRY_S if self._blocked else _IDLE_S
        if next(self._book.comforted(), None):
            wait_s = min(wait_s, self._clock.wait_s(time.monotonic()))
        return wait_s

    def _go_round(self) -> None:
        now_s = time.monotonic()
        self._comfort(now_s)
        self._give(now_s)
        if lonely := self._book.alone_too_long(now_s - self._comfort_s):
            for number in lonely:
                self._forget(number)
            self._say("legs_given_up", count=len(lonely))
        if self._deaf_until_s is not None and now_s >= self._deaf_until_s:
            self._deaf_until_s = None
            self._loop.change(self._listener.fileno(), READABLE)

    def _comfort(self, now_s: float) -> None:
        comforted = list(self._book.comforted())
        if not comforted or not self._clock.due(now_s):
            return
        now_ns = time.monotonic_ns()
        for number, leg, alone_since_s, apology_ns in comforted:
            connection, apology = self._connections[number], self._apology_for(leg)
            message = apology.due(apology_ns, now_ns) if apology_ns and apology is not None else None
            broken = send_whole(connection, message or silence(AUDIO_FORMATS[leg.kind])) is Sent.BROKEN
            if broken or (now_s - alone_since_s > UNREAD_S and not discard_received(connection)):
                self._forget(number)

    def _apology_for(self, leg: Leg) -> Apology | None:
        return self._apology if self._apology is not None and self._apology.audio == AUDIO_FORMATS[leg.kind] else None

    def _give(self, now_s: float) -> None:
        self._blocked = False
        if self._server is None:
            return
        try:
            for take in self._book.to_give():
                said = take.leg is not None and self._apology_for(take.leg) is not None
                words = encode(take if said else take._replace(since_ns=0))
                socket.send_fds(self._server, [words], [self._connections[take.number].fileno()])
                self._book.gave(take.number)
            if self._book.to_welcome:
                self._server.send(encode(Welcome(self._port)))
                self._book.welcomed()
                self._say("server_welcomed", connections=len(self._book), after_ms=round(1000 * (now_s - self._left_s)))
        except OSError as error:
            self._blocked = error.errno in (errno.EAGAIN, errno.ETOOMANYREFS)  # else it is dead, which its channel tells next

    # Connections.

    def _accept(self) -> None:
        for _ in range(_AT_ONCE_MAX):
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue
            except OSError as error:  # no descriptor left, most likely: it would be told again and again
                self._deaf_until_s = time.monotonic() + _IDLE_S
                self._loop.change(self._listener.fileno(), NOTHING)
                self._say("keeper_cannot_accept", error=repr(error))
                return
            if len(self._book) >= self._connections_max:
                connection.close()
                self._say("too_many_connections", kept=len(self._book))
                continue
            connection.setblocking(False)
            number = self._book.accepted(time.monotonic())
            self._connections[number] = connection
            self._loop.watch(connection.fileno(), HANG_UP, partial(self._forget, number))

    def _forget(self, number: int) -> None:
        """It has ended, or shall."""
        self._book.forget(number)
        if connection := self._connections.pop(number, None):
            self._loop.unwatch(connection.fileno())
            with suppress(OSError):  # it has ended already
                connection.shutdown(socket.SHUT_RDWR)  # closing alone would not end what a server has as well
            connection.close()

    # Servers.

    def _meet(self, channel: socket.socket, life: DeathLock | None) -> None:
        channel.setblocking(False)
        self._channels.add(channel)
        if life is not None:
            self._lives[channel] = life
        self._loop.watch(channel.fileno(), READABLE, partial(self._hear, channel))

    def _hear(self, channel: socket.socket, packets: Iterable[int] = range(_AT_ONCE_MAX)) -> None:
        for _ in packets:
            try:
                received = receive(channel)
            except BlockingIOError:
                return
            if received is None:
                self._lose(channel)
                return
            packet, descriptor = received
            try:
                self._understand(channel, packet, descriptor)
            finally:
                if descriptor is not None:
                    os.close(descriptor)

    def _understand(self, channel: socket.socket, packet: Packet | None, descriptor: int | None) -> None:
        if isinstance(packet, Offer) and descriptor is not None:
            self._learn(packet, descriptor)
        elif isinstance(packet, Serve):
            if channel is not self._server:
                if self._server is not None:
                    self._hear(self._server, count())  # its last words may still be unread
                self._server_went(died=True)
                self._server = channel
                self._book.server_came(time.monotonic())
                if life := self._lives.get(channel):
                    self._await_death(channel, life)
        elif channel is self._server:
            match packet:
                case Told(number, leg):
                    self._book.told(number, leg)
                case Have(number):
                    self._book.has(number)
                case Plea(number, wanted):
                    self._book.pleads(number, wanted)
                case Leave():
                    self._server_went(died=False)

    def _learn(self, offer: Offer, descriptor: int) -> None:
        try:
            self._apology = Apology.received(offer.kind, offer.words, descriptor)
        except (OSError, ValueError) as error:
            self._say("apology_not_understood", error=repr(error))

    def _await_death(self, channel: socket.socket, life: DeathLock) -> None:
        def wait() -> None:
            if life.await_death():
                self._loop.wish(partial(self._bury, channel))

        threading.Thread(target=wait, name="keeper-death", daemon=True).start()

    def _bury(self, channel: socket.socket) -> None:
        if channel in self._channels:
            try:
                self._hear(channel, count())  # who is dead says no more
            finally:
                self._lose(channel)

    def _lose(self, channel: socket.socket) -> None:
        if channel not in self._channels:
            return
        self._channels.remove(channel)
        if life := self._lives.pop(channel, None):
            life.give_up()
        if channel is self._server:
            self._server_went(died=True)
        self._loop.unwatch(channel.fileno())
        channel.close()

    def _server_went(self, *, died: bool) -> None:
        if self._server is None:
            return
        self._server = None
        self._left_s = time.monotonic()
        self._book.server_went(self._left_s, time.monotonic_ns() + (0 if died else LEFT_MS * 1_000_000))
        self._clock.start()
        self._comfort(self._left_s)
        self._say("server_went", connections=len(self._book))

    def _say(self, event: str, **fields: object) -> None:
        with suppress(Exception):  # who listens may be gone before us
            self._tell(event, fields)
