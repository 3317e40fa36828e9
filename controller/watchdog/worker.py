"""The controller's side: what it inherits from a parent, its beats, the lock that makes it the one that serves.

with a parent          it beats; waits for ``worker.lock``; ends if the parent dies before it has it, serves on if afterwards
without one            none of that: it serves at once
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from controller.watchdog.beat import ControllerEnd, Told
from controller.watchdog.children import API, AUDIOSOCKET, KEEPER, LIFE, PIPE
from controller.watchdog.keeper_lock import DeathLock
from controller.watchdog.lock import open_lock, write_holder
from controller.watchdog.phase import Phase

STOP_S = 1.0

log = structlog.get_logger(__name__)


class Worker:
    """Made once in a process, in the thread that sends to callers.

    Without a parent (``callctl run --alone``) nothing is inherited, and nobody is told anything.
    """

    def __init__(self) -> None:
        if descriptor := os.environ.pop(LIFE, ""):
            DeathLock(int(descriptor)).acquire()  # nobody else wants it before we have said that we serve
        pipe = _inherited(PIPE)
        self.api = _inherited(API)
        self.audiosocket = _inherited(AUDIOSOCKET)
        self.keeper = _inherited(KEEPER)
        self._end = ControllerEnd(pipe, self._parent_lost) if pipe is not None else None
        self._lock: int | None = None  # taken, perhaps by the thread only, and for as long as we live

    @property
    def has_parent(self) -> bool:
        return self._end is not None

    @property
    def told(self) -> Told:
        """What the parent knows of us."""
        return self._end.told if self._end is not None else Told()

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """While the event loop runs, the parent knows it."""
        task = asyncio.create_task(self._end.run(), name="beat") if self._end is not None else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.wait([task], timeout=STOP_S)

    async def take_lock(self, directory: Path) -> None:
        """Returns when we are the one that serves. Raises OSError. Cancelled, it leaves a thread that waits until the process ends."""
        if self._end is None:
            return
        lock = open_lock(directory)
        loop = asyncio.get_running_loop()
        taken: asyncio.Future[None] = loop.create_future()

        def settle(error: OSError | None) -> None:
            if taken.cancelled():
                return
            if error is None:
                taken.set_result(None)
            else:
                taken.set_exception(error)

        def wait() -> None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._lock = lock
                write_holder(lock)
                error = None
            except OSError as failed:
                error = failed
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, error)

        self._end.enter(Phase.WARM)
        threading.Thread(target=wait, name="worker-lock", daemon=True).start()
        await taken
        self._end.enter(Phase.TAKING_OVER)

    def serving(self) -> None:
        if self._end is not None:
            self._end.enter(Phase.SERVING)

    def ending(self) -> None:
        if self._end is not None:
            self._end.enter(Phase.ENDING)

    def _parent_lost(self) -> None:
        if self._lock is None:
            os._exit(0)  # a standby of nobody; its thread waits in the kernel and could not be ended otherwise
        log.error("parent_lost", pid=os.getpid())


def _inherited(variable: str) -> socket.socket | None:
    descriptor = os.environ.pop(variable, "")
    if not descriptor:
        return None
    inherited = socket.socket(fileno=int(descriptor))
    inherited.set_inheritable(False)
    return inherited
