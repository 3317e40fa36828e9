"""One run: callers ring, the fault strikes at its moment, the talks come to their ends, and everything that is left behind is gathered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Final

import aiohttp
import httpx
import msgspec

from ops.caller.sip_place import SipPlace
from ops.caller.telephone import Exchange
from ops.chaos.callers import LIMIT_S, Caller
from ops.chaos.course import Course
from ops.chaos.expectations import promise
from ops.chaos.faults import Strike, strike
from ops.chaos.house import House
from ops.chaos.observations import Kept, Observations, Seen, Written
from ops.chaos.operators import on_duty
from ops.chaos.oracle import Verdict, judge
from ops.chaos.plan import Run, Stage
from ops.chaos.record import PATIENT_S, Records, kept
from ops.chaos.watch import watched

APART_S: Final = 2.0  # between two callers' dialling, so that they are at different places of their talks
REACHED_S: Final = 90.0  # a stage that is not reached by then is not waited for any more
SETTLED_S: Final = 40.0  # the controller compares its books with Asterisk every thirty seconds
TRUTH_SEEN_S: Final = 7.0  # so long after its end readiness is looked at
RUN_S: Final = 2 * LIMIT_S
_LOOK_S: Final = 0.25
_FIRST_NUMBER: Final = 380_950_000_000
_PER_RUN: Final = 100
_carried_out = count(1)


class Done(msgspec.Struct, frozen=True):
    """A run, what was seen of it, and what came of it."""

    number: int
    seed: int
    case: str
    stage: Stage
    after_s: float
    took_s: float
    verdict: Verdict
    seen: Observations


async def carry_out(house: House, run: Run, place: SipPlace, exchange: Exchange, *, brief: bool = False) -> Done:
    """Bounded by ``RUN_S`` and the time to settle. *brief*: the callers order nothing."""
    began_s = time.monotonic()
    dsn = house.stack.postgres.dsn
    reached = asyncio.Event()

    def on_stage(stage: Stage) -> None:
        if stage == run.moment.stage:
            reached.set()

    first = _FIRST_NUMBER + next(_carried_out) * _PER_RUN  # also of a run that is tried again, in the same shop
    numbers = [f"+{first + index}" for index in range(run.calls)]
    # The first caller's talk tells the moment.
    callers = [Caller(place, dsn, number, Course(brief=brief), on_stage if index == 0 else _deaf) for index, number in enumerate(numbers)]
    await asyncio.to_thread(house.system.standins.control("google_stt").clear_log)
    async with Records(dsn) as records, watched(house.system.controller.api_url) as samples:
        async with on_duty(exchange), asyncio.timeout(RUN_S):
            talks = [asyncio.create_task(_ring(caller, APART_S * index), name=caller.number) for index, caller in enumerate(callers)]
            struck = await _strike(house, run, reached, talks, callers)
            seen = await asyncio.gather(*talks)
            left = await _settled(exchange)
        await _until(lambda: _true(time.monotonic() > struck.healed_s + TRUTH_SEEN_S), TRUTH_SEEN_S)
        found = await _closed(records, [call for call in seen if call.answered_s is not None])
        waiting, refused = await _backlog(house)
    observations = Observations(
        target=run.case.target,
        fault=run.case.fault,
        struck_s=struck.struck_s,
        healed_s=struck.healed_s,
        calls=tuple(seen),
        records=found,
        shop=await _shop(house, [call.number for call in seen]),
        recognised=await asyncio.to_thread(_recognised, house),
        left=tuple(left),
        waiting=waiting,
        refused=refused,
        samples=tuple(samples),
        notes=tuple(filter(None, (struck.note, *house.supervisor.troubles))),
    )
    house.supervisor.troubles.clear()
    verdict = judge(observations, promise(run.case))
    moment = run.moment
    return Done(run.number, run.seed, str(run.case), moment.stage, moment.after_s, time.monotonic() - began_s, verdict, observations)


async def _ring(caller: Caller, after_s: float) -> Seen:
    await asyncio.sleep(after_s)
    return await caller.call()


async def _strike(house: House, run: Run, reached: asyncio.Event, talks: list[asyncio.Task[Seen]], callers: list[Caller]) -> Strike:
    waiting = asyncio.create_task(reached.wait(), name="moment")
    await asyncio.wait([waiting, talks[0]], timeout=REACHED_S, return_when=asyncio.FIRST_COMPLETED)
    missed = "" if waiting.done() else f"{run.moment.stage} was not reached"
    waiting.cancel()
    if not missed:
        await asyncio.sleep(run.moment.after_s)
    struck = await strike(house, run.case)
    if run.case.target == "asterisk" and run.case.fault != "stop":
        for caller in callers:
            caller.lose()
    return Strike(struck.struck_s, struck.healed_s, "; ".join(filter(None, (missed, struck.note))))


async def _settled(exchange: Exchange) -> list[str]:
    """What is left in Asterisk once nobody calls any more."""
    left: list[str] = ["Asterisk does not answer"]

    async def empty() -> bool:
        nonlocal left
        try:
            left = await exchange.channels() + await exchange.bridges()
        except (RuntimeError, aiohttp.ClientError, TimeoutError):
            return False
        return not left

    await _until(empty, SETTLED_S)
    return left


async def _closed(records: Records, calls: list[Seen]) -> dict[str, tuple[Kept, ...]]:
    """Each caller's records, closed if they close in time."""
    found: dict[str, tuple[Kept, ...]] = {}

    async def closed(number: str) -> bool:
        shown = await records.of(number, PATIENT_S)
        if shown is not None:
            found[number] = tuple(map(kept, shown))
        return bool(shown) and all(record.closed for record in found[number])

    for call in calls:
        await _until(lambda number=call.number: closed(number), SETTLED_S / 2)  # type: ignore[misc]  # bound at once
    return found


async def _backlog(house: House) -> tuple[int, int]:
    """Once nothing waits in the spool, or in the end."""
    last = 0, 0

    async def empty() -> bool:
        nonlocal last
        try:
            last = await asyncio.to_thread(house.backlog)
        except httpx.HTTPError:
            return False
        return last[0] == 0

    await _until(empty, SETTLED_S / 2)
    return last


async def _shop(house: House, numbers: list[str]) -> dict[str, Written]:
    written = await asyncio.to_thread(house.system.standins.control("shop").ask, "GET", "/written")
    return {number: Written(found["orders"], found["confirmed"]) for number, found in written.items() if number in numbers}


def _recognised(house: House) -> tuple[str, ...]:
    served = house.system.standins.control("google_stt").log()
    return tuple(one.detail["text"] for one in served if one.request == "utterance" and one.outcome == "ok" and one.detail.get("text"))


def _deaf(stage: Stage) -> None:
    pass


async def _true(value: bool) -> bool:
    return value


async def _until(condition: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not await condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_LOOK_S)
    return True
