"""Free ports: really free, outside the range outgoing connections borrow from, never given twice."""

import socket
from pathlib import Path

from ops.devstack import ports


def test_ports_are_free_distinct_and_below_the_ephemeral_range() -> None:
    given = [ports.free_port() for _ in range(50)]
    assert len(set(given)) == 50
    assert max(given) < ports._ephemeral_start()
    for port in given:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind((ports.LOOPBACK, port))


def test_a_port_in_use_is_not_free() -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind((ports.LOOPBACK, 0))
            if kind is socket.SOCK_STREAM:
                taken.listen()
            assert not ports._is_free(taken.getsockname()[1])


def test_an_rtp_range_starts_even_and_has_its_size() -> None:
    start, end = ports.free_rtp_range()
    assert start % 2 == 0
    assert end - start + 1 == ports.RTP_PORTS_PER_STACK


def test_the_machines_own_address_is_the_first_that_is_not_the_loopbacks(tmp_path: Path) -> None:
    table = tmp_path / "fib_trie"
    table.write_text(
        "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 10.0.0.0\n        /24 link UNICAST\n"
        "     |-- 10.0.0.7\n        /32 host LOCAL\n     |-- 10.0.0.255\n        /32 link BROADCAST\n",
        encoding="ascii",
    )
    assert ports.own_address(table) == "10.0.0.7"
    table.write_text("Main:\n     |-- 127.0.0.1\n        /32 host LOCAL\n", encoding="ascii")
    assert ports.own_address(table) is None
    assert ports.own_address(tmp_path / "missing") is None
