"""An address for a machine that has none but 127.0.0.1: neither Asterisk nor Chromium offers a loopback address to the other."""

from __future__ import annotations

import fcntl
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from ops.devstack.ports import SPARE_ADDRESS, own_address

_ALIAS = b"lo:callctl"
_SET_ADDRESS, _SET_FLAGS = 0x8916, 0x8914  # linux/sockios.h
_DOWN = 0


class NoRights(Exception):
    """In words for the person who runs the tests."""


@contextmanager
def audio_address() -> Iterator[None]:
    """The machine has an address that a browser's audio can be offered at. Raises NoRights."""
    if own_address() is not None:
        yield
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kernel:
        address = struct.pack("!HH4s8x", 0, 0, socket.inet_aton(SPARE_ADDRESS))
        address = struct.pack("H", socket.AF_INET) + address[2:]
        try:
            fcntl.ioctl(kernel, _SET_ADDRESS, struct.pack("16s16s8x", _ALIAS, address))
        except PermissionError as error:
            raise NoRights(
                f"this machine has no address but 127.0.0.1, and adding {SPARE_ADDRESS} to lo for the time of the test needs root: "
                f"run it as root, or `ip address add {SPARE_ADDRESS}/32 dev lo` once"
            ) from error
        try:
            yield
        finally:
            fcntl.ioctl(kernel, _SET_FLAGS, struct.pack("16sH22x", _ALIAS, _DOWN))  # down: the alias is gone
