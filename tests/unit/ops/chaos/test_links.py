"""The process that carries the links, over its real pipes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from ops.chaos.links import Links, LinksGone

WITHIN_S = 5.0


@pytest.fixture
def server() -> Iterator[int]:
    """A port on loopback that greets and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"hello")

        threading.Thread(target=greet, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def greeted(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as connection:
        return connection.recv(16)


def test_each_link_is_led_by_its_name(server: int) -> None:
    with Links({"one": server, "two": server}) as links:
        links.set("one", "cut")
        with pytest.raises(ConnectionRefusedError):
            greeted(links.ports["one"])
        assert greeted(links.ports["two"]) == b"hello"
        links.set("one", "pass")
        assert greeted(links.ports["one"]) == b"hello"
        links.reset("one")
        assert {name: count["accepted"] for name, count in links.counts().items()} == {"one": 1, "two": 1}


def test_nothing_listens_any_more_when_it_is_over(server: int) -> None:
    with Links({"one": server}) as links:
        assert greeted(links.ports["one"]) == b"hello"
    with pytest.raises(ConnectionRefusedError):
        greeted(links.ports["one"])
    with pytest.raises((LinksGone, ValueError)):
        links.counts()
