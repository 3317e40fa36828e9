from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from controller.watchdog.keeper_lock import DeathLock

HOLDER = """
import signal, sys, threading, time
from controller.watchdog.keeper_lock import DeathLock

signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
print("waits", flush=True)
print("inherited" if DeathLock(int(sys.argv[1])).acquire() else "free", flush=True)
threading.Event().wait()
"""


class Holder:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def holder(lock: DeathLock) -> Iterator[Holder]:
    """A process that waits for *lock* and holds it until it is killed."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock.fd)], pass_fds=(lock.fd,), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Holder(process)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_who_waits_has_the_lock_when_its_holder_dies_one_after_the_other(number: signal.Signals) -> None:
    lock = DeathLock()
    with holder(lock) as first:
        assert [first.says(), first.says()] == ["waits", "free"]
        with holder(lock) as second:
            assert second.says() == "waits"
            second.process.send_signal(signal.SIGUSR1)
            assert second.says() == "handled", "while it waits, signals are handled"
            first.process.send_signal(number)
            assert second.says() == "inherited"
            with holder(lock) as third:
                assert third.says() == "waits"
                second.process.send_signal(number)
                assert third.says() == "inherited"


ENDING = """
import os, sys
from controller.watchdog.keeper_lock import DeathLock

DeathLock(int(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("ending", ["pass", "sys.exit(3)", "raise ValueError", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_however_its_holder_ends_who_waits_is_told(ending: str) -> None:
    lock = DeathLock()
    argv = [sys.executable, "-c", ENDING + ending, str(lock.fd)]
    with subprocess.Popen(
        argv, pass_fds=(lock.fd,), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "held\n"
        told: list[bool] = []
        waiting = threading.Thread(target=lambda: told.append(lock.await_death()))
        waiting.start()
        process.stdin.write("\n")
        process.stdin.flush()
        waiting.join(10)
        lock.give_up()
        assert told == [True]


def test_who_waits_for_a_death_can_be_told_to_give_up() -> None:
    lock = DeathLock()
    with holder(lock) as first:
        assert [first.says(), first.says()] == ["waits", "free"]
        told: list[bool] = []
        waiting = threading.Thread(target=lambda: told.append(lock.await_death()))
        waiting.start()
        lock.give_up()
        waiting.join(10)
        assert told == [False]
    assert not DeathLock().await_death(), "nobody ever had it"


def test_what_is_no_lock_is_an_error() -> None:
    with pytest.raises(OSError, match=r"Bad file|negative|invalid"):
        DeathLock(10**6)
