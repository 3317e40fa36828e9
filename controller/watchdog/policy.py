"""What is done about the controllers of one parent. Pure: events and the time go in, orders come out; ``parent.py`` carries them out.

    Started, Beat, Died, Tick, StopAsked, HandOverAsked ─► Policy.on(event, now) ─► Start, Kill, HandOver, Stop, Exit

Rule 1: who serves is decided by the kernel: one process has ``worker.lock``. Nothing here gives it to anybody.
Rule 2: after each event we look at what is and order what is missing. No order depends on the event that came before it.
Rule 3: who has not beaten for ``hung_after_s`` is killed, unless it had no CPU meanwhile; the time it waited for one does not count.
Rule 4: code has numbers. A hand-over makes the running number an old one: another is started, and when that is warm, standbys of old
        code go, and only then the worker is told to hand over. If the new one dies first, all stays as it was.
Rule 5: before anybody served, one that ends by itself has said why: we end with it. Afterwards everybody is replaced.
Rule 6: on a stop the standby goes first, then the worker is told: else the lock would fall to the standby.

An orphan (a worker whose parent died) is a worker of older code that is not beaten for us.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from controller.watchdog.phase import Phase
from controller.watchdog.restarts import Restarts


@dataclass(frozen=True, slots=True)
class Limits:
    hung_after_s: float = 0.75
    start_s: float = 60.0  # imports and all, on a machine that is busy
    take_over_s: float = 30.0  # a long spool is read meanwhile
    end_s: float = 30.0  # records are flushed
    hand_over_s: float = 3.0
    settle_s: float = 1.0  # after a take-over the CPU is the callers'; then another standby is started
    starved_s: float = 10.0  # so long at most the want of a CPU excuses


@dataclass(frozen=True, slots=True)
class Started:
    pid: int


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The system made no process."""


@dataclass(frozen=True, slots=True)
class Beat:
    pid: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class Died:
    pid: int
    code: int  # negative: the signal that killed it


@dataclass(frozen=True, slots=True)
class Tick:
    waited_s: Mapping[int, float] = field(default_factory=dict)  # by pid: without a CPU since the last tick


@dataclass(frozen=True, slots=True)
class StopAsked:
    """SIGTERM or SIGINT to the parent; the second one is in a hurry."""


@dataclass(frozen=True, slots=True)
class HandOverAsked:
    """SIGHUP to the parent."""


Event = Started | StartFailed | Beat | Died | Tick | StopAsked | HandOverAsked


@dataclass(frozen=True, slots=True)
class Start:
    """Answer it with Started or StartFailed before anything else."""


@dataclass(frozen=True, slots=True)
class Kill:
    pid: int
    why: str


@dataclass(frozen=True, slots=True)
class HandOver:
    pid: int


@dataclass(frozen=True, slots=True)
class Stop:
    pid: int


@dataclass(frozen=True, slots=True)
class Exit:
    code: int


Order = Start | Kill | HandOver | Stop | Exit

STOP_AGAIN_S = 0.2  # two signals in one moment would be one


@dataclass(slots=True)
class Child:
    pid: int
    code: int  # whose number; see rule 4
    since: float  # when its phase began
    beaten_at: float
    phase: Phase = Phase.STARTING
    ours: bool = True
    waited_s: float = 0.0  # for a CPU, of the time that counts
    killed: bool = False
    told_at: float | None = None  # to hand over
    dismissed: bool = False  # its death is wanted


