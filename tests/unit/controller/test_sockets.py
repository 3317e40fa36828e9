from __future__ import annotations

import socket

import pytest

from controller.sockets import PortTaken, bind, let_others_beside

LOOPBACK = "127.0.0.1"


def test_a_port_that_somebody_listens_on_is_told() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken, pytest.raises(PortTaken, match="The API cannot listen on"):
        bind(LOOPBACK, taken.getsockname()[1], what="The API")


def test_a_successor_binds_beside_one_that_is_to_go_and_gets_no_connection_before_it_listens() -> None:
    with bind(LOOPBACK, 0, what="The API") as first:
        first.listen()
        let_others_beside(first)
        port = first.getsockname()[1]
        with bind(LOOPBACK, port, what="The API", beside=True) as second:
            for _ in range(20):
                with socket.create_connection((LOOPBACK, port), timeout=5):
                    connection, _ = first.accept()
                    connection.close()
            first.close()
            second.listen()
            with socket.create_connection((LOOPBACK, port), timeout=5):
                connection, _ = second.accept()
                connection.close()


def test_a_stranger_who_does_not_know_of_it_is_refused_all_the_same() -> None:
    with bind(LOOPBACK, 0, what="The API") as first:
        first.listen()
        let_others_beside(first)
        with pytest.raises(PortTaken):
            bind(LOOPBACK, first.getsockname()[1], what="The API")
