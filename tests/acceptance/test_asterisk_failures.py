"""Asterisk itself fails: it hangs, it dies, it comes back; and what that leaves behind."""

from __future__ import annotations

import asyncio
import time

from audiosocket.audio import SLIN16
from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually

TOLD_S = 5.0
BUSY_S = 2.0  # more, for a machine that has other work


async def told(floor: Floor, dependency: str, began_s: float) -> str:
    """Wait until readiness says that it is down; why. It must not take longer than is promised."""

    async def why() -> str | None:
        readiness = await floor.readiness()
        return readiness["dependencies"][dependency]["why"] if readiness and readiness["status"] == "not ready" else None

    reason = await eventually(why, f"readiness that tells of {dependency}", 20.0)
    assert time.monotonic() - began_s < TOLD_S + BUSY_S
    return reason


async def gauge(floor: Floor, name: str) -> float:
    metrics = await asyncio.to_thread(floor.system.controller.metrics)
    return next(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith(f"{name} "))


async def ready(floor: Floor) -> None:
    await asyncio.to_thread(floor.system.controller.wait_ready)


async def test_a_stuck_asterisk_is_told_apart_from_a_dead_one_and_the_talk_goes_on_when_it_moves_again(floor: Floor) -> None:
    asterisk = floor.system.stack.asterisk
    talker = await floor.dial()
    await Talk(talker).lead((Listen(),))
    asterisk.freeze()
    began_s = time.monotonic()
    try:
        assert "stuck: it takes connections and answers nothing" in await eventually_stuck(floor, began_s)
        assert await gauge(floor, "callctl_ari_stuck") == 1
    finally:
        asterisk.thaw()
    await ready(floor)
    assert await gauge(floor, "callctl_ari_stuck") == 0
    assert not talker.gone
    await Talk(talker).lead((Say("winter_tyres_camry"), Listen()))
    await talker.hang_up()
    assert (await floor.record()).call["outcome"] == "hung_up"


async def eventually_stuck(floor: Floor, began_s: float) -> str:
    await told(floor, "ari_rest", began_s)

    async def stuck() -> str | None:
        readiness = await floor.readiness()
        why = readiness["dependencies"]["ari_rest"]["why"] if readiness else None
        return why if why and "stuck" in why else None

    return await eventually(stuck, "a reason that names it", 5.0)


async def test_a_dead_asterisk_is_told_the_records_say_so_and_a_new_one_is_taken_into_use(floor: Floor) -> None:
    """An operator who was talking when it died is rung again: his device's state outlives Asterisk, and nobody was left to free him."""
    asterisk = floor.system.stack.asterisk
    operator = await floor.exchange.operator()
    talker, transferred = await floor.dial(), await floor.dial()
    talks, transfers = floor.numbers
    await asyncio.gather(*(Talk(telephone).lead((Listen(),)) for telephone in (talker, transferred)))
    await transferred.say(phrase("operator").pcm(SLIN16))
    await operator.answered()
    await floor.state_is("operator", transfers)

    await asyncio.to_thread(asterisk.kill)
    began_s = time.monotonic()
    try:
        assert "not reachable" in await told(floor, "ari_rest", began_s)
        assert await gauge(floor, "callctl_ari_stuck") == 0
    finally:
        await asyncio.to_thread(asterisk.start)
    await ready(floor)
    for number in (talks, transfers):
        call = (await floor.record(number)).call
        assert call["ended_by"] == "asterisk", call

    async def free() -> bool:
        """Asked of Asterisk itself."""
        return "INUSE" not in (await asyncio.to_thread(asterisk.cli, "devstate list")).replace("NOT_INUSE", "")

    await eventually(free, "an operator who is free again", 20.0)
    again = await floor.exchange.operator()
    newcomer = await floor.dial()
    await Talk(newcomer).lead((Listen(),))
    await newcomer.say(phrase("operator").pcm(SLIN16))
    await again.answered()
    await newcomer.hang_up()
