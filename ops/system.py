"""The whole system on one machine: private stack, stand-ins, migrated database, and a controller as its own process.

    with DevStack(progress=print) as stack, System(stack, progress=print) as system:
        system.controller.start()
        ...

The demo, the acceptance tests and the bench all stand on it, so what they show is what runs.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

import migrations
from ops.devstack import DevStack, Process
from ops.standins.launcher import Standins, start_standins

_READY_S = 60.0
_DEAD_S = 10.0


class NotReady(Exception):
    """The controller did not come up; the message holds the end of its log."""


class Controller:
    """One `callctl run`: started, asked, stopped or killed. ``process`` is the parent; the worker and its standby are its children."""

    def __init__(self, stack: DevStack, environment: Mapping[str, str]) -> None:
        self._stack = stack
        self.environment = dict(environment)
        self.overrides: Mapping[str, str] = {}
        """Settings that were changed for the last start alone."""
        self.api_url = f"http://{environment['API_HOST']}:{environment['API_PORT']}"
        self.process: Process | None = None

    def start(self, *, wait: bool = True, **overrides: str) -> None:
        """Start it, with settings in *overrides* changed; by default wait until it is ready for calls."""
        argv = [sys.executable, "-m", "controller", "run"]
        self.overrides = overrides
        self.process = self._stack.spawn("controller", argv, env=self.environment | overrides)
        if wait:
            self.wait_ready()

    def wait_ready(self, within_s: float = _READY_S) -> None:
        deadline = time.monotonic() + within_s
        while not self.ready():
            if time.monotonic() > deadline or self._running().poll() is not None:
                raise NotReady(f"the controller is not ready for calls: {self.readiness()}\n{self.log_tail()}")
            time.sleep(0.05)

    @property
    def call_page(self) -> str:
        """Where a person on this machine calls the agent from his browser."""
        return f"{self.api_url}/call"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        return self._get("/health/ready")[0] == 200

    def readiness(self) -> Any:
        """The body of /health/ready; None while nothing answers."""
        return self._get("/health/ready")[1]

    def metrics(self) -> str:
        return httpx.get(f"{self.api_url}/metrics", timeout=5).text

    def stop(self, within_s: float = 30.0) -> int:
        """SIGTERM, and its exit code."""
        process = self._running()
        process.terminate()
        code = process.wait(within_s)
        self.process = None
        return code

    @property
    def worker(self) -> int | None:
        """The pid of the process that has the calls, also of an orphan; None: none has them at this moment."""
        lock = Path(self.environment["JOURNAL_DIRECTORY"]) / "worker.lock"
        try:
            pid = int(lock.read_text())
        except (OSError, ValueError):
            return None
        return pid if _alive(pid) else None

    @property
    def standby(self) -> int | None:
        """The pid of the other one: it waits, or still starts."""
        return next((pid for pid in self._children() if pid != self.worker), None)

    def kill(self) -> None:
        """SIGKILL to all of it at once, as when the machine dies: nothing has a chance to tidy up, nothing takes over."""
        process, worker = self._running(), self.worker
        standbys = [pid for pid in self._children() if pid != worker]
        process.kill()  # first: it would start others
        process.wait(10.0)
        for pid in (*standbys, *([worker] if worker else [])):
            _kill(pid)
        self.process = None

    def kill_worker(self) -> int:
        """SIGKILL to who has the calls; its pid."""
        worker = self.worker
        if worker is None:
            raise RuntimeError("no worker has the calls at this moment")
        _kill(worker)
        return worker

    def kill_parent(self) -> None:
        """SIGKILL to the parent alone: the worker goes on as an orphan, and the next ``start`` takes over from it."""
        process = self._running()
        process.kill()
        process.wait(10.0)
        self.process = None

    def _children(self) -> list[int]:
        pid = self._running().pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def log_tail(self, lines: int = 30) -> str:
        if self.process is None:
            return ""
        return "\n".join(self.process.log_path.read_text(errors="replace").splitlines()[-lines:])

    def _running(self) -> Process:
        if self.process is None:
            raise RuntimeError("the controller was not started")
        return self.process

    def _get(self, path: str) -> tuple[int, Any]:
        try:
            answer = httpx.get(f"{self.api_url}{path}", timeout=2)
            return answer.status_code, answer.json()
        except (httpx.HTTPError, ValueError):
            return 0, None


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _kill(pid: int) -> None:
    """Returns when it is dead. Only for a process of ours."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + _DEAD_S
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.002)


class System:
    """Everything a call needs, on *stack* (which the caller started and will end).

    *settings* change the controller's environment; the stand-ins named in *without* are not started: they then say where the real one is.
    *shop_keeps*: the file in which the shop's stand-in keeps its orders over its own death.
    """

    def __init__(
        self,
        stack: DevStack,
        *,
        progress: Callable[[str], None] = lambda line: None,
        without: Collection[str] = (),
        shop_keeps: str = "",
        **settings: str,
    ) -> None:
        self.stack = stack
        self._progress = progress
        self._without = frozenset(without)
        self._shop_keeps = shop_keeps
        self._settings = settings

    standins: Standins
    controller: Controller

    def __enter__(self) -> Self:
        self._progress("Stand-ins for Google, Anthropic and the shop ...")
        self.standins = start_standins(self.stack, without=self._without, shop_keeps=Path(self._shop_keeps) if self._shop_keeps else None)
        self._progress("Database schema ...")
        migrations.upgrade(self.stack.postgres.dsn)
        self.controller = Controller(self.stack, self._environment())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.controller.process is not None:
            self.controller.stop()

    def _environment(self) -> dict[str, str]:
        return self.stack.environment() | self.standins.environment() | {"LOG_FORMAT": "json"} | self._settings
