"""Listening addresses: bound by whoever owns them, passed on to a process that serves them.

The standard library alone: the parent of the controllers stands on it.
"""

from __future__ import annotations

import socket

UNTAKEN_MS = 30_000
"""So long may what we sent lie untaken; then the kernel ends the connection, whatever waits in our buffers. Connections inherit it."""


class PortTaken(Exception):
    """Somebody else listens where we are to."""


def bind(host: str, port: int, *, what: str, beside: bool = False) -> socket.socket:
    """An address, not yet listening, or PortTaken in words.

    *beside*: also if a process of ours, that is to go soon, listens there (see ``let_others_beside``).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MS)
        if beside:
            let_others_beside(bound)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise PortTaken(f"{what} cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def let_others_beside(bound: socket.socket) -> None:
    """Another process of this user that asks for it, too, may bind the same address. Who does not ask is refused as ever.

    The new one must not listen before the old one has gone: the kernel would share the connections among both.
    """
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
