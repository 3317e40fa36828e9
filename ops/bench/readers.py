"""What readers of the live log cost: CPU of a process with a hundred calls' lines, without readers and with fifty, in turns.

    python -m ops.bench.readers --lines 2000 --readers 50

A third kind follows one call each, so that no two readers share anything.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from ops.bench.cpu import cpu_s

CALLS = 100
ROUNDS = 3
WARM_S, MEASURED_S, END_S = 1.5, 5.0, 10.0
REQUEST = "GET /api/v1/log{query} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n"


class Reader(asyncio.Protocol):
    def __init__(self, query: str) -> None:
        self._query = query
        self.lines = 0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(REQUEST.format(query=self._query).encode())  # type: ignore[attr-defined]  # it is a Transport

    def data_received(self, data: bytes) -> None:
        self.lines += data.count(b"\ndata: ")

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


async def measure(port: int, pid: int, queries: Sequence[str]) -> tuple[float, int]:
    """CPU seconds of the server in a second, and the lines that came to all readers in it; raises ``ConnectionError``."""
    loop = asyncio.get_running_loop()
    readers = [(await loop.create_connection(lambda query=query: Reader(query), "127.0.0.1", port))[1] for query in queries]  # type: ignore[misc]
    await asyncio.sleep(WARM_S)
    for reader in readers:
        reader.lines = 0
    began, used = time.monotonic(), cpu_s(pid)
    await asyncio.sleep(MEASURED_S)
    lasted, used = time.monotonic() - began, cpu_s(pid) - used
    lost = sum(reader.lost for reader in readers)
    for reader in readers:
        reader.transport.close()
    if lost:
        raise ConnectionError(f"{lost} of {len(readers)} readers were cut off")
    return used / lasted, round(sum(reader.lines for reader in readers) / lasted)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.bench.readers", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lines", type=int, default=2_000, help="lines a second over all calls (default 2000)")
    parser.add_argument("--readers", type=int, default=50, help="readers at once (default 50)")
    options = parser.parse_args(argv)
    kinds = {
        "none": [],
        f"{options.readers} equal": [""] * options.readers,
        f"{options.readers} different": [f"?q={number:03d}" for number in range(options.readers)],
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "ops.bench.log_server", str(CALLS), str(options.lines)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        seen: dict[str, list[tuple[float, int]]] = {kind: [] for kind in kinds}
        for _ in range(ROUNDS):
            for kind, queries in kinds.items():
                seen[kind].append(asyncio.run(measure(port, server.pid, queries)))
    finally:
        server.terminate()
        server.wait(END_S)
    table = Table("readers", "core", "of it the readers", "lines/s to all", box=None, header_style="bold")
    alone = median(used for used, _ in seen["none"])
    for kind, found in seen.items():
        used = median(used for used, _ in found)
        table.add_row(kind, f"{used:.1%}", f"{used - alone:.1%}", f"{median(lines for _, lines in found):,.0f}")
    Console(highlight=False).print(f"{CALLS} calls, {options.lines} lines a second, median of {ROUNDS} rounds of {MEASURED_S:g} s", table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
