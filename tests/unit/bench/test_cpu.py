import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ops.bench.cpu import busy_cores, cpu_s, group_of, memory_mb, watched


def test_our_own_cpu_time_grows_with_work() -> None:
    before = cpu_s(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert 0.04 <= cpu_s(os.getpid()) - before < 1.0


def test_a_process_that_is_gone_uses_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert cpu_s(child.pid) == 0.0
    assert memory_mb(child.pid) == 0.0


def test_our_own_memory_is_more_than_an_interpreter_can_do_with() -> None:
    assert 5 < memory_mb(os.getpid()) < 5_000


@pytest.mark.parametrize(
    ("command", "group"),
    [
        ("/v/bin/python -m controller run", "controller"),
        ("/v/bin/python -m controller.watchdog {}", "controller"),
        ("/r/ld.so /r/usr/sbin/asterisk -f -C /tmp/x/asterisk/etc/asterisk.conf", "asterisk"),
        ("/v/bin/python -m ops.standins.google_tts --port 1", "stand-ins"),
        ("postgres: walwriter", "postgres"),
        ("/v/bin/python -I guard.py 5 /tmp/x remove", None),
    ],
)
def test_processes_are_told_by_their_command_lines(command: str, group: str | None) -> None:
    assert group_of(command) == group


def test_nobody_is_watched_in_a_folder_that_nobody_uses(tmp_path: Path) -> None:
    assert not any(watched(tmp_path).values())


def test_busy_cores_are_the_busy_part_of_all_there_are() -> None:
    cores = os.cpu_count() or 1
    assert busy_cores({"busy": 10, "whole": 100}, {"busy": 11, "whole": 102}) == pytest.approx(cores / 2)
    assert busy_cores({"busy": 10, "whole": 100}, {"busy": 10, "whole": 100}) == 0.0
