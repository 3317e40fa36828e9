"""The parent's side of the guard: start processes, ask about them, end them."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .account import Account
from .errors import DevStackError, ServiceFailed

MARK = "CALLCTL_STACK"  # in the environment of every process of a stack: the folder of the stack it belongs to
_ANSWER_S = 30.0
_POLL_S = 0.01
_GUARD = Path(__file__).with_name("guard.py")


class Process:
    """A child of the guard. Safe to use after its end: signals to a dead process do nothing."""

    def __init__(self, supervisor: "Supervisor", name: str, pid: int, log_path: Path) -> None:
        self.name = name
        self.pid = pid
        self.log_path = log_path
        self._supervisor = supervisor
        self._status: int | None = None

    def poll(self) -> int | None:
        """Exit code, negative for a signal, or None while it runs."""
        if self._status is None:
            self._status = self._supervisor.ask(op="poll", pid=self.pid)["status"]
        return self._status

    def send(self, number: signal.Signals) -> None:
        """Send any signal."""
        self._supervisor.ask(op="signal", pid=self.pid, signal=int(number))

    def terminate(self) -> None:
        """SIGTERM."""
        self.send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send(signal.SIGKILL)

    def wait(self, timeout_s: float) -> int:
        """Exit code. Raises ServiceFailed with the log's tail when the time is over."""
        deadline = time.monotonic() + timeout_s
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise ServiceFailed(f"{self.name} (pid {self.pid}) did not end within {timeout_s:g} s", self.log_path)
            time.sleep(_POLL_S)
        return status


class Supervisor:
    """One guard process and the way to talk to it; `close` leaves nothing behind.

    Args:
        run_directory: removed by the guard after the last process, unless `keep`.
    """

    def __init__(self, run_directory: Path, *, keep: bool = False) -> None:
        self.run_directory = run_directory
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-I", str(_GUARD), str(theirs.fileno()), str(run_directory), "keep" if keep else "remove"]
            self._guard = subprocess.Popen(argv, pass_fds=(theirs.fileno(),), start_new_session=True, stdin=subprocess.DEVNULL)
        ours.settimeout(_ANSWER_S)
        self._socket = ours
        self._answers = ours.makefile("rb")

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request to the guard; raises DevStackError when the guard is gone or refuses."""
        with self._lock:
            try:
                self._socket.sendall(json.dumps(request).encode() + b"\n")
                line = self._answers.readline()
            except OSError as error:
                raise DevStackError(f"the guard of this stack does not answer: {error}") from error
        if not line:
            raise DevStackError("the guard of this stack is gone, and every process of the stack with it")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise DevStackError(answer["error"])
        return answer

    def spawn(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log_path: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        account: Account | None = None,
    ) -> Process:
        """Start a process. `env` is added to ours; `account` is whom it runs as (default: as we do)."""
        becomes = account if account is not None and account.is_other else None
        answer = self.ask(
            op="spawn",
            argv=list(argv),
            env={**os.environ, **(env or {}), MARK: str(self.run_directory)},
            cwd=str(cwd or self.run_directory),
            log=str(log_path),
            uid=becomes.uid if becomes else None,
            gid=becomes.gid if becomes else None,
        )
        return Process(self, name, answer["pid"], log_path)

    @property
    def guard_pid(self) -> int:
        """For tests that look whether everything is gone."""
        return self._guard.pid

    def close(self) -> list[str]:
        """Kill what still runs, wait for the guard's end; the commands that had to be killed."""
        killed: list[str] = []
        try:
            killed = self.ask(op="close")["killed"]
        except DevStackError:
            pass  # a dead guard has taken everything with it
        finally:
            self._answers.close()
            self._socket.close()
            self._guard.wait(_ANSWER_S)
        return killed