class Policy:
    """*orphan*: the pid of a worker whose parent died."""

    def __init__(self, limits: Limits, *, standby: bool, orphan: int | None = None) -> None:
        self._limits = limits
        self._standby = standby
        self._code = 1
        self._children: dict[int, Child] = {}
        if orphan is not None:
            self._children[orphan] = Child(orphan, 0, 0.0, 0.0, Phase.SERVING, ours=False)
        self._starting = False  # ordered, and not answered yet
        self._restarts = Restarts()
        self._served = False  # any of ours, ever
        self._stops_asked = self._stops_told = 0
        self._stopped_at = -STOP_AGAIN_S
        self._exit: int | None = None
        self.worker_deaths = 0  # that were not wanted

    # What is

    @property
    def worker(self) -> Child | None:
        """Who has the lock and is to keep it; for a moment two may seem to have it, and the later one has it."""
        having = [child for child in self._children.values() if child.phase.has_lock and not child.killed]
        return max(having, key=lambda child: child.since, default=None)

    @property
    def standby_warm(self) -> bool:
        return any(child.phase is Phase.WARM and not child.killed for child in self._children.values())

    def child(self, pid: int) -> Child | None:
        return self._children.get(pid)

    @property
    def pids(self) -> list[int]:
        """All that live, orphans included."""
        return list(self._children)

    # What happens

    def on(self, event: Event, now: float) -> list[Order]:
        match event:
            case Started(pid=pid):
                self._starting = False
                self._children[pid] = Child(pid, self._code, now, now)
            case StartFailed():
                self._starting = False
                self._restarts.died(now)
            case Beat(pid=pid, phase=phase):
                self._beat(pid, phase, now)
            case Died(pid=pid, code=code):
                self._died(pid, code, now)
            case Tick(waited_s=waited_s):
                for pid, waited in waited_s.items():
                    if child := self._children.get(pid):
                        child.waited_s += waited
            case StopAsked():
                self._stops_asked += 1
            case HandOverAsked():
                self._code += 1
        return list(self._orders(now))

    def _beat(self, pid: int, phase: Phase, now: float) -> None:
        child = self._children.get(pid)
        if child is None:
            return
        child.beaten_at = now
        if phase is not child.phase:
            child.phase, child.since, child.waited_s = phase, now, 0.0
        elif phase in {Phase.WARM, Phase.SERVING}:
            child.waited_s = 0.0
        self._served = self._served or phase is Phase.SERVING

    def _died(self, pid: int, code: int, now: float) -> None:
        child = self._children.pop(pid, None)
        if child is None:
            return
        worker = self.worker
        if child.phase.has_lock and self._stops_asked and worker is None:
            self._exit = code if code >= 0 else 128 - code
        if child.code == self._code and worker is not None and worker.ours and worker.code != self._code:
            self._code = worker.code  # the new code does not come up: all stays as it was
        if not self._served and not self._stops_asked and child.ours and code > 0:
            self._exit = code
        if not child.dismissed:
            self.worker_deaths += child.phase.has_lock
            if child.ours:
                self._restarts.died(now)

    # What is to be done

    def _orders(self, now: float) -> Iterator[Order]:
        if self._exit is not None and not any(child.ours for child in self._children.values()):
            yield Exit(self._exit)
            return
        yield from self._hung(now)
        if self._exit is not None:
            yield from self._all_but(None, "not needed")
        elif self._stops_asked:
            yield from self._stop(now)
        else:
            yield from self._hand_over(now)
            yield from self._replace(now)

    def _hung(self, now: float) -> Iterator[Order]:
        for child in self._children.values():
            if not child.ours or child.killed:
                continue
            limits = self._limits
            since, limit_s = {
                Phase.STARTING: (child.since, limits.start_s),
                Phase.WARM: (child.beaten_at, limits.hung_after_s),
                Phase.TAKING_OVER: (child.since, limits.take_over_s),
                Phase.SERVING: (child.beaten_at, limits.hung_after_s),
                Phase.ENDING: (child.since, limits.end_s),
            }[child.phase]
            if now - since - min(child.waited_s, limits.starved_s) >= limit_s:
                child.killed = True
                yield Kill(child.pid, f"hung for {now - since:.2f} s")

    def _hand_over(self, now: float) -> Iterator[Order]:
        """From a worker of old code to a warm one of the newest."""
        worker = self.worker
        if worker is None or worker.phase is not Phase.SERVING:
            return
        if worker.code == self._code:
            yield from self._kill_outdated(worker)
            return
        ready = any(child.phase is Phase.WARM and child.code == self._code and not child.killed for child in self._children.values())
        yield from self._kill_outdated(worker, after=-1 if ready else worker.code)
        if not ready or any(child.code != self._code for child in self._children.values() if child is not worker):
            return  # one of them still dies: the lock might fall to it
        if worker.told_at is None:
            worker.told_at, worker.dismissed = now, True
            yield HandOver(worker.pid)
        elif now - worker.told_at >= self._limits.hand_over_s:
            worker.killed = True
            yield Kill(worker.pid, "does not hand over")

    def _kill_outdated(self, worker: Child, *, after: int = -1) -> Iterator[Order]:
        """Standbys of code that is not the newest, and newer than *after*: until the newest is ready, the old ones are still of use."""
        for child in self._children.values():
            if child is not worker and after < child.code < self._code:
                yield from self._dismiss(child, "replaced")

    def _replace(self, now: float) -> Iterator[Order]:
        """Somebody serves or will, and somebody stands by."""
        if self._starting or now < self._restarts.next_at:
            return
        living = [child for child in self._children.values() if not child.killed]
        worker = self.worker
        others = [child for child in living if child is not worker and child.code == self._code]
        settled = worker is not None and worker.phase is Phase.SERVING and now - worker.since >= self._limits.settle_s
        wanted = self._standby or (worker is not None and worker.code != self._code)
        if len(self._children) <= 2 and (not living or (settled and wanted and not others)):
            self._starting = True
            yield Start()

    def _stop(self, now: float) -> Iterator[Order]:
        worker = self.worker
        yield from self._all_but(worker, "not needed")
        if worker is None:
            if not self._children:
                yield Exit(self._exit or 0)
        elif len(self._children) == 1 and self._stops_told < self._stops_asked and now - self._stopped_at >= STOP_AGAIN_S:
            self._stops_told += 1
            self._stopped_at = now
            yield Stop(worker.pid)

    def _all_but(self, kept: Child | None, why: str) -> Iterator[Order]:
        for child in self._children.values():
            if child is not kept and child.ours:
                yield from self._dismiss(child, why)

    def _dismiss(self, child: Child, why: str) -> Iterator[Order]:
        if not child.killed:
            child.killed = child.dismissed = True
            yield Kill(child.pid, why)
