"""One TCP connection: bytes to messages and back, and how it ends.

Writing goes past the transport: one ``os.write`` per message on the socket itself, because Asterisk
drops a leg whose header and payload come more than 5 ms apart, and because nothing may be queued that
the caller has not heard. The transport serves only the rest of a message that the kernel took in part;
until that rest is gone no other message is sent.

Another process may have a duplicate of the connection (``handover``): so the end is told by shutting it
down, and whoever only closes his descriptor leaves it to the other. A process that is killed between the
two parts of a message leaves half of it behind and the leg is lost; but the kernel takes a message in part
only when its buffer is full, that is when the peer has read nothing for some half a second.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import NamedTuple, Protocol, cast

from audiosocket.errors import ProtocolError
from audiosocket.frames import Decoder, Kind, Message, encode


class Ending(NamedTuple):
    """Why a connection is over: *reason* is one of few, *detail* what was special; *orderly* when nobody did anything wrong."""

    reason: str
    orderly: bool = True
    detail: str = ""

    def in_words(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


_HANGUP = encode(Message(Kind.HANGUP))
_PEER_CLOSED = Ending("peer closed the connection")


class Receiver(Protocol):
    """Whoever the messages are for; called in the event loop."""

    def received(self, message: Message) -> None: ...

    def ended(self, ending: Ending) -> None:
        """Once, as the last call: nothing can be sent any more."""


class Wire(asyncio.BufferedProtocol):
    """Reads into the decoder's own buffer, hands on copies."""

    receiver: Receiver
    """Set by *connected*; may be replaced at any message."""

    def __init__(self, connected: Callable[[Wire], None], decoder: Decoder, send_buffer_bytes: int) -> None:
        self._send_buffer_bytes = send_buffer_bytes
        self._connected = connected
        self._decoder = decoder
        self._open = False
        self.peer = "unknown"

    # What the line does.

    def send(self, message: bytes) -> bool:
        """*message* in one write. False: the peer takes nothing at the moment, or the connection is over; none of it was sent."""
        if not self._open or self._transport.get_write_buffer_size():
            return False
        try:
            written = os.write(self._fd, message)
        except BlockingIOError:
            return False
        except OSError as error:
            self._end(_broken(error))
            return False
        if written < len(message):
            self._transport.write(message[written:])
        return True

    def close(self, ending: Ending) -> None:
        """Say goodbye if the peer still listens, and be gone at once. Does nothing the second time."""
        self.send(_HANGUP)
        if self._open:
            _shut_down(self._fd)
        self._end(ending)

    def let_go(self) -> None:
        """Neither send nor read any more, and leave the connection as it is: another process has it. Nobody is told of an end."""
        if self._open:
            self._open = False
            self._transport.pause_reading()

    # What the event loop does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._send_buffer_bytes)
        self._fd: int = sock.fileno()
        self._open = True
        if address := transport.get_extra_info("peername"):
            self.peer = f"{address[0]}:{address[1]}"
        self._connected(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._decoder.space()

    def buffer_updated(self, nbytes: int) -> None:
        self._decoder.advance(nbytes)
        try:
            while self._open and (message := self._decoder.next_message()) is not None:
                self.receiver.received(message)
        except ProtocolError as error:
            self.close(Ending("malformed", orderly=False, detail=str(error)))

    def eof_received(self) -> None:
        self._end(_PEER_CLOSED)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(_broken(exc) if exc else _PEER_CLOSED)

    def _end(self, ending: Ending) -> None:
        """From here on the descriptor is not ours: its number may soon be another connection's."""
        if self._open:
            self._open = False
            self._transport.abort()
            self.receiver.ended(ending)


def _shut_down(fd: int) -> None:
    sock = socket.socket(fileno=fd)
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # the peer was faster
        pass
    finally:
        sock.detach()


def _broken(error: Exception) -> Ending:
    return Ending("connection broke", orderly=False, detail=str(error))
