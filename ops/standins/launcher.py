"""All stand-ins at once: four processes, the environment that points a controller at them, and a client to steer each.

    standins = start_standins(stack)                  # a DevStack, or anything with its ``spawn``
    standins.environment()                            # STT_ENDPOINT, ANTHROPIC_BASE_URL, SHOP_API_KEY, ...
    standins.control("anthropic").set(fail_next=2, fail_status=529)
    standins.control("shop").log()[-1].outcome

The processes end with the stack that spawned them.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ops.devstack.errors import DevStackError, ServiceFailed
from ops.devstack.ports import LOOPBACK, free_port
from ops.standins.control import Served

START_S = 60.0  # four interpreters with their imports, on two busy cores
ANSWER_S = 5.0
POLL_S = 0.05


# The controller's setting, whose address it is, and how it is written.
_ADDRESSES = {
    "STT_ENDPOINT": ("google_stt", "{}"),
    "TTS_ENDPOINT": ("google_tts", "{}"),
    "ANTHROPIC_BASE_URL": ("anthropic", "http://{}"),
    "SHOP_BASE_URL": ("shop", "http://{}/api/v1"),
}


class Process(Protocol):
    pid: int
    log_path: Path

    def poll(self) -> int | None: ...


class Stack(Protocol):
    def spawn(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Process: ...


class ControlClient:
    """The control endpoint of one stand-in (see ``ops.standins.control``). Errors are ``DevStackError``."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port

    def settings(self) -> dict[str, Any]:
        return dict(self.ask("GET"))

    def set(self, **settings: Any) -> dict[str, Any]:
        """Change the named settings; all settings as they are then."""
        return dict(self.ask("PUT", body=settings))

    def reset(self) -> None:
        """Back to the settings it was started with."""
        self.ask("DELETE")

    def log(self) -> list[Served]:
        """What it served since the log was cleared, oldest first; times are CLOCK_MONOTONIC in ms."""
        return msgspec.convert(self.ask("GET", "/log"), list[Served])

    def clear_log(self) -> None:
        self.ask("DELETE", "/log")

    def healthy(self) -> bool:
        try:
            self.ask("GET", "/health")
        except DevStackError:
            return False
        return True

    def ask(self, method: str, path: str = "", body: Mapping[str, Any] | None = None) -> Any:
        """What a stand-in has under /control beside the settings: ``control("shop").ask("GET", "/written")``."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=ANSWER_S)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, f"/control{path}", None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as broken:
            raise DevStackError(f"the stand-in {self.name} does not answer on port {self.port}: {broken}") from broken
        finally:
            connection.close()
        if response.status >= 400:
            raise DevStackError(f"the stand-in {self.name} refuses {method} /control{path}: {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else None


@dataclass(frozen=True)
class Standin:
    """One of them, as it runs; *spawn* starts the same again."""

    port: int
    control: ControlClient
    spawn: Callable[[], Process]
    process: Process


class Standins:
    """The four: ``google_stt``, ``google_tts``, ``anthropic``, ``shop``; without those that were not wanted."""

    def __init__(self, running: Mapping[str, Standin], keys: Mapping[str, str]) -> None:
        self._running = dict(running)
        self._keys = keys

    def control(self, name: str) -> ControlClient:
        return self._running[name].control

    def port(self, name: str) -> int:
        """Where it serves."""
        return self._running[name].port

    def process(self, name: str) -> Process:
        """The one that runs now, or ran last."""
        return self._running[name].process

    def restart(self, name: str, timeout_s: float = START_S) -> None:
        """Start one that has ended again, on its old ports, with the settings of the start; raises ``ServiceFailed``."""
        ended = self._running[name]
        self._running[name] = again = replace(ended, process=ended.spawn())
        _wait_healthy([again], timeout_s)

    def reset(self) -> None:
        """All settings as at the start and all logs empty: for the next test."""
        for standin in self._running.values():
            standin.control.reset()
            standin.control.clear_log()

    def environment(self) -> dict[str, str]:
        """The settings that make a controller talk with these; a proxy of this machine is kept out of it."""
        settings = {
            name: how.format(f"{LOOPBACK}:{self._running[of].port}") for name, (of, how) in _ADDRESSES.items() if of in self._running
        }
        direct = ",".join(part for part in (os.environ.get("no_proxy", ""), LOOPBACK, "localhost") if part)
        return {**settings, "no_proxy": direct, **self._keys}


def start_standins(stack: Stack, *, without: Collection[str] = (), shop_keeps: Path | None = None, timeout_s: float = START_S) -> Standins:
    """Start all but *without* side by side and wait until each serves; *shop_keeps* is a file in which the shop outlives its process.

    Raises ``ServiceFailed`` with the tail of the log of one that does not.
    """
    keys = {"ANTHROPIC_API_KEY": f"fake-{secrets.token_hex(8)}", "SHOP_API_KEY": f"fake-{secrets.token_hex(8)}"}
    ways: dict[str, Callable[[], Standin]] = {
        "google_stt": lambda: _start_grpc(stack, "google_stt"),
        "google_tts": lambda: _start_grpc(stack, "google_tts"),
        "anthropic": lambda: _start_http(stack, "anthropic_api", keys),
        "shop": lambda: _start_http(stack, "shop_api", keys, *(["--keep", str(shop_keeps)] if shop_keeps else [])),
    }
    running = {name: start() for name, start in ways.items() if name not in without}
    _wait_healthy(running.values(), timeout_s)
    return Standins(running, keys)


def _start_grpc(stack: Stack, module: str) -> Standin:
    port, control_port = free_port(), free_port()
    argv = [*_python(module), "--port", str(port), "--control-port", str(control_port)]
    return _started(port, ControlClient(module, control_port), lambda: stack.spawn(module, argv))


def _start_http(stack: Stack, module: str, keys: Mapping[str, str], *more: str) -> Standin:
    port = free_port()
    argv = [*_python(module), "--port", str(port), *more]
    return _started(port, ControlClient(module, port), lambda: stack.spawn(module, argv, env=keys))


def _started(port: int, control: ControlClient, spawn: Callable[[], Process]) -> Standin:
    return Standin(port, control, spawn, spawn())


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", f"ops.standins.{module}"]


def _wait_healthy(standins: Iterable[Standin], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    for standin in standins:
        name = standin.control.name
        while not standin.control.healthy():
            if (status := standin.process.poll()) is not None:
                raise ServiceFailed(f"the stand-in {name} ended at its start with status {status}", standin.process.log_path)
            if time.monotonic() > deadline:
                raise ServiceFailed(f"the stand-in {name} does not serve after {timeout_s:g} s", standin.process.log_path)
            time.sleep(POLL_S)
