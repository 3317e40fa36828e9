"""Both ends of the pipe between parent and controller.

    controller ── one byte, ten a second and at each change: its phase ──► parent      (nothing: it hangs; the end: it died)
    controller ◄── a line when it changes: restarts, standby warm ──────── parent      (the end: the parent died)

Neither end ever waits for the other. What finds the pipe full is left out: a later one says the same or something newer.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from controller.watchdog.phase import Phase

BEAT_S = 0.1
LARGEST = 4096


class Told(NamedTuple):
    """What the parent tells its worker, for the metrics."""

    restarts: int = 0
    standby_warm: bool = False


class ParentEnd:
    """*on_beat* is called in the loop with the newest phase."""

    def __init__(self, pipe: socket.socket, on_beat: Callable[[Phase], None]) -> None:
        self._pipe = pipe
        self._on_beat = on_beat
        self._told: Told | None = None
        self._loop = asyncio.get_running_loop()
        pipe.setblocking(False)
        self._loop.add_reader(pipe, self._read)

    def tell(self, told: Told) -> None:
        if told == self._told:
            return
        with suppress(OSError):  # full: said again at the next tick; closed: it dies just now
            self._pipe.send(b"%d %d\n" % told)
            self._told = told

    def close(self) -> None:
        self._loop.remove_reader(self._pipe)
        self._pipe.close()

    def _read(self) -> None:
        try:
            data = self._pipe.recv(LARGEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._pipe)  # its death is told by the kernel
            return
        with suppress(ValueError):
            self._on_beat(Phase(data[-1:]))


class ControllerEnd:
    """Beats while ``run`` runs. *on_lost* is called once, when the parent is gone."""

    def __init__(self, pipe: socket.socket, on_lost: Callable[[], None]) -> None:
        self._pipe = pipe
        self._on_lost = on_lost
        self._phase = Phase.STARTING
        self._lost = False
        self._unread = b""
        self.told = Told()
        pipe.setblocking(False)

    @property
    def phase(self) -> Phase:
        return self._phase

    def enter(self, phase: Phase) -> None:
        self._phase = phase
        self.beat()

    def beat(self) -> None:
        with suppress(OSError):
            self._pipe.send(self._phase.value)

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe, self._read)
        try:
            while not self._lost:
                self.beat()
                await asyncio.sleep(BEAT_S)
        finally:
            loop.remove_reader(self._pipe)

    def _read(self) -> None:
        try:
            data = self._pipe.recv(LARGEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost = True
            asyncio.get_running_loop().remove_reader(self._pipe)
            self._on_lost()
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            restarts, warm = line.split()
            self.told = Told(int(restarts), warm == b"1")
