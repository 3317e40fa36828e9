"""Several controllers on one system's Asterisk, as on one machine with a core for each: names, ports and journals of their own.

with System(stack) as system, open_workers(system, 2, CALLS_MAX="3") as workers:
    ...
    assert callctl(workers["callctl-1"], "drain").returncode == 0
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from ops.devstack.ports import LOOPBACK, free_port
from ops.system import Controller, System

FRONT = "callctl"
_CALLCTL = (sys.executable, "-m", "controller")
_CALLCTL_S = 120.0
_START_S = 90.0  # several at once, on a machine that may be busy


@contextmanager
def open_workers(system: System, count: int = 2, **settings: str) -> Iterator[dict[str, Controller]]:
    """Instead of the system's own controller, which must not run; ready for calls. The dialplan knows no others meanwhile."""
    folder, asterisk = system.stack.folder, system.stack.asterisk
    workers = {}
    for name in (f"{FRONT}-{place + 1}" for place in range(count)):
        own = {
            "ARI_APP": name,
            "ARI_FRONT_APP": FRONT,
            "API_PORT": str(free_port()),
            "AUDIOSOCKET_PORT": str(free_port()),
            "AUDIOSOCKET_HOST": LOOPBACK,
            "JOURNAL_DIRECTORY": f"{folder}/journal-{name}",
        }
        workers[name] = Controller(system.stack, system.controller.environment | own | settings)
    auth = (asterisk.ari_username, asterisk.ari_password)
    with httpx.Client(base_url=f"{asterisk.ari_url}/ari", auth=auth, timeout=5) as ari, ThreadPoolExecutor() as threads:
        before = {name: ari.get("/asterisk/variable", params={"variable": name}).json()["value"] for name in ("ARI_WORKERS", "TURN")}
        _set(ari, ARI_WORKERS="&".join(workers), TURN="0")
        try:
            for worker in workers.values():
                worker.start(wait=False)
            for worker in workers.values():
                worker.wait_ready(_START_S)
            yield workers
        finally:
            list(threads.map(lambda worker: worker.running and worker.stop(), workers.values()))
            _set(ari, **before)


def callctl(worker: Controller, *arguments: str) -> subprocess.CompletedProcess[str]:
    """At a terminal, with the settings of *worker*."""
    argv = [*_CALLCTL, *arguments]
    return subprocess.run(argv, env=os.environ | worker.environment, capture_output=True, text=True, timeout=_CALLCTL_S, check=False)


def upgrade(workers: Mapping[str, Controller], *, wait_s: float = 120.0) -> subprocess.CompletedProcess[str]:
    """``ops/rolling_upgrade.sh`` over all *workers*, whose restart is ours to do: the script's commands ask for it and wait."""
    any_of_them = next(iter(workers.values()))
    settings = {"CALLCTL": " ".join(_CALLCTL), "UPGRADE_WAIT_S": f"{wait_s:g}"}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        asked, done = Path(folder, "asked"), Path(folder, "done")
        for pipe in (asked, done):
            os.mkfifo(pipe)
        thread.submit(_restart_asked, workers, asked, done)
        pairs = [f"{name}=echo {name} > {asked} && read -r answer < {done} && [ $answer = ready ]" for name in workers]
        try:
            argv = ["bash", "ops/rolling_upgrade.sh", *pairs]
            environment = os.environ | any_of_them.environment | settings
            limit_s = len(workers) * (wait_s + _CALLCTL_S)
            return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=limit_s, check=False)
        finally:
            asked.write_text("\n")  # no more


def _restart_asked(workers: Mapping[str, Controller], asked: Path, done: Path) -> None:
    while name := asked.read_text().strip():
        answer = "failed"
        try:
            workers[name].stop()
            workers[name].start(wait=False)
            workers[name].wait_ready(_START_S)
            answer = "ready"
        finally:
            done.write_text(f"{answer}\n")


def _set(ari: httpx.Client, **variables: str) -> None:
    for name, value in variables.items():
        ari.post("/asterisk/variable", params={"variable": name, "value": value}).raise_for_status()
