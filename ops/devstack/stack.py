"""The private stack: Asterisk, PostgreSQL and Valkey on free loopback ports in a folder of their own.

    with DevStack(progress=print) as stack:
        os.environ.update(stack.environment())

Nothing of it survives this process (see `guard`). `KEEP_STACK=1` keeps the folder with the logs.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

from .account import service_account
from .asterisk import Asterisk
from .asterisk_program import find_asterisk
from .errors import DevStackError
from .ports import LOOPBACK, free_port
from .postgres import Postgres
from .postgres_program import find_postgres
from .processes import Process, Supervisor
from .valkey import Valkey, find_valkey

T = TypeVar("T")
Part = Literal["asterisk", "postgres", "valkey"]
_SPAWNED_END_S = 10.0
ALL_PARTS: tuple[Part, ...] = ("asterisk", "postgres", "valkey")


class DevStack:
    """A sync context manager. Its parts are attributes; one that was not asked for raises when touched.

    Args:
        parts: what to start.
        progress: told what happens, a line at a time (the first start downloads).
        asterisk_variables: overrides of `asterisk/variables.env`.
    """

    def __init__(
        self,
        parts: Sequence[Part] = ALL_PARTS,
        progress: Callable[[str], None] | None = None,
        asterisk_variables: Mapping[str, str] | None = None,
    ) -> None:
        self._parts = tuple(parts)
        self._progress = progress or (lambda _: None)
        self._asterisk_variables = dict(asterisk_variables or {})
        self._keep = os.environ.get("KEEP_STACK", "") not in ("", "0")
        self._supervisor: Supervisor | None = None
        self._asterisk: Asterisk | None = None
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self._spawned: list[Process] = []
        self._audiosocket_port = 0
        self._api_port = 0
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="callctl-"))
        self._folder.chmod(0o711)  # the servers' account passes through to its own folders
        self._supervisor = Supervisor(self._folder, keep=self._keep)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._there(self._folder, "run folder")

    @property
    def supervisor(self) -> Supervisor:
        """The guard's other end."""
        return self._there(self._supervisor, "supervisor")

    @property
    def asterisk(self) -> Asterisk:
        """The running Asterisk."""
        return self._there(self._asterisk, "asterisk")

    @property
    def postgres(self) -> Postgres:
        """The running PostgreSQL."""
        return self._there(self._postgres, "postgres")

    @property
    def valkey(self) -> Valkey:
        """The running Valkey."""
        return self._there(self._valkey, "valkey")

    @property
    def ports(self) -> frozenset[int]:
        """Every port that this stack may listen on."""
        ports = {self._audiosocket_port, self._api_port}
        if self._asterisk is not None:
            ports |= {self._asterisk.ari_port, self._asterisk.ami_port, self._asterisk.sip_port}
        ports |= {part.port for part in (self._postgres, self._valkey) if part is not None}
        return frozenset(ports)

    def environment(self) -> dict[str, str]:
        """The controller's settings that point at this stack."""
        values = {
            "AUDIOSOCKET_HOST": LOOPBACK,
            "AUDIOSOCKET_PORT": str(self._audiosocket_port),
            "API_HOST": LOOPBACK,
            "API_PORT": str(self._api_port),
            "JOURNAL_DIRECTORY": str(self.folder / "journal"),
        }
        if self._asterisk is not None:
            values |= {
                "ARI_URL": self._asterisk.ari_url,
                "ARI_USERNAME": self._asterisk.ari_username,
                "ARI_PASSWORD": self._asterisk.ari_password,
            }
            values |= {"ARI_APP": "callctl", "CALLS_QUEUES": "operators,service"}
            values |= {"WEB_CALLS_ENABLED": "true", "WEB_CALLS_MEDIA_ADDRESS": LOOPBACK}
        if self._postgres is not None:
            values["DATABASE_URL"] = self._postgres.dsn
        if self._valkey is not None:
            values["REDIS_URL"] = self._valkey.url
        return values

    def spawn(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Process:
        """Start a process that cannot outlive us; `env` is added to ours, output goes to `<name>-<n>.log` in the run folder."""
        log_path = self.folder / "log" / f"{name}-{len(self._spawned)}.log"
        process = self.supervisor.spawn(name, argv, log_path=log_path, env=env, cwd=cwd or Path.cwd())
        self._spawned.append(process)
        return process

    def close(self) -> None:
        """End everything: the spawned ones first, each in good order where it lets us, then by force. Safe to call twice."""
        if self._supervisor is None:
            return
        try:
            self._end_spawned()
            for part in (self._asterisk, self._postgres, self._valkey):
                if part is not None:
                    part.stop()
        except DevStackError as error:
            self._progress(f"Ended by force: {error}")
        finally:
            self._supervisor.close()
            self._supervisor = self._asterisk = self._postgres = self._valkey = None
            self._spawned.clear()
            self._clear_folder()

    def _start(self) -> None:
        started = time.monotonic()
        account = service_account()
        folder, supervisor = self.folder, self.supervisor
        (folder / "log").mkdir()
        self._audiosocket_port, self._api_port = free_port(), free_port()
        if "asterisk" in self._parts:
            program = find_asterisk(account, self._progress)
            self._asterisk = Asterisk(supervisor, program, folder / "asterisk", account, self._asterisk_variables)
            self._asterisk.start()
            self._progress(f"{self._asterisk.version}: SIP on {LOOPBACK}:{self._asterisk.sip_port}, ARI on {self._asterisk.ari_url}")
        if "postgres" in self._parts:
            self._postgres = Postgres(supervisor, find_postgres(account, self._progress), folder / "postgres", account)
            self._postgres.start()
            self._progress(f"{self._postgres.version} on {LOOPBACK}:{self._postgres.port}")
        if "valkey" in self._parts:
            self._valkey = Valkey(supervisor, find_valkey(account, self._progress), folder / "valkey", account)
            self._valkey.start()
            self._progress(f"Valkey on {LOOPBACK}:{self._valkey.port}")
        self._progress(f"The stack is up after {time.monotonic() - started:.1f} s, in {folder}")

    def _end_spawned(self) -> None:
        for process in reversed(self._spawned):
            process.terminate()
        for process in reversed(self._spawned):
            process.wait(_SPAWNED_END_S)

    def _clear_folder(self) -> None:
        if self._folder is None:
            return
        if self._keep:
            self._progress(f"Kept: {self._folder}")
        else:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None

    def _there(self, part: T | None, name: str) -> T:
        if part is None:
            raise DevStackError(f"this stack has no {name} now: it was not asked for, or the stack is closed")
        return part
