"""Calls over real SIP, with their audio as RTP in G.711: what the provider's line brings.

The mark of a phrase does not survive a lost packet: one that is understood came through whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from audiosocket.audio import FRAME_MS, SLIN8, SLIN16
from ops.caller.g711 import ALAW, ULAW
from ops.caller.script import HangUp, Interrupt, Listen, Press, Say, Script, UntilEnd
from ops.caller.sip import SipTelephone, sip_call
from ops.caller.talk import Talk, TalkFailed, TalkLog
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, speeches
from tests.acceptance.tape import Tape
from tests.waiting import until

HUSHED_MS = 500  # 100 ms is our share from onset to pause; the rest is Asterisk and a machine under load
WIRE_MS = 300  # both ways through Asterisk, likewise
IN_FLIGHT = 5  # frames that a hang-up overtakes
pytestmark = pytest.mark.timeout(300)  # the first time sipp is fetched


@asynccontextmanager
async def dialled(floor: Floor, number: str | None = None, **options: Any) -> AsyncIterator[SipTelephone]:
    async with sip_call(floor.system.stack, number=number or floor.new_number(), **options) as telephone:
        yield telephone


async def talk(floor: Floor, script: Script, **options: Any) -> tuple[SipTelephone, TalkLog]:
    async with dialled(floor, **options) as telephone:
        return telephone, await Talk(telephone).lead(script)


async def test_callers_with_either_law_are_understood_word_for_word_and_answered(floor: Floor) -> None:
    script = (Listen(), Say("winter_tyres_camry"), Listen(), HangUp())
    numbers = {law: floor.new_number() for law in (ULAW, ALAW)}
    calls = (talk(floor, script, number=number, law=law, extension="+380441234567") for law, number in numbers.items())
    for number, (telephone, log) in zip(numbers.values(), await asyncio.gather(*calls), strict=True):
        record = await floor.record(number)
        assert [turn["text"] for turn in speeches(record, "caller")] == [phrase("winter_tyres_camry").text]
        (tool,) = record.tool_calls
        assert (tool["name"], tool["success"]) == ("search_tires", True)
        answer = speeches(record, "agent")[1]
        assert "грн" in answer["heard_text"]
        assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")

        (latency_ms,) = log.latencies_ms  # from last RTP packet of speech out to first one in
        assert answer["answer_ms"] - FRAME_MS <= latency_ms < answer["answer_ms"] + WIRE_MS
        assert telephone.rtp.received >= record.call["media"]["frames_sent"] - IN_FLIGHT


async def test_words_of_the_caller_cut_the_agent(floor: Floor) -> None:
    _, log = await talk(floor, (Interrupt("stop_wait", after_s=2.0), Listen(), HangUp()))
    record = await floor.record()

    greeting = speeches(record, "agent")[0]
    assert greeting["interrupted"]
    assert greeting["text"].startswith(greeting["heard_text"].rstrip(" .,…"))
    assert speeches(record, "caller")[0]["text"] == phrase("stop_wait").text
    interruption = log.exchanges[0]
    assert interruption.hushed_s is not None
    assert 1000 * (interruption.hushed_s - interruption.began_s) < HUSHED_MS


async def test_key_zero_as_rtp_event_reaches_the_operator_and_the_caller_hangs_up_on_him(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    async with dialled(floor) as telephone:
        await floor.state_is("greeting")
        await Talk(telephone).lead((Press("0"),))
        await operator.answered()
        await floor.state_is("operator")

        operators_tape = Tape(operator.ear)
        await operators_tape.hears("want_four", telephone.say, SLIN8)
        since = telephone.ear.voiced[-1]
        operator.say(phrase("hello").pcm(SLIN16))
        await until(lambda: telephone.ear.first_voiced_after(since))

        await telephone.hang_up()
        await operator.ended()
    call = (await floor.record()).call
    assert call["transferred_to_operator"]
    assert (call["outcome"], call["ended_by"], call["transfer_reason"]) == ("transferred", "caller", "key_0")


async def test_the_operator_hangs_up_and_the_caller_gets_a_bye(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    async with dialled(floor) as telephone:
        await Talk(telephone).lead((Press("0"),))
        await operator.answered()
        await floor.state_is("operator")
        operator.hang_up()
        await until(lambda: telephone.gone)
    call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"]) == ("transferred", "operator")


async def test_callers_who_hang_up_as_soon_as_they_are_answered_leave_nothing(floor: Floor) -> None:
    """Their BYE crosses Asterisk's re-INVITE, and the controller is still building the bridge."""
    numbers = [floor.new_number() for _ in range(4)]
    await asyncio.gather(*(talk(floor, (HangUp(),), number=number) for number in numbers))
    for number in numbers:
        call = (await floor.record(number)).call
        assert (call["outcome"], call["ended_by"]) == ("hung_up", "caller")


async def test_a_caller_hangs_up_while_the_agent_listens(floor: Floor) -> None:
    async with dialled(floor) as telephone:
        await Talk(telephone).lead((Listen(),))
        await floor.state_is("listening")
        await telephone.hang_up()
    call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"]) == ("hung_up", "caller")


async def test_after_the_goodbye_the_agents_bye_arrives(floor: Floor) -> None:
    telephone, _ = await talk(floor, (Interrupt("thanks_bye", after_s=1.0), Listen(), UntilEnd(within_s=10)))
    assert telephone.gone
    call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"]) == ("goodbye", "agent")


async def test_a_phone_that_sends_nothing_while_silent_hears_greeting_question_and_goodbye(floor: Floor) -> None:
    telephone, _ = await talk(floor, (Listen(), UntilEnd(within_s=60)), suppresses_silence=True)
    record = await floor.record()

    assert telephone.rtp.sent == 0
    greeting, asked, goodbye = (turn["text"] for turn in speeches(record, "agent"))
    assert "автоматизована система" in greeting
    assert "ви ще на лінії?" in asked.lower()
    assert "До побачення" in goodbye
    assert (record.call["outcome"], record.call["ended_by"]) == ("silence", "agent")
    assert telephone.rtp.received >= record.call["media"]["frames_sent"] - IN_FLIGHT


async def test_a_phone_that_suppresses_silence_is_understood(floor: Floor) -> None:
    await talk(floor, (Interrupt("operator", after_s=1.0), Listen(), HangUp()), suppresses_silence=True)
    record = await floor.record()
    assert speeches(record, "caller")[0]["text"] == phrase("operator").text


async def test_a_number_that_the_exchange_does_not_know_is_refused_with_a_reason(floor: Floor) -> None:
    with pytest.raises(TalkFailed, match="404 Not Found"):
        async with dialled(floor, floor.new_number(recorded=False), extension="nobody"):
            pass
