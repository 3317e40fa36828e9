from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from math import floor

from hypothesis import example, given, settings
from hypothesis import strategies as st

from audiosocket.metronome import AIM_S, EARLY_S, SLOT_S, SLOTS, Metronome

FRAME_S = 0.02


class Clockwork:
    """A clock and timers that stand still until they are moved."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self._timers: list[tuple[float, int, ClockworkTimer]] = []
        self._numbers = itertools.count()

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> ClockworkTimer:
        timer = ClockworkTimer(callback)
        heapq.heappush(self._timers, (self.now_s + delay_s, next(self._numbers), timer))
        return timer

    @property
    def waiting(self) -> int:
        return sum(not timer.cancelled for _, _, timer in self._timers)

    def run(self, seconds: float) -> int:
        """Let time pass, each timer in time; how many fired."""
        end_s, fired = self.now_s + seconds, 0
        while self._timers and self._timers[0][0] <= end_s:
            due_s, _, timer = heapq.heappop(self._timers)
            self.now_s = max(self.now_s, due_s)
            if not timer.cancelled:
                fired += 1
                timer.callback()
        self.now_s = max(self.now_s, end_s)
        return fired

    def stall(self, seconds: float) -> None:
        """Time passes and no timer fires: the process was busy or stopped."""
        self.now_s += seconds


class ClockworkTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Ticked:
    def __init__(self, clockwork: Clockwork) -> None:
        self.clockwork = clockwork
        self.ticks_s: list[float] = []
        self.skipped = 0
        self.failures: list[Exception] = []
        self.broken = False

    def tick(self) -> None:
        self.ticks_s.append(self.clockwork.now_s)
        if self.broken:
            raise ArithmeticError("broken")

    def skip(self, frames: int) -> None:
        self.skipped += frames

    def fail(self, error: Exception) -> None:
        self.failures.append(error)


def metronome_on(clockwork: Clockwork) -> Metronome:
    return Metronome(clock=clockwork.time, call_later=clockwork.call_later)


def test_a_line_is_ticked_every_20_ms_and_does_not_drift() -> None:
    clockwork = Clockwork()
    metronome, line = metronome_on(clockwork), Ticked(clockwork)
    metronome.join(line)
    clockwork.run(60.0)
    assert len(line.ticks_s) in (2_999, 3_000)
    first = line.ticks_s[0]
    assert all(abs(at - first - n * FRAME_S) < 1e-6 for n, at in enumerate(line.ticks_s))


def test_lines_spread_over_the_slots_and_empty_slots_wake_nobody() -> None:
    clockwork = Clockwork()
    metronome = metronome_on(clockwork)
    lines = [Ticked(clockwork) for _ in range(3)]
    for line in lines:
        metronome.join(line)
    fired = clockwork.run(1.0)
    assert len({round(line.ticks_s[0] / SLOT_S) % SLOTS for line in lines}) == 3
    assert 147 <= fired <= 153


def test_with_no_line_left_no_timer_runs() -> None:
    clockwork = Clockwork()
    metronome, line = metronome_on(clockwork), Ticked(clockwork)
    metronome.join(line)
    assert clockwork.waiting == 1
    metronome.leave(line)
    metronome.leave(line)
    assert clockwork.waiting == 0
    assert len(metronome) == 0


def test_after_a_stall_one_frame_is_sent_and_the_older_ones_are_skipped() -> None:
    clockwork = Clockwork()
    metronome, line = metronome_on(clockwork), Ticked(clockwork)
    metronome.join(line)
    clockwork.run(1.01)
    before = len(line.ticks_s)
    clockwork.stall(10.0)
    clockwork.run(0.0)
    assert len(line.ticks_s) == before + 1
    assert line.skipped == 499


def test_a_simulated_telephone_sends_late_what_it_could_not_send_in_time_up_to_a_bound() -> None:
    clockwork = Clockwork()
    metronome, line = Metronome(late_frames=100, clock=clockwork.time, call_later=clockwork.call_later), Ticked(clockwork)
    metronome.join(line)
    for stall_s, late, skipped in ((1.0, 50, 0), (10.0, 100, 400)):
        clockwork.run(1.0)
        before = len(line.ticks_s)
        clockwork.stall(stall_s)
        clockwork.run(0.0)
        assert abs(len(line.ticks_s) - before - late) <= 1, "the frame of the last moment is of either side"
        assert abs(line.skipped - skipped) <= 1


@settings(deadline=None)
@example(lines=4, passages=[(0.0, 0.025)])
@given(
    lines=st.integers(1, 25),
    passages=st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.7)), min_size=1, max_size=12),
)
def test_sent_and_skipped_is_what_was_due_and_no_stall_bursts(lines: int, passages: list[tuple[float, float]]) -> None:
    clockwork = Clockwork()
    metronome = metronome_on(clockwork)
    ticked = [Ticked(clockwork) for _ in range(lines)]
    for line in ticked:
        metronome.join(line)
    joined_s = clockwork.now_s
    for run_s, stall_s in passages:
        clockwork.run(run_s)
        clockwork.stall(stall_s)
    clockwork.run(FRAME_S)
    for number, line in enumerate(ticked):
        first_due_s = joined_s + (number % SLOTS or SLOTS) * SLOT_S  # the beat of joining is over
        last_s = clockwork.now_s - first_due_s
        due = {floor(moment_s / FRAME_S) + 1 for moment_s in (last_s - AIM_S - 1e-6, last_s + EARLY_S + 1e-6)}
        assert len(line.ticks_s) + line.skipped in due, "sent + skipped == due"
        window = -1
        for at in line.ticks_s:
            earlier, later = (floor((at - first_due_s + EARLY_S) / FRAME_S + rounding) for rounding in (-1e-6, 1e-6))
            assert later > window, "never two frames within the 20 ms of one"
            window = earlier if earlier > window else later  # on the border of two windows it may be of either


def test_a_line_that_joins_after_a_stall_has_missed_nothing() -> None:
    clockwork = Clockwork()
    metronome, old, new = metronome_on(clockwork), Ticked(clockwork), Ticked(clockwork)
    metronome.join(old)
    clockwork.stall(5.0)
    metronome.join(new)
    clockwork.run(1.0)
    assert new.skipped == 0
    assert len(new.ticks_s) in (49, 50)
    assert old.skipped == 249


def test_a_line_that_fails_is_told_once_and_the_others_go_on() -> None:
    clockwork = Clockwork()
    metronome = metronome_on(clockwork)
    lines = [Ticked(clockwork) for _ in range(2 * SLOTS)]
    for line in lines:
        metronome.join(line)
    broken = lines[3]
    broken.broken = True
    clockwork.run(1.0)
    assert [type(error) for error in broken.failures] == [ArithmeticError]
    assert len(broken.ticks_s) == 1
    assert all(len(line.ticks_s) in (49, 50) for line in lines if line is not broken)


def test_a_line_may_leave_in_its_own_tick() -> None:
    clockwork = Clockwork()
    metronome = metronome_on(clockwork)

    class Leaving(Ticked):
        def tick(self) -> None:
            super().tick()
            metronome.leave(self)

    leaving, others = Leaving(clockwork), [Ticked(clockwork) for _ in range(SLOTS)]
    for line in (leaving, *others):
        metronome.join(line)
    clockwork.run(0.1)
    assert len(leaving.ticks_s) == 1
    assert all(len(line.ticks_s) in (4, 5) for line in others)
