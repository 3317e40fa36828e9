"""The parent's decisions, against a kernel that is played here: it gives the lock to one of those who wait when its holder dies."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.watchdog.phase import Phase
from controller.watchdog.policy import (
    Beat,
    Died,
    Event,
    Exit,
    HandOver,
    HandOverAsked,
    Kill,
    Limits,
    Order,
    Policy,
    Start,
    Started,
    StartFailed,
    Stop,
    StopAsked,
    Tick,
)

TICK_S = 0.1
LIMITS = Limits()
KILLED = -9
ORPHAN = 7


@dataclass(eq=False)
class Process:
    pid: int
    code: int  # how new its program is
    starts_at: float  # warm then
    phase: Phase = Phase.STARTING
    serves_at: float = 0.0
    hangs_since: float | None = None
    starved: bool = False  # no CPU: it does nothing, and the kernel tells so
    dies_at: float | None = None
    leaves_with: int = KILLED
    beats_to_us: bool = True


@dataclass(eq=False)
class Machine:
    """The kernel, the processes and the parent's shell; time goes by ticks."""

    policy: Policy
    now: float = 100.0
    start_takes_s: float = 1.0
    broken: int | None = None  # with this exit code every start ends
    code_on_disk: int = 1
    alive: dict[int, Process] = field(default_factory=dict)
    orders: list[tuple[float, Order]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    exit: int | None = None
    no_processes: bool = False
    pids: itertools.count[int] = field(default_factory=lambda: itertools.count(100))

    def tell(self, event: Event) -> None:
        for order in self.policy.on(event, self.now):
            self.orders.append((self.now, order))
            self._carry_out(order)

    def _carry_out(self, order: Order) -> None:
        match order:
            case Start():
                if self.no_processes:
                    self.tell(StartFailed())
                    return
                process = Process(next(self.pids), self.code_on_disk, self.now + self.start_takes_s)
                self.alive[process.pid] = process
                self.starts.append(self.now)
                self.tell(Started(process.pid))
            case Kill(pid=pid) | HandOver(pid=pid) | Stop(pid=pid):
                process = self.alive[pid]
                if isinstance(order, Kill):
                    process.dies_at, process.leaves_with = self.now, KILLED
                elif process.hangs_since is None:
                    process.dies_at, process.leaves_with = self.now + 0.05, 0
            case Exit(code=code):
                self.exit = code

    def run(self, for_s: float) -> None:
        until = self.now + for_s
        while self.now < until and self.exit is None:
            self.tick()

    def tick(self) -> None:
        self.now += TICK_S
        for process in list(self.alive.values()):
            if process.dies_at is not None and process.dies_at <= self.now:
                del self.alive[process.pid]
                self.tell(Died(process.pid, process.leaves_with))
            elif process.hangs_since is None and not process.starved:
                self._live(process)
        self.tell(Tick({pid: TICK_S for pid, process in self.alive.items() if process.starved}))
        self.check()

    def _live(self, process: Process) -> None:
        if process.phase is Phase.STARTING and process.starts_at <= self.now:
            if self.broken is not None:
                process.dies_at, process.leaves_with = self.now, self.broken
                return
            process.phase = Phase.WARM
        if process.phase is Phase.WARM and not any(other.phase.has_lock for other in self.alive.values()):
            process.phase, process.serves_at = Phase.TAKING_OVER, self.now + 0.02
        if process.phase is Phase.TAKING_OVER and process.serves_at <= self.now:
            process.phase = Phase.SERVING
        if process.beats_to_us:
            self.tell(Beat(process.pid, process.phase))

    def check(self) -> None:
        having = [process for process in self.alive.values() if process.phase.has_lock]
        assert len(having) <= 1
        assert len(self.alive) <= 3, "a worker, its standby, and during a hand-over a third"

    @property
    def worker(self) -> Process | None:
        return next((process for process in self.alive.values() if process.phase.has_lock), None)

    @property
    def serving(self) -> Process:
        worker = self.worker
        assert worker is not None
        assert worker.phase is Phase.SERVING
        return worker

    @property
    def standby(self) -> Process | None:
        return next((process for process in self.alive.values() if process.phase is Phase.WARM), None)

    def of(self, kind: type[Order]) -> list[Order]:
        return [order for _, order in self.orders if isinstance(order, kind)]


def machine(*, standby: bool = True, settled: bool = True) -> Machine:
    made = Machine(Policy(LIMITS, standby=standby))
    if settled:
        made.run(5.0)
        assert made.serving
        assert (made.standby is not None) is standby
    return made


def test_the_first_serves_before_a_standby_is_started() -> None:
    fresh = machine(settled=False)
    fresh.run(1.05)
    assert len(fresh.starts) == 1
    fresh.run(4.0)
    assert len(fresh.starts) == 2
    assert fresh.standby


def test_a_worker_that_dies_is_followed_by_the_standby_and_that_one_by_another() -> None:
    it = machine()
    first, second = it.serving, it.standby
    first.dies_at = it.now
    it.run(0.3)
    assert it.serving is second
    it.run(5.0)
    assert it.standby not in {first, second, None}
    assert it.policy.worker_deaths == 1


def test_without_a_standby_another_is_started_at_once() -> None:
    it = machine(standby=False)
    it.serving.dies_at = it.now
    it.run(0.15)
    assert len(it.starts) == 2


@pytest.mark.parametrize("which", ["worker", "standby"])
def test_who_hangs_is_killed_within_the_limit_and_not_before(which: str) -> None:
    it = machine()
    hung = it.serving if which == "worker" else it.standby
    assert hung is not None
    hung.hangs_since = it.now
    it.run(LIMITS.hung_after_s - 2 * TICK_S)
    assert not it.of(Kill)
    it.run(4 * TICK_S)
    assert [order.pid for order in it.of(Kill) if isinstance(order, Kill)] == [hung.pid]
    it.run(0.5)
    assert it.serving is not hung


def test_who_only_has_no_cpu_is_not_killed() -> None:
    it = machine()
    worker = it.serving
    worker.starved = True
    it.run(LIMITS.hung_after_s * 4)
    worker.starved = False
    it.run(1.0)
    assert not it.of(Kill)
    assert it.serving is worker


def test_the_want_of_a_cpu_excuses_for_some_seconds_only() -> None:
    it = machine()
    it.serving.starved = True
    it.run(LIMITS.starved_s + LIMITS.hung_after_s + 2 * TICK_S)
    assert it.of(Kill)


def test_the_cpu_that_was_missing_once_does_not_excuse_a_later_hang() -> None:
    it = machine()
    worker = it.serving
    worker.starved = True
    it.run(3.0)
    worker.starved = False
    it.run(0.5)
    worker.hangs_since = it.now
    it.run(LIMITS.hung_after_s + 2 * TICK_S)
    assert it.of(Kill)


def test_one_that_does_not_come_up_is_killed_after_a_minute() -> None:
    it = Machine(Policy(LIMITS, standby=True), start_takes_s=1e9)
    it.run(LIMITS.start_s + 1.0)
    assert it.of(Kill)


def test_what_cannot_start_ends_the_parent_with_its_exit_code_and_is_not_tried_again() -> None:
    it = Machine(Policy(LIMITS, standby=True), broken=1)
    it.run(10.0)
    assert it.exit == 1
    assert len(it.starts) == 1


def test_once_somebody_has_served_a_start_that_fails_is_tried_again_ever_more_slowly() -> None:
    it = machine(standby=False)
    it.broken = 1
    it.serving.dies_at = it.now
    it.run(300.0)
    assert it.exit is None
    pauses = [later - earlier for earlier, later in itertools.pairwise(it.starts[1:])]
    assert len(pauses) > 8
    assert all(pause >= 30.0 for pause in pauses[-2:])


def test_a_process_that_kills_each_of_its_successors_is_met_by_one_start_in_thirty_seconds() -> None:
    it = machine()
    began = it.now
    while it.now < began + 600.0:
        if (worker := it.worker) is not None and worker.phase is Phase.SERVING:
            worker.dies_at = it.now
        it.tick()
    late = [start for start in it.starts if start > began + 300.0]
    assert len(late) <= 11


def test_a_system_that_makes_no_processes_is_asked_again_ever_more_slowly() -> None:
    it = Machine(Policy(LIMITS, standby=True), no_processes=True)
    it.run(20.0)
    assert 3 <= len(it.of(Start)) <= 8
    it.no_processes = False
    it.run(40.0)
    assert it.serving


# Stopping


def test_a_stop_ends_the_standby_first_then_the_worker_and_the_parent_with_the_workers_code() -> None:
    it = machine()
    worker, standby = it.serving, it.standby
    assert standby is not None
    it.tell(StopAsked())
    assert it.of(Stop) == []
    it.run(2.0)
    assert it.of(Stop) == [Stop(worker.pid)]
    assert [order.pid for order in it.of(Kill) if isinstance(order, Kill)] == [standby.pid]
    assert it.exit == 0


def test_two_signals_reach_the_worker_as_two() -> None:
    it = machine()
    it.serving.hangs_since = it.now  # it drains: nothing happens yet
    it.serving.beats_to_us = True
    it.tell(StopAsked())
    it.tell(StopAsked())
    it.run(0.6)
    assert len(it.of(Stop)) == 2


def test_a_worker_that_dies_while_it_stops_is_not_replaced_and_its_signal_is_told() -> None:
    it = machine()
    worker = it.serving
    worker.hangs_since = it.now
    it.tell(StopAsked())
    it.run(2.0)
    assert it.exit == 128 + 9
    assert len(it.starts) == 2


def test_a_stop_before_anybody_serves_ends_at_once() -> None:
    it = machine(settled=False)
    it.run(0.5)
    it.tell(StopAsked())
    it.run(0.5)
    assert it.exit == 0


# Handing over


def test_a_hand_over_starts_new_code_and_tells_the_worker_only_when_that_is_warm_and_the_old_standby_gone() -> None:
    it = machine()
    worker, old = it.serving, it.standby
    assert old is not None
    it.code_on_disk = 2
    it.tell(HandOverAsked())
    it.run(0.5)
    assert not it.of(HandOver)
    assert old.pid in it.alive, "until the new one is warm, the old one stands by"
    it.run(1.5)
    assert it.of(HandOver) == [HandOver(worker.pid)]
    assert it.serving.code == 2
    it.run(5.0)
    assert it.standby is not None
    assert it.standby.code == 2
    assert it.policy.worker_deaths == 0
    assert all(order.why == "replaced" for order in it.of(Kill) if isinstance(order, Kill))


def test_new_code_that_does_not_come_up_changes_nothing() -> None:
    it = machine()
    worker, standby = it.serving, it.standby
    it.broken = 1
    it.tell(HandOverAsked())
    it.run(20.0)
    assert (it.serving, it.standby) == (worker, standby)
    assert it.exit is None
    assert len(it.starts) == 3


def test_a_worker_that_does_not_hand_over_is_killed() -> None:
    it = machine()
    worker = it.serving
    it.tell(HandOverAsked())
    it.run(1.0)
    worker.hangs_since = None
    worker.dies_at = None

    def deaf(order: Order) -> None:
        if not isinstance(order, HandOver):
            Machine._carry_out(it, order)

    it._carry_out = deaf  # type: ignore[method-assign]
    it.run(LIMITS.hand_over_s + 2.0)
    assert worker.pid not in it.alive
    assert it.serving is not worker


def test_without_a_standby_a_hand_over_starts_one_for_itself_and_no_other() -> None:
    it = machine(standby=False)
    worker = it.serving
    it.tell(HandOverAsked())
    it.run(5.0)
    assert it.serving is not worker
    assert len(it.starts) == 2
    assert it.standby is None


def test_a_second_wish_to_hand_over_starts_still_newer_code() -> None:
    it = machine()
    it.code_on_disk = 2
    it.tell(HandOverAsked())
    it.run(0.5)
    it.code_on_disk = 3
    it.tell(HandOverAsked())
    it.run(10.0)
    assert it.serving.code == 3


def test_a_worker_that_dies_during_a_hand_over_leaves_the_calls_to_the_old_standby_and_the_new_one_follows() -> None:
    it = machine()
    old = it.standby
    it.code_on_disk = 2
    it.tell(HandOverAsked())
    it.run(0.5)
    it.serving.dies_at = it.now
    it.run(0.2)
    assert it.serving is old
    it.run(5.0)
    assert it.serving.code == 2


# Orphans


def orphaned(*, standby: bool = True) -> Machine:
    it = Machine(Policy(LIMITS, standby=standby, orphan=ORPHAN), code_on_disk=2)
    it.alive[ORPHAN] = Process(ORPHAN, 1, 0.0, Phase.SERVING, beats_to_us=False)
    return it


@pytest.mark.parametrize("standby", [True, False])
def test_an_orphan_serves_until_one_of_ours_is_warm_and_then_hands_over(standby: bool) -> None:
    it = orphaned(standby=standby)
    it.tell(Tick())
    it.run(0.5)
    assert not it.of(HandOver)
    it.run(2.0)
    assert it.of(HandOver) == [HandOver(ORPHAN)]
    assert it.serving.code == 2
    it.run(5.0)
    assert (it.standby is not None) is standby
    assert it.policy.worker_deaths == 0


def test_an_orphan_is_not_killed_for_beats_that_it_cannot_send() -> None:
    it = orphaned()
    it.start_takes_s = 30.0
    it.run(20.0)
    assert not it.of(Kill)


def test_an_orphan_goes_on_when_its_successor_cannot_start() -> None:
    it = orphaned()
    it.broken = 1
    it.run(10.0)
    assert it.exit == 1
    assert list(it.alive) == [ORPHAN]


def test_a_stop_reaches_an_orphan_too() -> None:
    it = orphaned()
    it.start_takes_s = 30.0
    it.run(2.0)
    it.tell(StopAsked())
    it.run(2.0)
    assert it.of(Stop) == [Stop(ORPHAN)]
    assert it.exit == 0


# Whatever happens

HAPPENINGS = ("kill worker", "kill standby", "hang worker", "hang standby", "starve", "feed", "hand over", "break", "mend", "slow")
happenings = st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.floats(min_value=0.0, max_value=8.0)), max_size=12)


