"""The parent: a thin shell about ``policy.py``. It serves no call and knows none.

SIGTERM, SIGINT    the worker finishes its calls and we end with its exit code; a second one hurries it
SIGHUP             hand over to the code that is on the disk now
SIGCHLD            somebody ended; as process 1 of a container we also take in whom nobody else does
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
from functools import partial

from controller.sockets import PortTaken, bind, let_others_beside
from controller.watchdog import policy
from controller.watchdog.beat import Told
from controller.watchdog.children import API, AUDIOSOCKET, Children
from controller.watchdog.keeper import Keeper
from controller.watchdog.lock import LockedByStranger, find_orphan
from controller.watchdog.phase import Phase
from controller.watchdog.plan import BLOCKED, Plan
from controller.watchdog.policy import Exit, HandOver, Kill, Limits, Order, Policy, Start, Stop
from controller.watchdog.telling import Log

TICK_S = 0.1
BACKLOG = 1_024
EXIT_CANNOT_START = 1


class CannotStart(Exception):
    """In words for the person who starts us."""


def take_parent_lock(plan: Plan) -> int:
    """Held until we end. Raises CannotStart."""
    try:
        plan.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(plan.path / "parent.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"the journal's directory {plan.directory} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(lock)
        raise CannotStart(
            f"callctl run is at work in the journal's directory {plan.directory} already, as process {holder}:"
            " give each controller its own JOURNAL_DIRECTORY"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, b"%d\n" % os.getpid(), 0)
    return lock


class Parent:
    def __init__(self, plan: Plan, log: Log) -> None:
        """Raises CannotStart."""
        self._log = log
        self._lock = take_parent_lock(plan)
        try:
            self._orphan = find_orphan(plan.path)
            self.sockets = {
                API: bind(plan.api_host, plan.api_port, what="The API", beside=self._orphan is not None),
                AUDIOSOCKET: bind(plan.audiosocket_host, plan.audiosocket_port, what="AudioSocket", beside=self._orphan is not None),
            }
        except (OSError, LockedByStranger, PortTaken) as error:
            raise CannotStart(str(error)) from error
        self._keeper = Keeper(self.sockets[AUDIOSOCKET].dup(), tell=lambda event, fields: log.info(event, **fields))
        self._listening = False
        if self._orphan is None:
            self._listen()
        # else when the successor takes over; connections go to the orphan until then
        self._policy = Policy(
            Limits(hung_after_s=plan.hung_after_s), standby=plan.standby, orphan=self._orphan.pid if self._orphan else None
        )
        self._children = Children(plan.argv, self.sockets, self._on_beat, self._keeper.serve_by)
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._without_worker_since: float | None = self._loop.time() if self._orphan is None else None

    async def run(self) -> int:
        """Until there is nothing left to watch; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._asked, number, policy.StopAsked())
        self._loop.add_signal_handler(signal.SIGHUP, self._asked, signal.SIGHUP, policy.HandOverAsked())
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED)
        if self._orphan is not None:
            self._orphan.watch(partial(self._died, self._orphan.pid, 0))
        self._log.info("parent_started", pid=os.getpid(), orphan=self._orphan.pid if self._orphan else None)
        self._on(policy.Tick())
        try:
            return await self._tick_until_ended()
        finally:
            if self._orphan is not None:
                self._orphan.forget()
            self._keeper.close()

    def _listen(self) -> None:
        if self._listening:
            return
        self._listening = True
        for bound in self.sockets.values():
            bound.listen(BACKLOG)
            let_others_beside(bound)
        self._keeper.start()

    async def _tick_until_ended(self) -> int:
        before = self._loop.time()
        while True:
            await asyncio.wait([self._ended], timeout=TICK_S)
            if self._ended.done():
                return self._ended.result()
            now = self._loop.time()
            interval_s, before = now - before, now
            self._on(policy.Tick(self._children.waited(interval_s=interval_s, late_s=interval_s - TICK_S)))
            if (worker := self._policy.worker) is not None:
                self._children.tell(worker.pid, Told(self._policy.worker_deaths, self._policy.standby_warm))

    # What happens

    def _asked(self, number: signal.Signals, event: policy.Event) -> None:
        self._log.info("parent_signal", name=number.name)
        self._on(event)

    def _on_beat(self, pid: int, phase: Phase) -> None:
        if phase.has_lock:
            self._listen()
        child = self._policy.child(pid)
        if child is not None and child.phase is not phase:
            self._tell_progress(pid, phase)
        self._on(policy.Beat(pid, phase))

    def _reap(self) -> None:
        for pid, code in self._children.reap():
            self._died(pid, code)

    def _died(self, pid: int, code: int) -> None:
        child = self._policy.child(pid)
        worker_before = self._policy.worker
        if child is not None:
            which = "orphan" if not child.ours else "worker" if child.phase.has_lock else "standby"
            told = self._log.info if child.dismissed or code == 0 else self._log.error
            told("child_died", which=which, pid=pid, phase=child.phase.name.lower(), why=_in_words(code), wanted=child.dismissed)
        if child is not None and child.phase.has_lock and (worker_before is None or worker_before is child):
            self._without_worker_since = self._loop.time()
        self._on(policy.Died(pid, code))

    def _tell_progress(self, pid: int, phase: Phase) -> None:
        if phase is Phase.WARM:
            self._log.info("standby_warm", which="standby", pid=pid)
        elif phase is Phase.SERVING:
            since, self._without_worker_since = self._without_worker_since, None
            gap_ms = None if since is None else round((self._loop.time() - since) * 1000)
            self._log.info("worker_serves", which="worker", pid=pid, nobody_served_ms=gap_ms)

    # What is done about it

    def _on(self, event: policy.Event) -> None:
        waiting = [event]
        while waiting:
            orders = self._policy.on(waiting.pop(0), self._loop.time())
            waiting += [answer for order in orders if (answer := self._carry_out(order)) is not None]

    def _carry_out(self, order: Order) -> policy.Event | None:
        match order:
            case Start():
                try:
                    pid = self._children.start()
                except OSError as error:
                    self._log.error("start_failed", why=str(error))
                    return policy.StartFailed()
                self._log.info("child_started", pid=pid)
                return policy.Started(pid)
            case Kill(pid=pid, why=why):
                told = self._log.error if why.startswith("hung") else self._log.info
                told("child_killed", pid=pid, why=why)
                self._send(pid, signal.SIGKILL)
            case HandOver(pid=pid):
                self._log.info("hand_over", pid=pid)
                self._send(pid, signal.SIGUSR1)
            case Stop(pid=pid):
                self._send(pid, signal.SIGTERM)
            case Exit(code=code):
                if not self._ended.done():
                    self._log.info("parent_ended", code=code)
                    self._ended.set_result(code)
        return None

    def _send(self, pid: int, number: signal.Signals) -> None:
        if self._orphan is not None and pid == self._orphan.pid:
            self._orphan.send(number)
        else:
            self._children.signal(pid, number)


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


async def watch(plan: Plan) -> int:
    """The whole life of a parent. Raises CannotStart."""
    return await Parent(plan, Log(plan.log_level, plan.log_format)).run()


def main(argument: str) -> int:
    """*argument*: a Plan."""
    try:
        return asyncio.run(watch(Plan.decode(argument)))
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CANNOT_START
