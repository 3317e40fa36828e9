"""``make bench ARGS="--overload 50"``: two controllers take so many calls together, and twice as many come.

first    each of those who fit talks again and again: which share of their frames is skipped
then     as many again dial: how soon each hears the queue's music, and what the talks lose meanwhile
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from rich.table import Table

from audiosocket.audio import FRAME_MS
from audiosocket.errors import AudioSocketError
from ops.bench.callers import QUESTIONS, THINK_S
from ops.bench.figures import percentile
from ops.bench.spec import number
from ops.caller.script import KeepSilent, Listen, Say, Script
from ops.caller.talk import Talk, TalkFailed, until
from ops.caller.telephone import Exchange, Telephone
from ops.devstack import DevStack
from ops.system import Controller, System
from ops.workers import open_workers

DIALS_PER_S = 10.0
MUSIC_S = 10.0  # who has not heard the queue by then does not hear it


@dataclass(frozen=True, slots=True)
class Overloaded:
    """What became of *calls* talks, and of as many callers more. Shares are 0 to 1."""

    calls: int
    skipped_before: float
    skipped_with: float
    hole_before_ms: float  # p99 of the frames
    hole_with_ms: float
    music_s: list[float]
    failures: list[str]

    @property
    def well(self) -> bool:
        unharmed = self.skipped_with <= self.skipped_before + 0.005
        return unharmed and not self.failures and len(self.music_s) == self.calls and max(self.music_s) <= 1.0


def script(chance: random.Random) -> Script:
    """What one caller says and hears again and again."""
    asked = ((KeepSilent(THINK_S * chance.random()), Say(key), Listen(within_s=60)) for key in QUESTIONS)
    return tuple(step for steps in asked for step in steps)


def measure(progress: Callable[[str], None], calls: int) -> Overloaded:
    settings = {"LOG_LEVEL": "WARNING", "CALLS_TRANSFER_TIMEOUT_S": "120"}
    with (
        DevStack(progress=progress) as stack,
        System(stack, progress=progress, **settings) as system,
        open_workers(system, 2, CALLS_MAX=str(-(-calls // 2))) as workers,
    ):
        return asyncio.run(_measure(progress, system, workers, calls))


async def _measure(progress: Callable[[str], None], system: System, workers: Mapping[str, Controller], calls: int) -> Overloaded:
    failures: list[str] = []

    async def come(place: int) -> Telephone:
        await asyncio.sleep(place % calls / DIALS_PER_S)
        return await exchange.dial(number(place))

    async def talk(place: int, telephone: Telephone) -> None:
        await asyncio.sleep(place / DIALS_PER_S)  # as they came: nobody speaks in chorus
        try:
            await Talk(telephone).lead(script(random.Random(place)))
        except (TalkFailed, AudioSocketError) as error:
            failures.append(str(error))

    async def one_too_many(place: int) -> float | None:
        await asyncio.sleep(place % calls / DIALS_PER_S)
        began_s = time.monotonic()
        telephone = await exchange.dial(number(place))
        with suppress(TalkFailed):
            await until(lambda: bool(telephone.ear.voiced), MUSIC_S, "the queue's music")
        if not telephone.ear.voiced or await exchange.application_of(telephone.channel_id) != "Queue":
            failures.append(f"{telephone.number} is not in the queue")
            return None
        return telephone.ear.voiced[0] - began_s

    async def talk_all(telephones: list[Telephone]) -> tuple[float, float]:
        heard = [len(telephone.ear.arrivals) for telephone in telephones]
        before, began_s = await _skipped(workers), time.monotonic()
        await asyncio.gather(*(talk(place, telephone) for place, telephone in enumerate(telephones)))
        due = (time.monotonic() - began_s) * 1000 / FRAME_MS * len(telephones)
        holes = [hole for telephone, since in zip(telephones, heard, strict=True) for hole in telephone.ear.jitter_ms()[since:]]
        return (await _skipped(workers) - before) / due, percentile(holes, 0.99) or 0.0

    async with Exchange(system.stack.asterisk) as exchange:
        progress(f"{calls} calls, as many as fit ...")
        telephones = await asyncio.gather(*(come(place) for place in range(calls)))
        await asyncio.gather(*(Talk(telephone).lead((Listen(within_s=60),)) for telephone in telephones))
        skipped_before, hole_before_ms = await talk_all(telephones)
        progress(f"and {calls} more ...")
        talking = asyncio.create_task(talk_all(telephones))
        music_s = await asyncio.gather(*(one_too_many(calls + place) for place in range(calls)))
        skipped_with, hole_with_ms = await talking
    heard_s = [waited_s for waited_s in music_s if waited_s is not None]
    return Overloaded(calls, skipped_before, skipped_with, hole_before_ms, hole_with_ms, heard_s, failures)


async def _skipped(workers: Mapping[str, Controller]) -> float:
    """Frames skipped so far in all live calls."""
    texts = await asyncio.gather(*(asyncio.to_thread(worker.metrics) for worker in workers.values()))
    lines = (line for text in texts for line in text.splitlines())
    return sum(float(line.split()[1]) for line in lines if line.startswith("callctl_audio_skipped_live_frames "))


def table(seen: Overloaded) -> Table:
    made = Table("", f"{seen.calls} calls", f"and {seen.calls} more come", box=None)
    made.add_row("frames skipped", f"{seen.skipped_before:.2%}", f"{seen.skipped_with:.2%}")
    made.add_row("a frame's delay p99, ms", f"{seen.hole_before_ms:.0f}", f"{seen.hole_with_ms:.0f}")
    waited = [f"{1000 * (percentile(seen.music_s, share) or 0.0):.0f}" for share in (0.5, 0.95, 1.0)]
    made.add_row("from dialling to the queue's music p50 / p95 / max, ms", "", " / ".join(waited))
    return made
