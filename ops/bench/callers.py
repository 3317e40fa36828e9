"""The callers of one round, in a process of their own: ``python -m ops.bench.callers spec.json seen.json``.

Each dials, hears the greeting, asks questions and hears the answers to their end, but hangs up in the last one. The last line of
the output says how far they are.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from pathlib import Path

import aiohttp
import msgspec
import uvloop

from audiosocket.audio import FRAME_MS, SLIN16
from audiosocket.errors import AudioSocketError
from ops.bench.cpu import total_cpu_s, total_memory_mb
from ops.bench.pacing import PacingProbe
from ops.bench.spec import CallSeen, QuestionSeen, RoundSeen, RoundSpec, number, write
from ops.caller.ear import Ear
from ops.caller.script import HangUp, KeepSilent, Listen, Say, Script
from ops.caller.talk import Talk, TalkFailed
from ops.caller.telephone import Exchange
from ops.standins.phrasebook import phrase

QUESTIONS = ("winter_tyres_camry", "in_stock")  # both need a tool
_LISTEN = Listen(quiet_s=1.5)
_LISTEN_IN = Listen(quiet_s=0.1)  # to the answer's first words: a talk should not last longer than it tells something new
THINK_S = 1.0  # at most, before he speaks: callers that dialled in a row must not speak in a row
_WATCH_S = 2.0


def script(chance: random.Random, questions: int = len(QUESTIONS)) -> Script:
    """What one caller does; *questions* is how many he asks."""
    *first, last = ((KeepSilent(THINK_S * chance.random()), Say(key)) for key in QUESTIONS[:questions])
    asking = [step for thinking, saying in first for step in (thinking, saying, _LISTEN)]
    return (_LISTEN, *asking, *last, _LISTEN_IN, HangUp())


def fill(seen: CallSeen, talk: Talk, ear: Ear) -> None:
    """Put into *seen* what was heard."""
    seen.greeted_ms = 1000 * ear.voiced[0] if ear.voiced else None
    asked = ((e, e.step.key) for e in talk.log.exchanges if isinstance(e.step, Say) and e.last_voiced_s is not None)
    seen.questions = [QuestionSeen(key, 1000 * (e.last_voiced_s or 0), 1000 * e.answered_s if e.answered_s else None) for e, key in asked]
    seen.gaps_ms = [round(gap, 2) for gap in ear.jitter_ms()]
    seen.frames_arrived = len(ear.arrivals)
    if ear.arrivals:
        seen.frames_due = round(1000 * (ear.arrivals[-1] - ear.arrivals[0]) / FRAME_MS) + 1


async def call(exchange: Exchange, caller: str, steps: Script) -> CallSeen:
    """One call from dialling to hanging up; what went wrong is told in the result."""
    seen = CallSeen(caller, 1000 * time.monotonic())
    try:
        telephone = await exchange.dial(caller)
    except (AudioSocketError, aiohttp.ClientError, RuntimeError, TimeoutError) as error:
        seen.failure = f"{caller} was not connected: {error or type(error).__name__}"
        return seen
    seen.connected_ms = 1000 * telephone.picked_up_s
    talk = Talk(telephone)
    try:
        await talk.lead(steps)
    except (TalkFailed, AudioSocketError) as error:
        seen.failure = f"{caller}: {error}"
        await telephone.hang_up()
    seen.ended_ms = 1000 * time.monotonic()
    fill(seen, talk, telephone.ear)
    return seen


class Watch:
    """CPU and memory of the watched groups while entered."""

    def __init__(self, groups: dict[str, list[int]]) -> None:
        self._groups = groups
        self.cpu_s: dict[str, float] = {}
        self.memory_mb = dict.fromkeys(groups, 0.0)

    def __enter__(self) -> Watch:
        self._before = total_cpu_s(self._groups) | {"callers": time.process_time()}
        return self

    def __exit__(self, *_: object) -> None:
        after = total_cpu_s(self._groups) | {"callers": time.process_time()}
        self.cpu_s = {group: after[group] - self._before[group] for group in after}

    async def look(self) -> None:
        while True:
            now = total_memory_mb(self._groups)
            self.memory_mb = {group: max(largest, now[group]) for group, largest in self.memory_mb.items()}
            await asyncio.sleep(_WATCH_S)


async def lead_round(spec: RoundSpec) -> RoundSeen:
    """All calls of the round; a call that fails does not end the others."""
    for key in QUESTIONS:
        phrase(key).pcm(SLIN16)  # read before anything is timed
    over = 0

    async def one(index: int) -> CallSeen:
        nonlocal over
        await asyncio.sleep(index / spec.per_second)
        place = spec.first_number + index
        seen = await call(exchange, number(place), script(random.Random(place), spec.questions))
        over += 1
        print(f"{over} of {spec.calls} calls are over", flush=True)
        return seen

    async with Exchange(spec.asterisk) as exchange:
        gc.collect()
        gc.freeze()
        with PacingProbe() as probe, Watch(spec.watched) as watch:
            looking = asyncio.create_task(watch.look(), name="watch")
            calls = await asyncio.gather(*(one(index) for index in range(spec.calls)))
            looking.cancel()
        return RoundSeen(calls, [round(ms, 2) for ms in probe.late_ms()], watch.cpu_s, watch.memory_mb)


def main() -> int:
    spec_path, seen_path = map(Path, sys.argv[1:3])
    spec = msgspec.json.decode(spec_path.read_bytes(), type=RoundSpec)
    write(seen_path, uvloop.run(lead_round(spec)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
