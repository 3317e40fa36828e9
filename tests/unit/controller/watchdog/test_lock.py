from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.watchdog.lock import LockedByStranger, find_orphan, holds, open_lock, write_holder

HOLD = """
import fcntl, os, sys
lock = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
fcntl.flock(lock, fcntl.LOCK_EX)
os.write(lock, (sys.argv[2] or str(os.getpid())).encode())
print("held", flush=True)
sys.stdin.read()
"""


def holder(directory: Path, says: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory / "worker.lock"), says], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def held(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = holder(tmp_path)
    yield process
    process.kill()
    process.communicate()


def test_nobody_has_a_lock_that_was_never_taken_or_whose_holder_died(tmp_path: Path) -> None:
    assert find_orphan(tmp_path) is None
    process = holder(tmp_path)
    process.kill()
    process.communicate()
    assert find_orphan(tmp_path) is None


def test_who_has_it_is_found_and_the_lock_stays_his(tmp_path: Path, held: subprocess.Popen[str]) -> None:
    orphan = find_orphan(tmp_path)
    assert orphan is not None
    assert orphan.pid == held.pid
    assert find_orphan(tmp_path) is not None


def test_a_pid_that_does_not_have_the_lock_is_told_nothing(tmp_path: Path) -> None:
    process = holder(tmp_path, says=str(os.getpid()))
    try:
        with pytest.raises(LockedByStranger, match=str(os.getpid())):
            find_orphan(tmp_path)
    finally:
        process.kill()
        process.communicate()


def test_who_only_waits_for_the_lock_does_not_have_it(tmp_path: Path, held: subprocess.Popen[str]) -> None:
    lock = open_lock(tmp_path)
    try:
        assert holds(held.pid, lock)
        assert not holds(os.getpid(), lock)
    finally:
        os.close(lock)


def test_the_holder_is_written_as_his_pid_alone(tmp_path: Path) -> None:
    lock = open_lock(tmp_path)
    try:
        os.pwrite(lock, b"9999999999\n", 0)
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_holder(lock)
        assert (tmp_path / "worker.lock").read_text() == f"{os.getpid()}\n"
        assert holds(os.getpid(), lock)
    finally:
        os.close(lock)
