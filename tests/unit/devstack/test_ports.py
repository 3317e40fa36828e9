"""Free ports: really free, outside the range outgoing connections borrow from, never given twice."""

import socket
import subprocess
import sys
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


def test_processes_that_look_at_the_same_time_are_given_different_ports() -> None:
    code = (
        "import sys; from ops.devstack import ports; ports._ephemeral_start = lambda: 21_000; "
        "print(*[ports.free_port() for _ in range(200)], flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", code]
    looking = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        given = [[int(port) for port in (process.stdout.readline() if process.stdout else "").split()] for process in looking]
    finally:
        for process in looking:
            process.communicate(timeout=20)
    assert [len(ports_of_one) for ports_of_one in given] == [200, 200, 200]
    assert len({port for ports_of_one in given for port in ports_of_one}) == 600


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
