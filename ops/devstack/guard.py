"""The guard: a process of its own that owns every server of a stack and outlives nobody.

    parent (DevStack) ──socketpair, one JSON object a line── guard ──┬── asterisk
                                                                     ├── postgres ── its children
                                                                     └── ...

- The parent dies, however suddenly: the socket ends, the guard kills all descendants, removes the run folder and goes.
- The guard dies: each server has PR_SET_PDEATHSIG and the kernel kills it.
- A server forks and loses its own parent: the guard is the subreaper, the orphan becomes its child and is found at the end.

Runs on the standard library alone, as a plain script, so that nothing of the project needs to be importable for it. Requests and answers:

    {"op": "spawn", "argv": [..], "env": {..}, "cwd": "..", "log": "..", "uid": n|null, "gid": n|null}
                                          -> {"pid": n} | {"error": ".."}
    {"op": "poll", "pid": n}              -> {"status": n|null}
    {"op": "signal", "pid": n, "signal": n} -> {"sent": bool}
    {"op": "close"}                       -> {"killed": [command, ..]} and the end
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_TICK_S = 0.2
_KILL_ROUNDS_S = 10.0
_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _die_with(guard_pid: int) -> Callable[[], None]:
    """Run in the child between fork and exec (after setuid, which would clear it): the kernel kills it when the guard dies."""

    def prepare() -> None:
        for number in _OURS:
            signal.signal(number, signal.SIG_DFL)  # what is ignored stays ignored over exec
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard_pid:
            os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def _children(pid: int) -> list[int]:
    """Living direct children; a zombie counts until it is reaped."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.name))
    return found


class Guard:
    """Spawns, watches and in the end kills; one instance per stack."""

    def __init__(self) -> None:
        self._statuses: dict[int, int | None] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request, one answer."""
        self.reap()
        pid = request.get("pid", 0)
        if request["op"] == "spawn":
            return self._spawn(request)
        if request["op"] == "poll":
            return {"status": self._statuses.get(pid)}
        if request["op"] == "signal":
            # Only a child that is not reaped yet: its pid cannot have been given to a stranger.
            alive = pid in self._statuses and self._statuses[pid] is None
            if alive:
                os.kill(pid, request["signal"])
            return {"sent": alive}
        return {"error": f"unknown operation {request['op']!r}"}

    def _spawn(self, request: dict[str, Any]) -> dict[str, Any]:
        uid = request.get("uid")
        try:
            with open(request["log"], "ab", buffering=0) as log:
                process = subprocess.Popen(
                    request["argv"],
                    env=request["env"],
                    cwd=request["cwd"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=uid,
                    group=request.get("gid"),
                    extra_groups=None if uid is None else [],
                    preexec_fn=_die_with(os.getpid()),
                )
        except (OSError, subprocess.SubprocessError) as error:
            return {"error": str(error)}
        self._statuses[process.pid] = None
        process.returncode = 0  # we reap by ourselves; Popen must not wait in its destructor
        return {"pid": process.pid}

    def reap(self) -> None:
        """Take in every child that has ended, adopted ones included."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid in self._statuses:
                    self._statuses[pid] = os.waitstatus_to_exitcode(status)

    def kill_all(self) -> list[str]:
        """SIGKILL every descendant until none is left; the commands of those that had to be killed."""
        killed: dict[int, str] = {}
        deadline = time.monotonic() + _KILL_ROUNDS_S
        while children := _children(os.getpid()):
            for pid in children:
                if pid not in killed:
                    killed[pid] = _command(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.reap()  # their orphans now become ours: next round
            if time.monotonic() > deadline:
                break
            time.sleep(0.005)
        return [command for command in killed.values() if command]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ").strip()
    except OSError:
        return ""


def _serve(guard: Guard, parent: socket.socket) -> None:
    """Answer until the parent closes or is gone. `getppid` covers a copy of the socket held by a fork of the parent."""
    parent_pid, buffer = os.getppid(), b""
    while os.getppid() == parent_pid:
        readable, _, _ = select.select([parent], [], [], _TICK_S)
        guard.reap()
        if not readable:
            continue
        data = parent.recv(65536)
        if not data:
            return
        buffer += data
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            request = json.loads(line)
            if request["op"] == "close":
                parent.sendall(json.dumps({"killed": guard.kill_all()}).encode() + b"\n")
                return
            parent.sendall(json.dumps(guard.answer(request)).encode() + b"\n")


def main() -> None:
    """argv: the socket's descriptor, the run folder to remove at the end, "keep" or "remove"."""
    descriptor, run_directory, at_end = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    for number in _OURS:
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C is for the parent; we go when it goes
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    guard = Guard()
    try:
        with socket.socket(fileno=descriptor) as parent, contextlib.suppress(ConnectionError):
            _serve(guard, parent)
    finally:
        guard.kill_all()
        if at_end == "remove":
            shutil.rmtree(run_directory, ignore_errors=True)


if __name__ == "__main__":
    main()
