from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.chaos.house import family, lock_holder, send
from tests.waiting import until

WAITS = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX)"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "worker.lock"
    path.touch()
    return path


async def test_the_holder_of_the_lock_is_found_and_not_who_waits_for_it(lock: Path) -> None:
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = subprocess.Popen([sys.executable, "-c", WAITS, str(lock)])  # noqa: ASYNC220 - one fork
        try:
            await until(lambda: f"{lock.stat().st_ino} " in waits())
            assert lock_holder(lock) == os.getpid()
        finally:
            waiting.kill()
            waiting.wait()


def test_where_nobody_has_a_lock_there_is_no_holder(lock: Path, tmp_path: Path) -> None:
    assert lock_holder(lock) is None
    assert lock_holder(tmp_path / "no such file") is None


async def test_a_signal_reaches_all_of_a_family_and_a_dead_one_is_no_matter() -> None:
    parent = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])  # noqa: ASYNC220 - one fork
    await until(lambda: len(family(parent.pid)) == 2)
    pids = family(parent.pid)
    assert pids[0] == parent.pid
    send(pids, signal.SIGKILL)
    parent.wait()
    await until(lambda: not alive(pids[1]))
    send(pids, signal.SIGKILL)


def waits() -> str:
    return "".join(line for line in Path("/proc/locks").read_text().splitlines(keepends=True) if "->" in line)


def alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
