"""How a talk feels, whole and in virtual time: fillers, backchannels, echo, keys. The machine's rules have tests of their own."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from agent.outcome import CallerGone, HandOff
from agent.ports import Heard
from agent.prompt.phrases import FILLERS, PHRASES
from agent.prompt.rendered import RenderedVoice, phrase_pcm
from tests.fakes.clock import virtual_time
from tests.fakes.services import Wait, says, uses
from tests.fakes.talk import FakeTalk

LONG = "Є зимові шини Мішлен на вашу машину, вони тихі й добре тримають дорогу. Також є дешевші, від місцевого виробника. Які вам цікавіші?"


async def leave(talk: FakeTalk) -> None:
    talk.line.hang_up()
    assert await talk.outcome() == CallerGone()


def agents(talk: FakeTalk) -> list[str]:
    return [turn.text for turn in talk.transcript.turns if turn.speaker == "agent"]


def callers(talk: FakeTalk) -> list[str]:
    return [turn.text for turn in talk.transcript.turns if turn.speaker == "caller"]


def fillers_in(text: str) -> list[str]:
    """In the order in which they stand in *text*."""
    found = [(text.index(PHRASES[key]), key) for key in FILLERS if PHRASES[key] in text]
    return [key for _, key in sorted(found)]


# Waiting


@virtual_time
async def test_700_ms_of_thinking_are_filled() -> None:
    talk = FakeTalk([Wait(2.0), *says("Так, є.")])
    talk.voice.latency_s = 0.02
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини", final_after_s=0.1)
    ended_ms = talk.now_ms - 100
    await talk.agent_talks()
    assert talk.line.voiced_at_ms[-1] - ended_ms == pytest.approx(550 + 700 + 20, abs=60)
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    assert fillers_in(agents(talk)[-1]) == ["filler_1"]
    await leave(talk)


@virtual_time
async def test_services_without_latency_get_no_filler() -> None:
    talk = FakeTalk(uses("search_tires", "Зараз подивлюся.", season="winter"), says("Є Michelin."), says("Так."))
    talk.model.latency_s = talk.voice.latency_s = talk.shop.latency_s = 0.0
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні зимові шини")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    await talk.says("Вони є?")
    await talk.until(lambda: len(talk.transcript.turns) == 5)
    assert not any(fillers_in(text) for text in agents(talk))
    await leave(talk)


@virtual_time
async def test_no_filler_is_said_twice_in_a_row_not_even_after_the_queue() -> None:
    transfer = [Wait(2.0), *uses("transfer_to_operator", reason="просить", summary="Хоче людину.")]
    talk = FakeTalk(*([Wait(6.0), *says("Так, є.")] for _ in range(6)), transfer, [Wait(2.0), *says("Слухаю.")])
    talk.begin()
    await talk.agent_is_silent()
    for number in range(6):
        await talk.says(f"Є шини номер {number}?")
        await talk.until(lambda number=number: len(talk.transcript.turns) == 3 + 2 * number)  # type: ignore[misc]
    await talk.says("Дайте розмову з кимось")
    assert isinstance(await talk.outcome(), HandOff)
    talk.begin("nobody_free")
    await talk.agent_is_silent()
    await talk.says("Спробуйте ще")
    await talk.until(lambda: agents(talk)[-1].endswith("Слухаю."))
    said = [key for text in agents(talk) for key in fillers_in(text)]
    assert len(said) >= 10
    assert all(first != second for first, second in pairwise(said))
    await leave(talk)


@pytest.mark.parametrize("hangs", ["model", "tool"])
def test_who_waits_for_us_never_hears_four_seconds_of_silence_and_ends_with_a_human(hangs: str) -> None:
    @virtual_time
    async def talked() -> None:
        talk = FakeTalk([Wait(100)] if hangs == "model" else uses("check_availability", "Зараз подивлюся.", tyre_id="t1"))
        talk.shop.latency_s = 100
        talk.voice.latency_s = 0.02
        talk.begin()
        await talk.agent_is_silent()
        await talk.says("Скільки їх?", final_after_s=None)
        ended_ms = talk.now_ms
        outcome = await talk.outcome()
        assert isinstance(outcome, HandOff)
        heard = [ended_ms, *(ms for ms in talk.line.voiced_at_ms if ms > ended_ms)]
        assert max(second - first for first, second in pairwise(heard)) <= 4_000
        assert len(fillers_in(agents(talk)[-2])) == 3
        assert agents(talk)[-1] == PHRASES["apology_transfer"]
        apology_ms = phrase_pcm("apology_transfer", 16_000)
        assert apology_ms is not None
        waited_ms = talk.now_ms - ended_ms - len(apology_ms) // 32
        assert waited_ms < 20_000

    talked()


@virtual_time
async def test_a_filler_that_is_not_ready_when_the_answer_is_stays_unsaid() -> None:
    talk = FakeTalk([Wait(1.0), *says("Так, є, і навіть дві різні. Які вам цікавіші?")])
    for key in FILLERS:
        talk.voice.latencies_s[PHRASES[key]] = 1.5
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    answer = talk.transcript.turns[-1]
    assert answer.text == answer.heard_text == "Так, є, і навіть дві різні. Які вам цікавіші?"
    assert answer.latencies.filler_ms is None
    await leave(talk)


@virtual_time
async def test_an_answer_that_a_cough_holds_up_is_not_followed_by_a_filler() -> None:
    talk = FakeTalk([Wait(0.1), *says("Так, є, і навіть дві різні. Які вам цікавіші?")])
    talk.voice.latency_s = 0.02
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини", final_after_s=0.1)
    await talk.until(lambda: talk.model.requests)
    await talk.makes_noise(400)
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    assert fillers_in(talk.transcript.turns[-1].text) == []
    await leave(talk)


def test_fillers_and_prompts_are_bundled_so_that_the_cache_has_them_before_anybody_said_them() -> None:
    for key in (*FILLERS[:4], "still_there", "goodbye_silence", "didnt_hear", "apology_transfer", "transfer"):
        assert phrase_pcm(key, 16_000), key


# Listening


async def asked(talk: FakeTalk) -> None:
    """He asked, and we answer since a second."""
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(1.0)


@virtual_time
async def test_a_backchannel_pauses_us_and_we_go_on_where_we_stopped() -> None:
    talk = FakeTalk(says(LONG))
    await asked(talk)
    onset_ms = talk.now_ms
    await talk.says("Ага", duration_ms=360, interim_after_s=0.3, final_after_s=0.1)
    assert max(ms for ms in talk.line.voiced_at_ms if ms <= talk.now_ms) <= onset_ms + 100
    await talk.until(lambda: not talk.line.paused)
    assert talk.now_ms - onset_ms <= 700
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    turn = talk.transcript.turns[-1]
    assert (turn.heard_text, turn.interrupted) == (LONG, False)
    await asyncio.sleep(3.0)
    assert len(talk.model.requests) == 1
    await leave(talk)


@virtual_time
async def test_an_answer_over_our_last_words_is_a_turn_of_his() -> None:
    talk = FakeTalk(says("Оформлюємо чотири?"), says("Добре, оформлюю."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    await talk.agent_talks()
    await asyncio.sleep(0.4)  # of 0.9
    await talk.says("Так", duration_ms=300, interim_after_s=0.25, final_after_s=0.2)
    await talk.until(lambda: len(talk.model.requests) == 2)
    assert callers(talk)[-1] == "Так"
    turn = talk.transcript.turns[2]
    assert (turn.heard_text, turn.interrupted) == ("Оформлюємо чотири?", False)
    await talk.agent_is_silent()
    await leave(talk)


# Echo


@virtual_time
async def test_our_own_voice_in_his_microphone_neither_pauses_us_nor_becomes_a_turn() -> None:
    talk = FakeTalk()
    talk.voice.speak = RenderedVoice().speak  # type: ignore[method-assign]
    talk.line.echoes(down_db=20, delay_ms=160)
    talk.begin()
    await talk.agent_talks()
    pauses = 0
    while talk.line.talking:
        pauses += talk.line.paused
        if len(talk.line.voiced_at_ms) == 300:
            talk.hears(Heard("автоматизована система", final=False))
        if len(talk.line.voiced_at_ms) == 350:
            talk.hears(Heard("обробляє автоматизована система", final=True))
        await asyncio.sleep(0.02)
    talk.hears(Heard("чим можу допомогти", final=True))
    await asyncio.sleep(2.0)
    assert pauses == 0
    (greeting,) = talk.transcript.turns
    assert (greeting.heard_text, greeting.interrupted) == (PHRASES["greeting"], False)
    assert talk.model.requests == []
    await leave(talk)


@virtual_time
async def test_his_voice_over_our_echo_still_pauses_us_at_once() -> None:
    talk = FakeTalk(says("Так, є."))
    talk.voice.speak = RenderedVoice().speak  # type: ignore[method-assign]
    talk.line.echoes(down_db=25, delay_ms=160)
    talk.begin()
    await talk.agent_talks()
    await asyncio.sleep(3.0)
    onset_ms = talk.now_ms
    await talk.makes_noise(200)
    assert talk.line.paused
    assert talk.line.voiced_at_ms[-1] - onset_ms <= 100
    await leave(talk)


# Keys


@virtual_time
async def test_a_typed_number_cuts_us_and_reaches_the_model_as_data() -> None:
    talk = FakeTalk(says(LONG), says("Дякую."))
    await asked(talk)
    for key in "0671234567":
        talk.line.press(key)
        await asyncio.sleep(0.3)
    assert talk.transcript.turns[-1].interrupted
    talk.line.press("#")
    await talk.until(lambda: len(talk.model.requests) == 2)
    content = talk.model.requests[-1].messages[-1]["content"]
    assert content[-1]["text"] == "(набрано на клавіатурі) 0671234567"
    assert callers(talk)[-1] == "(набрано на клавіатурі) 0671234567"
    await leave(talk)


@virtual_time
async def test_a_number_without_a_hash_is_taken_after_three_seconds_and_answered_in_time() -> None:
    talk = FakeTalk([Wait(2.0), *says("Дякую.")])
    talk.begin()
    await talk.agent_is_silent()
    talk.line.press("12345")
    typed_ms = talk.now_ms
    await talk.until(lambda: talk.model.requests)
    assert talk.now_ms - typed_ms == pytest.approx(3_000, abs=40)
    await talk.agent_talks()
    assert talk.line.voiced_at_ms[-1] - typed_ms <= 4_000
    await leave(talk)


@virtual_time
async def test_a_lone_0_silences_us_and_is_no_number() -> None:
    talk = FakeTalk(says(LONG))
    await asked(talk)
    talk.line.press("0")
    await asyncio.sleep(5.0)
    assert talk.transcript.turns[-1].interrupted
    assert len(talk.model.requests) == 1
    await leave(talk)
