"""All links of one system in a process of their own, so that what they carry is not late because a generator is busy.

    with Links({"postgres": 5432, ...}) as links:
        links.ports["postgres"]                  # connect here instead
        links.set("postgres", "hole"); links.set("postgres", "pass"); links.reset("postgres")

The process is led over its standard input, a JSON object a line, and ends when that ends: it cannot outlive us.
"""

from __future__ import annotations

import asyncio
import json
import select
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Final, Self

import uvloop

from ops.chaos.proxy import Link, Mode
from ops.devstack.ports import free_port

ANSWER_S: Final = 10.0
START_S: Final = 30.0


class LinksGone(Exception):
    """Their process does not answer."""


class Links:
    """*upstream*: port of the real server, by name. Safe to use from several threads."""

    def __init__(self, upstream: Mapping[str, int]) -> None:
        self.ports = {name: free_port() for name in upstream}
        self._argv = [f"{name}={self.ports[name]}:{port}" for name, port in upstream.items()]
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "ops.chaos.links", *self._argv]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self._read(START_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(ANSWER_S)

    def set(self, name: str, mode: Mode) -> None:
        """Raises ``LinksGone``."""
        self._ask(link=name, mode=mode)

    def reset(self, name: str) -> None:
        self._ask(link=name, reset=True)

    def counts(self) -> dict[str, dict[str, int]]:
        """By name: connections accepted so far, open now, bytes read."""
        return dict(self._ask())

    def _ask(self, **request: Any) -> Any:
        with self._one_at_a_time:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
            except OSError as error:
                raise LinksGone(str(error)) from error
            return self._read(ANSWER_S)

    def _read(self, within_s: float) -> Any:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], within_s)[0] or not (line := self._process.stdout.readline()):
            raise LinksGone(f"no answer within {within_s:g} s, exit code {self._process.poll()}")
        return json.loads(line)


async def serve(links: Mapping[str, tuple[int, int]]) -> None:
    """Until standard input ends; *links* are our port and the server's, by name."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with AsyncExitStack() as exits:
        opened = {name: await exits.enter_async_context(Link.open(upstream, port)) for name, (port, upstream) in links.items()}
        _tell({})
        while line := await orders.readline():
            order = json.loads(line)
            if link := opened.get(order.get("link", "")):
                if order.get("reset"):
                    link.reset()
                else:
                    link.set(order["mode"])
            _tell({name: {"accepted": link.accepted, "open": link.connections, "bytes": link.bytes} for name, link in opened.items()})


def _tell(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    links = {}
    for word in sys.argv[1:]:
        name, _, ports = word.partition("=")
        port, _, upstream = ports.partition(":")
        links[name] = int(port), int(upstream)
    uvloop.run(serve(links))


if __name__ == "__main__":
    main()
