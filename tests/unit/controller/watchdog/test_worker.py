"""The controller's side without a parent; with one, see ``test_parent.py``, whose children it is in."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from controller.watchdog.beat import Told
from controller.watchdog.children import API, PIPE
from controller.watchdog.worker import Worker

WAITS = """
import asyncio, sys
from pathlib import Path
from controller.watchdog.worker import Worker

async def main():
    worker = Worker()
    async with worker.beating():
        print("beats", flush=True)
        await worker.take_lock(Path(sys.argv[1]))
        worker.serving()
        print("serves", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_alone_it_serves_at_once_and_takes_no_lock(tmp_path: Path) -> None:
    worker = Worker()
    async with worker.beating():
        await asyncio.wait_for(worker.take_lock(tmp_path), 5)
        worker.serving()
        worker.ending()
    assert (worker.has_parent, worker.api, worker.audiosocket, worker.told) == (False, None, None, Told())
    assert not os.listdir(tmp_path)


def child(directory: Path) -> tuple[subprocess.Popen[str], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", WAITS, str(directory)],
            env={**os.environ, PIPE: str(theirs.fileno())},
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[4],
        )
    assert process.stdout is not None
    assert process.stdout.readline() == "beats\n"
    return process, ours


def test_one_that_waits_ends_with_its_parent_and_one_that_serves_does_not(tmp_path: Path) -> None:
    first, first_pipe = child(tmp_path)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "serves\n"
        second, second_pipe = child(tmp_path)
        second_pipe.close()
        assert second.wait(30) == 0
        first_pipe.close()
        third, third_pipe = child(tmp_path)  # a while later, the lock is still held
        assert first.poll() is None
        third_pipe.close()
        assert third.wait(30) == 0
    finally:
        first.kill()
        first.wait()
    assert first.returncode == -signal.SIGKILL


def test_what_is_inherited_is_taken_from_the_environment_and_not_passed_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        os.environ[API] = str(os.dup(listening.fileno()))
        worker = Worker()
    assert API not in os.environ
    assert worker.api is not None
    with worker.api:
        assert not worker.api.get_inheritable()
        assert worker.api.getsockname()[1] > 0
