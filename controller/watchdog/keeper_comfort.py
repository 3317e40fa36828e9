"""Frames for a connection that nobody serves: when one is due, and how it is sent without harm."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from enum import Enum, auto

from audiosocket.audio import FRAME_MS

FRAME_S = FRAME_MS / 1000
UNTAKEN_FRAMES_MAX = 10
"""A peer that has not acknowledged so many takes nothing at the moment. Below the send buffer, so that no frame is ever taken in half."""

_DISCARD_BYTES = 65_536


class ComfortClock:
    """Every 20 ms in absolute time, and at once when it starts; what was missed is left out. Pure."""

    def __init__(self) -> None:
        self._origin_s: float | None = None
        self._served = 0  # beats of 20 ms since then

    def start(self) -> None:
        """A frame is due at once."""
        self._origin_s = None

    def due(self, now_s: float) -> bool:
        """True once for each frame."""
        if self._origin_s is None:
            self._origin_s, self._served = now_s, 0
            return True
        beat = int((now_s - self._origin_s) / FRAME_S)
        due = beat > self._served
        self._served = max(self._served, beat)
        return due

    def wait_s(self, now_s: float) -> float:
        return 0.0 if self._origin_s is None else max(0.0, self._origin_s + (self._served + 1) * FRAME_S - now_s)


class Sent(Enum):
    WHOLE = auto()
    NOT = auto()
    """It takes nothing at the moment."""
    BROKEN = auto()
    """Nothing can be sent any more."""


def send_whole(connection: socket.socket, frame: bytes) -> Sent:
    """*frame* in one write that does not wait."""
    try:
        (untaken_bytes,) = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))
        if untaken_bytes > UNTAKEN_FRAMES_MAX * len(frame):
            return Sent.NOT
        return Sent.WHOLE if connection.send(frame, socket.MSG_DONTWAIT) == len(frame) else Sent.BROKEN
    except BlockingIOError:
        return Sent.NOT
    except OSError:
        return Sent.BROKEN


def discard_received(connection: socket.socket) -> bool:
    """Make room for what the peer sends; False when there is no peer any more."""
    try:
        return bool(connection.recv(_DISCARD_BYTES, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False
