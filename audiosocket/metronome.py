"""One clock for the audio of all lines of a process.

A frame's 20 ms are divided into ten slots of 2 ms; each line lives in one slot and is ticked at the
same absolute time in every frame, so nothing drifts and the work spreads out::

    beat    0   1   2   3   4   5   6   7   8   9 | 10  11  ...      due at origin + beat * 2 ms
    slot    0   1   2   3   4   5   6   7   8   9 |  0   1  ...
    line    a   b       c                         |  a   b           empty slots wake nobody

Rule: a frame leaves within the 20 ms that belong to it, or never. After a stall each line gets the
one frame that is due now; the older ones are skipped and counted. Nothing is ever sent in a burst:
Asterisk would pass it on as it came (500 RTP packets in 7 ms were seen). Simulated telephones alone have
another rule (*late_frames*).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from audiosocket.audio import FRAME_MS
from audiosocket.lateness import Lateness

SLOTS = 10
SLOT_S = FRAME_MS / 1000 / SLOTS
EARLY_S = SLOT_S / 2
"""A beat may be served so much too early: libuv's timers count whole milliseconds, and waking twice costs more."""

AIM_S = SLOT_S / 4
"""We aim so much behind the beat, so that a timer that is a millisecond off is early by no more than that."""


class Paced(Protocol):
    """What the metronome drives."""

    def tick(self) -> None:
        """Send the frame that is due now."""

    def skip(self, frames: int) -> None:
        """*frames* became due while nobody could send them; they are gone."""

    def fail(self, error: Exception) -> None:
        """``tick`` raised *error*; this line has been taken out and will not be ticked again."""


class Timer(Protocol):
    def cancel(self) -> None: ...


class Metronome:
    def __init__(
        self,
        *,
        late_frames: int = 1,
        clock: Callable[[], float] = time.monotonic,
        call_later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        """*late_frames* are sent after a stall, the older ones skipped: more than one is for simulated telephones, whose words shall arrive
        whole although they share a busy machine with what they test. *clock* in seconds; *call_later* is the running loop's unless given.
        uvloop's own clock stands still during a callback.
        """
        self._late_beats = late_frames * SLOTS
        self._clock = clock
        self._call_later = call_later
        self._origin = clock()
        self._next_beat = 0  # the first that was not served
        self._slots: list[tuple[Paced, ...]] = [()] * SLOTS
        self._slot_of: dict[Paced, int] = {}
        self._timer: Timer | None = None
        self._due_s = 0.0  # the beat that the timer waits for
        self.lateness = Lateness()

    def __len__(self) -> int:
        return len(self._slot_of)

    def join(self, line: Paced) -> None:
        """Tick *line* from its slot's next beat on; it gets the emptiest slot."""
        self._serve()  # what is due already does not concern the newcomer
        slot = min(range(SLOTS), key=lambda slot: len(self._slots[slot]))
        self._slots[slot] += (line,)
        self._slot_of[line] = slot
        self._schedule()

    def leave(self, line: Paced) -> None:
        """Tick *line* no more, except once when it leaves during its own beat. Unknown lines are ignored."""
        slot = self._slot_of.pop(line, None)
        if slot is not None:
            self._slots[slot] = tuple(other for other in self._slots[slot] if other is not line)
            if not self._slot_of:
                self._schedule()

    def _beat(self) -> None:
        self.lateness.note(self._clock() - self._due_s)
        self._serve()
        self._schedule()

    def _serve(self) -> None:
        """Serve every beat that is due by now: the last ones by a tick, older ones by a skip."""
        first = self._next_beat
        last = int((self._clock() - self._origin + EARLY_S) / SLOT_S)
        if last < first:
            return
        self._next_beat = last + 1
        missed = last + 1 - first - self._late_beats
        if missed > 0:
            self._skip(first, missed)
            first += missed
        for beat in range(first, last + 1):
            for line in self._slots[beat % SLOTS]:
                self._tick(line)

    def _tick(self, line: Paced) -> None:
        try:
            line.tick()
        except Exception as error:  # noqa: BLE001 - one line's fault must not silence the others; the line tells it
            self.leave(line)
            line.fail(error)

    def _skip(self, first: int, beats: int) -> None:
        """Tell each line how many of *beats* beats from *first* on were its own."""
        rounds, rest = divmod(beats, SLOTS)
        for offset in range(SLOTS):
            frames = rounds + (offset < rest)
            for line in self._slots[(first + offset) % SLOTS] if frames else ():
                line.skip(frames)

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for beat in range(self._next_beat, self._next_beat + SLOTS):
            if self._slots[beat % SLOTS]:
                call_later = self._call_later or asyncio.get_running_loop().call_later
                self._due_s = self._origin + beat * SLOT_S
                delay_s = self._due_s + AIM_S - self._clock()
                self._timer = call_later(max(0.0, delay_s), self._beat)
                return