def happen(it: Machine, what: str) -> None:
    worker, others = it.worker, [process for process in it.alive.values() if not process.phase.has_lock]
    one = worker if what.endswith("worker") else random.Random(0).choice(others) if others else None
    match what.split()[0]:
        case "kill" if one is not None:
            one.dies_at = it.now
        case "hang" if one is not None and one.hangs_since is None:
            one.hangs_since = it.now
        case "starve" if worker is not None:
            worker.starved = True
        case "feed":
            for process in it.alive.values():
                process.starved = False
        case "hand":
            it.code_on_disk += 1
            it.tell(HandOverAsked())
        case "break":
            it.broken = 1
        case "mend":
            it.broken, it.start_takes_s = None, 1.0
        case "slow":
            it.start_takes_s = 10.0


@settings(deadline=None, max_examples=40)
@given(happenings)
def test_whatever_happens_in_the_end_one_serves_and_one_stands_by(
    story: list[tuple[str, float]],
) -> None:
    it = machine()
    for what, then_s in story:
        happen(it, what)
        it.run(then_s)
    happen(it, "feed")
    happen(it, "mend")
    it.run(130.0)
    assert it.exit is None
    assert it.serving
    assert it.standby is not None
    assert {process.phase for process in it.alive.values()} == {Phase.SERVING, Phase.WARM}


@settings(deadline=None, max_examples=40)
@given(happenings, st.floats(min_value=0.0, max_value=3.0))
def test_whatever_happened_a_stop_comes_to_an_end_and_starts_nobody(story: list[tuple[str, float]], after_s: float) -> None:
    it = machine()
    for what, then_s in story:
        happen(it, what)
        it.run(then_s)
    it.tell(StopAsked())
    started = len(it.starts)
    it.run(after_s)
    it.run(LIMITS.take_over_s + LIMITS.end_s + LIMITS.starved_s + 10.0)
    assert it.exit is not None
    assert len(it.starts) == started
    assert not it.alive


@settings(deadline=None, max_examples=40)
@given(happenings)
def test_who_hangs_is_always_killed_within_the_limit(story: list[tuple[str, float]]) -> None:
    it = machine()
    for what, then_s in story:
        if what not in {"starve", "slow", "break"}:
            happen(it, what)
        until = it.now + then_s
        while it.now < until:
            it.tick()
            for process in it.alive.values():
                if process.hangs_since is not None and process.phase in {Phase.WARM, Phase.SERVING}:
                    assert it.now - process.hangs_since <= LIMITS.hung_after_s + 3 * TICK_S
