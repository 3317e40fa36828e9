"""Callers who come and go: each dials, hears the agent, asks, hears the answer and hangs up, and after a moment another one dials.

What matters is what each of them heard: how soon somebody spoke to him, and the longest hole between two frames of sound.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from audiosocket.errors import AudioSocketError
from ops.caller.script import HangUp, KeepSilent, Listen, Say, Script
from ops.caller.talk import Talk, TalkFailed
from ops.caller.telephone import Exchange, Telephone

PAUSE_S = 2.0  # at most, until the next one dials


@dataclass(frozen=True, slots=True)
class Visit:
    """One call at the caller's ear."""

    number: str
    greeted_s: float | None  # from dialling to the first voiced frame
    hole_ms: float  # the longest, more than the 20 ms from frame to frame
    failure: str = ""


def usual_script(chance: random.Random) -> Script:
    listen = Listen(quiet_s=1.0, within_s=40)
    return (listen, KeepSilent(chance.random()), Say("winter_tyres_camry"), listen, KeepSilent(3 * chance.random()), HangUp())


def heard(telephone: Telephone, dialled_s: float, failure: str = "") -> Visit:
    """What a caller has heard so far."""
    first = telephone.ear.voiced[0] - dialled_s if telephone.ear.voiced else None
    return Visit(telephone.number, first, max(telephone.ear.jitter_ms(), default=0.0), failure)


async def visit(exchange: Exchange, number: str, script: Script) -> Visit:
    """One caller; what went wrong is told in the result."""
    dialled_s = time.monotonic()
    try:
        telephone = await exchange.dial(number)
    except (AudioSocketError, RuntimeError, TimeoutError) as error:
        return Visit(number, None, 0.0, f"no connection: {error or type(error).__name__}")
    failure = ""
    try:
        await Talk(telephone).lead(script)
    except (TalkFailed, AudioSocketError) as error:
        failure = str(error)
        await telephone.hang_up()
    return heard(telephone, dialled_s, failure)


async def come_and_go(exchange: Exchange, places: int, new_number: Callable[[], str], over: asyncio.Event, *, seed: int = 1) -> list[Visit]:
    """*places* callers at a time until *over* is set; who is on the line then ends his talk. Every visit, in the order of their ends."""
    visits: list[Visit] = []

    async def place(index: int) -> None:
        chance = random.Random(seed * 1_000 + index)
        await asyncio.sleep(PAUSE_S * chance.random())
        while not over.is_set():
            visits.append(await visit(exchange, new_number(), usual_script(chance)))
            await asyncio.sleep(PAUSE_S * chance.random())

    async with asyncio.TaskGroup() as group:
        for index in range(places):
            group.create_task(place(index), name=f"caller-{index}")
    return visits
