"""Key 0 reaches a human at any time."""

from __future__ import annotations

import time

from ops.caller.script import HangUp, Listen, Press, Say
from ops.caller.talk import Talk
from tests.acceptance.floor import Floor


async def test_key_zero_during_the_greeting_reaches_the_operator(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    telephone = await floor.dial()
    await floor.state_is("greeting")
    await telephone.press("0")
    pressed_s = time.monotonic()
    await operator.answered()
    assert time.monotonic() - pressed_s >= 1.5, "a number might have begun with it"
    await floor.state_is("operator")
    await telephone.hang_up()
    record = await floor.record()
    assert record.call["transfer_reason"] == "key_0"
    assert record.call["transferred_to_operator"]
    assert record.call["outcome"] == "transferred"


async def test_key_zero_works_while_every_service_hangs(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    for broken in ("anthropic", "google_stt", "google_tts", "shop"):
        floor.system.standins.control(broken).set(latency_ms=60_000)
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(), Say("winter_tyres_camry"), Press("0")))
    await operator.answered()
    await floor.state_is("operator")
    await telephone.hang_up()
    assert (await floor.record()).call["transferred_to_operator"]


async def test_a_number_that_begins_with_0_reaches_nobody_but_the_agent(floor: Floor) -> None:
    await floor.talk((Listen(), Press("0501234567"), Listen(), HangUp()))
    record = await floor.record()
    assert not record.call["transferred_to_operator"]
    assert record.call["outcome"] == "hung_up"


async def test_key_zero_works_while_the_agent_thinks(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    floor.system.standins.control("anthropic").set(latency_ms=60_000)
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(), Say("winter_tyres_camry")))
    await floor.state_is("thinking")
    await telephone.press("0")
    await operator.answered()
    await floor.state_is("operator")
    await telephone.hang_up()
    assert (await floor.record()).call["transfer_reason"] == "key_0"
