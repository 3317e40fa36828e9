"""The system under attack: everything of ``ops.system`` with a breakable link before each server, and a supervisor as an operator has one.

worker ──links──► PostgreSQL, Valkey, ARI, speech, model, shop            Asterisk ──link──► worker (AudioSocket)
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ops.chaos.links import Links
from ops.chaos.supervisor import Part, Supervisor
from ops.devstack import DevStack
from ops.standins.shop_api.catalogue import load
from ops.system import System

# The controller's setting, and the link that it goes through.
SETTINGS: Final = {
    "ARI_URL": "ari",
    "AUDIOSOCKET_ADVERTISED": "audiosocket",
    "DATABASE_URL": "postgres",
    "REDIS_URL": "valkey",
    "STT_ENDPOINT": "stt",
    "TTS_ENDPOINT": "tts",
    "ANTHROPIC_BASE_URL": "anthropic",
    "SHOP_BASE_URL": "shop",
}
STANDINS: Final = {"stt": "google_stt", "tts": "google_tts", "anthropic": "anthropic", "shop": "shop"}
HURRIED: Final = 3.0  # the agent's speech is most of what a run waits for
READY_S: Final = 40.0
DRAIN_S: Final = 15.0  # shorter than a talk, so that some are handed over by a controller that is asked to end
PLENTY: Final = 100_000
_PAUSE_S: Final = 0.05


class House:
    """Everything up and ready for calls while entered; *progress* is told what happens meanwhile."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._exits = ExitStack()

    stack: DevStack
    system: System
    links: Links
    supervisor: Supervisor

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            stack = self.stack = exits.enter_context(DevStack(progress=self._progress))
            settings = {"CALLS_DRAIN_S": f"{DRAIN_S:g}", "CALLS_TRANSFER_TIMEOUT_S": "20", "AUDIOSOCKET_ADVERTISED": "127.0.0.1:0"}
            self.system = exits.enter_context(
                System(stack, progress=self._progress, shop_keeps=str(stack.folder / "shop.jsonl"), **settings)
            )
            self.links = exits.enter_context(Links(self._upstream()))
            self._lead_through_links()
            self._hurry()
            self._fill_shop()
            self._progress("The controller ...")
            self.system.controller.start()
            self.supervisor = exits.enter_context(Supervisor(self._parts(), self.links))
            self._exits = exits.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._exits.__exit__(kind, error, trace)

    @property
    def has_parent(self) -> bool:
        """Whether the controller is a parent with a worker, or one process."""
        return self.worker_pid() != self._controller_pid()

    def worker_pid(self) -> int:
        """The process that has the calls: who holds the worker's lock, or the controller itself where there is none."""
        journal = Path(self.system.controller.environment["JOURNAL_DIRECTORY"])
        return lock_holder(journal / "worker.lock") or self._controller_pid()

    def pids(self, target: str) -> list[int]:
        """The processes of *target*, its main process first; PostgreSQL's children do its work."""
        if target == "worker":
            return [self.worker_pid()]
        process = self.supervisor.parts[target].process()
        if process is None or process.poll() is not None:
            return []
        return family(process.pid) if target == "postgres" else [process.pid]

    def wait_ready(self, within_s: float = READY_S) -> bool:
        """Until the readiness page says that all is well, not even degraded."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            said = self.system.controller.readiness()
            if said is not None and said["status"] == "ready":
                return True
            time.sleep(_PAUSE_S)
        return False

    def backlog(self) -> tuple[int, int]:
        """Records that wait in the spool, and records that the journal gave up."""
        text = self.system.controller.metrics()
        names = ("callctl_journal_backlog_records", "callctl_journal_(?:lost_records_total|dead_letters)")
        waiting, refused = (sum(map(float, re.findall(rf"^{name} (\S+)$", text, re.M))) for name in names)
        return int(waiting), int(refused)

    def begin_anew(self) -> None:
        """The controller once more from the start, links whole: what one run broke must not break the next."""
        for name in self.links.ports:
            self.links.set(name, "pass")
        with self.supervisor.hands_off():
            self.system.controller.kill()
            self.system.controller.start()

    def _controller_pid(self) -> int:
        process = self.system.controller.process
        return process.pid if process is not None else 0

    def _upstream(self) -> dict[str, int]:
        stack, standins = self.stack, self.system.standins
        ours = {"ari": stack.asterisk.ari_port, "audiosocket": int(stack.environment()["AUDIOSOCKET_PORT"])}
        servers = {"postgres": stack.postgres.port, "valkey": stack.valkey.port}
        return ours | servers | {name: standins.port(standin) for name, standin in STANDINS.items()}

    def _lead_through_links(self) -> None:
        environment = self.system.controller.environment
        for setting, link in SETTINGS.items():
            environment[setting] = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{self.links.ports[link]}", environment[setting])

    def _hurry(self) -> None:
        self.system.standins.control("google_tts").set(speed=HURRIED)

    def _fill_shop(self) -> None:
        """So many of whatever is on the shelf that callers of a long night do not take it from each other."""
        shop = self.system.standins.control("shop")
        for tyre in load().tyres:
            if any(stock.on_shelf for stock in tyre.stock):
                shop.ask("PUT", "/stock", {"product_id": tyre.id, "quantity": PLENTY})

    def _parts(self) -> dict[str, Part]:
        stack, standins, controller = self.stack, self.system.standins, self.system.controller

        def voice() -> None:
            standins.restart("google_tts")
            self._hurry()

        return {
            "parent": Part(lambda: controller.process, lambda: controller.start(wait=False)),
            "postgres": Part(lambda: stack.postgres.process, stack.postgres.start, "postgres"),
            "valkey": Part(lambda: stack.valkey.process, stack.valkey.start, "valkey"),
            "asterisk": Part(lambda: stack.asterisk.process, stack.asterisk.start, "ari"),
            "stt": Part(lambda: standins.process("google_stt"), lambda: standins.restart("google_stt"), "stt"),
            "tts": Part(lambda: standins.process("google_tts"), voice, "tts"),
            "anthropic": Part(lambda: standins.process("anthropic"), lambda: standins.restart("anthropic"), "anthropic"),
            "shop": Part(lambda: standins.process("shop"), lambda: standins.restart("shop"), "shop"),
        }


def lock_holder(path: Path) -> int | None:
    """The process that has the exclusive lock (flock) on a file; who only waits for it has it not."""
    try:
        inode = path.stat().st_ino
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    held = re.search(rf"^\d+: FLOCK +\w+ +WRITE (\d+) \w+:\w+:{inode} ", locks, re.M)
    return int(held[1]) if held else None


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:  # grows while we go
        found += [child for child, parent in parents.items() if parent == one]
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    """To each that still lives."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
