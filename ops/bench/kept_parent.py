"""The parent of ``ops.bench.keeper``: ``python -m ops.bench.kept_parent death|flock LEGS BALLAST_MB``.

It keeps the connections, and always has one worker and one warm standby; tells its port, then each worker's pid and mark once it serves.
It ends, and they with it, when its input does.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from itertools import count
from pathlib import Path

from controller.watchdog.keeper import Keeper
from controller.watchdog.keeper_lock import DeathLock

BACKLOG = 1_024
_END_S = 5.0


def say(**told: object) -> None:
    """One write a line: the keeper's thread speaks, too."""
    os.write(sys.stdout.fileno(), json.dumps(told).encode() + b"\n")


class Worker:
    def __init__(self, keeper: Keeper, lock: DeathLock, flock: str, mark: int, arguments: list[str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        life = DeathLock()
        with theirs:
            passed = (theirs.fileno(), life.fd, lock.fd)
            argv = [sys.executable, "-m", "ops.bench.kept_server", *map(str, passed), flock, str(mark), *arguments]
            self.process = subprocess.Popen(argv, pass_fds=passed, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        life.passed_on()
        keeper.serve_by(ours, life)
        self.mark = mark
        self._told("warm")

    def serves(self) -> None:
        self._told("serving")
        say(pid=self.process.pid, mark=self.mark)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(_END_S)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _told(self, word: str) -> None:
        assert self.process.stdout is not None
        if (line := self.process.stdout.readline().strip()) != word:
            raise RuntimeError(f"a worker said {line!r} instead of {word!r}")


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    say(port=listener.getsockname()[1])
    keeper = Keeper(listener, tell=lambda event, fields: say(event=event, **fields))
    keeper.start()
    marks = count(1)
    ending = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        lock, flock = DeathLock(), str(Path(folder) / "lock") if sys.argv[1] == "flock" else ""
        workers = [Worker(keeper, lock, flock, next(marks), sys.argv[2:])]

        def end_with_input() -> None:
            sys.stdin.read()
            ending.set()
            for worker in tuple(workers):
                worker.process.kill()

        threading.Thread(target=end_with_input, daemon=True).start()
        workers[0].serves()
        while not ending.is_set():
            workers.append(Worker(keeper, lock, flock, next(marks), sys.argv[2:]))
            say(standby=workers[1].process.pid)
            workers[0].process.wait()
            workers.pop(0).end()
            if not ending.is_set():
                workers[0].serves()
        for worker in workers:
            worker.end()
        keeper.close()


if __name__ == "__main__":
    main()
