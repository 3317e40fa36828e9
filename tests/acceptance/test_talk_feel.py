"""What makes a talk feel right, on the wire: fillers, listening words, our own echo, typed numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from agent.prompt.phrases import FILLERS, PHRASES
from ops.caller.script import HangUp, Interrupt, Listen, Press, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from ops.system import System
from tests.acceptance.floor import Floor, Talked, speeches, talk_at_once

ECHO_MS = 160
ECHO_DB = -20


@pytest.fixture(scope="module")
def talks(system: System) -> dict[str, Talked]:
    return talk_at_once(
        system,
        {
            "backchannel": (Listen(), Say("winter_tyres_camry"), Interrupt("backchannel_aha", after_s=2.0), Listen(), HangUp()),
            "typed": (Listen(), Press("0671234567#"), Listen(), HangUp()),
            "typed over the greeting": (Listen(quiet_s=0.1), Press("12345#"), Listen(quiet_s=4.0), HangUp()),
        },
    )


def test_a_listening_word_pauses_the_agent_who_then_goes_on_where_he_stopped(talks: dict[str, Talked]) -> None:
    log, record = talks["backchannel"].log, talks["backchannel"].record
    assert [turn["text"] for turn in speeches(record, "caller")] == [phrase("winter_tyres_camry").text]
    answer = speeches(record, "agent")[1]
    assert not answer["interrupted"]
    assert answer["heard_text"] in (None, answer["text"])
    aha = log.exchanges[-2]
    assert aha.hushed_s is not None, "the agent did not pause"
    assert aha.answered_s is not None, "the agent did not go on"


@pytest.mark.parametrize(("talk", "digits"), [("typed", "0671234567"), ("typed over the greeting", "12345")])
def test_a_typed_number_is_a_turn_of_the_caller(talks: dict[str, Talked], talk: str, digits: str) -> None:
    record = talks[talk].record
    assert [turn["text"] for turn in speeches(record, "caller")] == [f"(набрано на клавіатурі) {digits}"]
    assert speeches(record, "agent")[1]["heard_ms"] > 0, "it was not answered"
    assert speeches(record, "agent")[0]["interrupted"] == (talk == "typed over the greeting")
    assert not record.call["transferred_to_operator"]


async def test_a_model_that_thinks_long_is_covered_by_a_filler(floor: Floor) -> None:
    floor.system.standins.control("anthropic").set(latency_ms=2_500)
    _, log = await floor.talk((Listen(), Say("winter_tyres_camry"), Listen(quiet_s=4.5), HangUp()))
    answer = speeches(await floor.record(), "agent")[1]
    assert any(answer["text"].startswith(PHRASES[key]) for key in FILLERS)
    assert answer["heard_text"] in (None, answer["text"])
    (heard_ms,) = log.latencies_ms
    assert heard_ms < 2_500, "the filler came before the answer could"


async def test_a_model_that_never_answers_costs_no_four_seconds_of_silence_and_ends_with_a_human(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    floor.system.standins.control("anthropic").set(latency_ms=60_000)
    telephone, log = await floor.talk((Listen(), Say("winter_tyres_camry")))
    asked_s = log.exchanges[-1].last_voiced_s
    assert asked_s is not None
    await operator.answered()
    operator.say(telephone.audio.silence)
    heard = [asked_s, *(moment for moment in telephone.ear.voiced if moment > asked_s)]
    assert max(second - first for first, second in pairwise(heard)) < 4.0
    await telephone.hang_up()
    record = await floor.record()
    waited, apology = speeches(record, "agent")[-2:]
    assert sum(PHRASES[key] in waited["text"] for key in FILLERS) >= 2
    assert apology["text"] == PHRASES["apology_transfer"]
    assert record.call["transfer_reason"] == "model_failed"


async def test_our_own_voice_in_his_microphone_does_not_stop_the_greeting(floor: Floor) -> None:
    telephone = await floor.dial()
    echo(telephone)
    await Talk(telephone).lead((Listen(),))
    voiced = list(telephone.ear.voiced)
    assert max(second - first for first, second in pairwise(voiced)) < 0.6, "the agent paused"
    await telephone.hang_up()
    record = await floor.record()
    (greeting,) = speeches(record, "agent")
    assert not greeting["interrupted"]
    assert greeting["heard_text"] in (None, PHRASES["greeting"])
    assert speeches(record, "caller") == []


def echo(telephone: Telephone) -> None:
    """From now on the handset's loudspeaker reaches its microphone."""
    back = telephone.line.play()
    back.feed(telephone.audio.silence * (ECHO_MS // 20))

    def return_(frame: bytes) -> None:
        weaker = np.frombuffer(frame, "<i2") * 10 ** (ECHO_DB / 20)
        back.feed(weaker.astype("<i2").tobytes())

    telephone.ear.also = return_
