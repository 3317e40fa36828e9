"""The processes of a parent: started with what they inherit, beaten for, sampled, signalled, reaped.

A controller is told by its environment what it inherits:

    CALLCTL_WORKER_PIPE_FD           its end of the pipe (``beat.py``); that it is there makes it a child
    CALLCTL_WORKER_API_FD            the API's address, bound; whoever has the lock listens and serves
    CALLCTL_WORKER_AUDIOSOCKET_FD    AudioSocket's, for the day on which the keeper is gone
    CALLCTL_WORKER_KEEPER_FD         its channel to who keeps the media connections (``keeper.py``)
    CALLCTL_WORKER_LIFE_FD           what its main thread holds while it lives (``keeper_lock.py``)

Each has a session of its own: Ctrl-C in a terminal is for the parent alone, which passes on what is meant.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from controller.watchdog.beat import ParentEnd, Told
from controller.watchdog.keeper_lock import DeathLock
from controller.watchdog.phase import Phase
from controller.watchdog.starved import Sample, read_sample, waited_s

PIPE = "CALLCTL_WORKER_PIPE_FD"
API = "CALLCTL_WORKER_API_FD"
AUDIOSOCKET = "CALLCTL_WORKER_AUDIOSOCKET_FD"
KEEPER = "CALLCTL_WORKER_KEEPER_FD"
LIFE = "CALLCTL_WORKER_LIFE_FD"


@dataclass(slots=True)
class _Running:
    pipe: ParentEnd
    sample: Sample | None = None


class Children:
    def __init__(
        self,
        argv: Sequence[str],
        sockets: Mapping[str, socket.socket],
        on_beat: Callable[[int, Phase], None],
        on_channel: Callable[[socket.socket, DeathLock | None], None],
    ) -> None:
        """*sockets* by the variable that tells of them; *on_channel* gets our end of each one's channel to the keeper, and its life."""
        self._argv = argv
        self._sockets = sockets
        self._on_beat = on_beat
        self._on_channel = on_channel
        self._running: dict[int, _Running] = {}

    def start(self) -> int:
        """Its pid. Raises OSError."""
        ours, theirs = socket.socketpair()
        channel, their_channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        life = _life()
        with theirs, their_channel:
            passed = {name: one.fileno() for name, one in {**self._sockets, PIPE: theirs, KEEPER: their_channel}.items()}
            if life is not None:
                passed[LIFE] = life.fd
            try:
                process = subprocess.Popen(
                    self._argv,
                    env={**os.environ, **{name: str(descriptor) for name, descriptor in passed.items()}},
                    pass_fds=list(passed.values()),
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                channel.close()
                raise
            finally:
                if life is not None:
                    life.passed_on()
        process.returncode = 0  # we reap by ourselves; Popen must not wait in its destructor
        pid = process.pid
        self._on_channel(channel, life)
        self._running[pid] = _Running(ParentEnd(ours, lambda phase: self._on_beat(pid, phase)))
        return pid

    def tell(self, pid: int, told: Told) -> None:
        if running := self._running.get(pid):
            running.pipe.tell(told)

    def signal(self, pid: int, number: signal.Signals) -> None:
        """To a child that is not reaped yet: its pid is nobody else's."""
        if pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def waited(self, *, interval_s: float, late_s: float) -> dict[int, float]:
        """By pid, how much of the last *interval_s* each was without a CPU; see ``starved.py``."""
        found = {}
        for pid, running in self._running.items():
            before, running.sample = running.sample, read_sample(pid)
            found[pid] = waited_s(before, running.sample, interval_s=interval_s, late_s=late_s)
        return found

    def reap(self) -> Iterator[tuple[int, int]]:
        """Pid and exit code, negative for a signal, of each of ours that ended. As process 1 we get the children of others, too."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if running := self._running.pop(pid, None):
                    running.pipe.close()
                    yield pid, os.waitstatus_to_exitcode(status)


def _life() -> DeathLock | None:
    """None where the system has none: then a death is seen later, that is all."""
    try:
        return DeathLock()
    except OSError:
        return None
