from __future__ import annotations

import signal
import subprocess
import sys
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


def test_what_is_no_lock_is_an_error() -> None:
    with pytest.raises(OSError, match=r"Bad file|negative|invalid"):
        DeathLock(10**6)
