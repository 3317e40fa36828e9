"""A Google stand-in as it really runs: a process of its own, reached over sockets."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx


class Standin:
    def __init__(self, process: subprocess.Popen[bytes], port: int, control_port: int) -> None:
        self.process, self.endpoint = process, f"127.0.0.1:{port}"
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{control_port}", trust_env=False)

    def set(self, **settings: Any) -> None:
        self._http.put("/control", json=settings).raise_for_status()

    def setting(self, name: str) -> Any:
        return self._http.get("/control").json()[name]

    def served(self, request: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self._http.get("/control/log").json()
        return [entry for entry in entries if entry["request"] == request]

    def fresh(self) -> None:
        """As it was when it started."""
        self._http.delete("/control").raise_for_status()
        self._http.delete("/control/log").raise_for_status()

    def wait_until_ready(self, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while True:
            with contextlib.suppress(httpx.TransportError):
                if self._http.get("/control/health").status_code == 200:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the stand-in did not start: {self.process.args!r}")
            time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def standin(name: str, *options: str, port: int | None = None) -> Iterator[Standin]:
    """Runs ``ops.standins.<name>`` until the end of the block."""
    port, control_port = port or free_port(), free_port()
    command = [sys.executable, "-m", f"ops.standins.{name}", "--port", str(port), "--control-port", str(control_port), *options]
    process = subprocess.Popen(command)
    try:
        running = Standin(process, port, control_port)
        running.wait_until_ready(within_s=30)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
