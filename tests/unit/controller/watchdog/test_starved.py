from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.watchdog.starved import Sample, read_sample, waited_s

BEFORE = Sample(ran_ns=1_000_000_000, waited_ns=500_000_000, ready=False)


def test_what_waited_for_a_cpu_by_the_kernels_count_did_not_hang() -> None:
    now = Sample(ran_ns=1_010_000_000, waited_ns=580_000_000, ready=True)
    assert waited_s(BEFORE, now, interval_s=0.1, late_s=0.0) == pytest.approx(0.08)


def test_what_is_ready_and_never_ran_waits_still_though_the_kernel_has_not_counted_it_yet() -> None:
    now = Sample(ran_ns=BEFORE.ran_ns, waited_ns=BEFORE.waited_ns, ready=True)
    assert waited_s(BEFORE, now, interval_s=0.1, late_s=0.0) == pytest.approx(0.1)


def test_what_runs_all_the_time_or_sleeps_waits_for_nothing() -> None:
    busy = Sample(ran_ns=BEFORE.ran_ns + 100_000_000, waited_ns=BEFORE.waited_ns, ready=True)
    asleep = Sample(ran_ns=BEFORE.ran_ns, waited_ns=BEFORE.waited_ns, ready=False)
    assert waited_s(BEFORE, busy, interval_s=0.1, late_s=0.0) == 0.0
    assert waited_s(BEFORE, asleep, interval_s=0.1, late_s=0.0) == 0.0


def test_where_the_kernel_does_not_tell_our_own_lateness_does() -> None:
    assert waited_s(None, None, interval_s=0.5, late_s=0.4) == pytest.approx(0.4)
    assert waited_s(None, None, interval_s=0.1, late_s=0.0) == 0.0


def test_no_more_can_be_waited_than_there_was_time() -> None:
    now = Sample(ran_ns=BEFORE.ran_ns, waited_ns=BEFORE.waited_ns + 9_000_000_000, ready=False)
    assert waited_s(BEFORE, now, interval_s=0.1, late_s=5.0) == pytest.approx(0.1)


@pytest.fixture
def busy_loop() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_process_that_was_stopped_neither_runs_nor_is_ready(busy_loop: subprocess.Popen[bytes]) -> None:
    os.kill(busy_loop.pid, signal.SIGSTOP)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{busy_loop.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline
    before = read_sample(busy_loop.pid)
    now = read_sample(busy_loop.pid)
    assert now is not None
    assert before == now
    assert not now.ready
    assert waited_s(before, now, interval_s=0.1, late_s=0.0) == 0.0


def test_a_process_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    assert read_sample(1, proc=tmp_path) is None
