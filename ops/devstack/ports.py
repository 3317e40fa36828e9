"""Free ports on the loopback address.

They are taken from below the kernel's ephemeral range: a server that is stopped and started again must find its port free, and no
outgoing connection of anybody may have borrowed it meanwhile. Nor may another process of ours that looks for ports at the same time:
between the look and the server's start lie seconds, and four stacks take fifty ports. So each process marks its own, in a file that
all share, by a lock on one byte a port; the kernel takes the marks away with the process.
"""

import fcntl
import os
import random
import re
import socket
import tempfile
from functools import cache
from pathlib import Path

LOOPBACK = "127.0.0.1"
SPARE_ADDRESS = "192.0.2.254"  # of RFC 5737's addresses for documentation: nobody's, and ours to add to a machine that has no other
RTP_PORTS_PER_STACK = 1200  # two per channel with media, and a wide margin: 200 calls with their operators

_LOWEST, _RTP_LOWEST, _RTP_HIGHEST = 20_000, 10_000, 19_999
_TRIES = 200
_given: set[int] = set()


def _ephemeral_start() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 32_768


@cache
def _marks() -> int:
    """The file with a byte for each port; open as long as we live, for closing it would take our marks away."""
    path = Path(tempfile.gettempdir()) / f"callctl-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _mark(port: int) -> bool:
    """Make it ours; False: it is another process's."""
    try:
        fcntl.lockf(_marks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    """Whether nothing listens on the port, neither over TCP nor over UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return False
    return True


def free_port() -> int:
    """A port that is free for TCP and UDP on the loopback address now; never the same twice, nor one given to another process of ours."""
    highest = max(_ephemeral_start(), _LOWEST + 1000) - 1
    chance = random.SystemRandom()  # the shared generator may be seeded alike in every test process
    for _ in range(_TRIES):
        port = chance.randint(_LOWEST, highest)
        if port not in _given and _mark(port) and _is_free(port):
            _given.add(port)
            return port
    raise OSError(f"no free port found between {_LOWEST} and {highest}")


def free_rtp_range() -> tuple[int, int]:
    """First and last port for RTP. Stacks may overlap by chance: Asterisk then takes the next free port of its range."""
    start = random.randrange(_RTP_LOWEST, _RTP_HIGHEST - RTP_PORTS_PER_STACK, 2)
    return start, start + RTP_PORTS_PER_STACK - 1


def own_address(table: Path = Path("/proc/net/fib_trie")) -> str | None:
    """The first IPv4 address of this machine besides 127.x.x.x; None where there is none.

    Asterisk names no loopback address to a browser, so it needs one to name the loopback address in place of.
    """
    candidate = ""
    try:
        lines = table.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:  # "|-- 10.0.0.5", and in a line below it "/32 host LOCAL"
        if found := re.search(r"\|-- (\d+\.\d+\.\d+\.\d+)$", line):
            candidate = found[1]
        elif line.strip() == "/32 host LOCAL" and not candidate.startswith("127."):
            return candidate
    return None
