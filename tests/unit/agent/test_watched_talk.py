"""What those who watch a call see while it goes on: words in the making, and a line for whatever happens between the turns."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from agent.errors import ModelFailed
from agent.outcome import CallerGone, HandOff
from agent.ports import Heard
from agent.prompt.phrases import PHRASES
from agent.records import LiveText, Moment
from tests.fakes.clock import virtual_time
from tests.fakes.services import Part, Wait, says, uses
from tests.fakes.talk import FakeTalk

LONG = "Є зимові шини Мішлен на вашу машину, вони тихі й добре тримають дорогу. Також є дешевші, від місцевого виробника. Які вам цікавіші?"


def a_call(*replies: list[Part]) -> FakeTalk:
    talk = FakeTalk(*replies)
    talk.begin()
    return talk


async def leave(talk: FakeTalk) -> None:
    talk.line.hang_up()
    assert await talk.outcome() == CallerGone()


def live(talk: FakeTalk, speaker: str) -> list[LiveText]:
    return [text for text in talk.transcript.live_texts if text.speaker == speaker]


def noted(talk: FakeTalk, *names: str) -> list[Moment]:
    return [moment for moment in talk.transcript.moments if moment.name in names]


# In the making


@virtual_time
async def test_the_agents_words_are_shown_clause_by_clause_as_they_begin_to_sound() -> None:
    talk = a_call(says(LONG))
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    shown = [text.text for text in live(talk, "agent") if text.turn_number == 3]
    assert len(shown) > 1
    assert all(after.startswith(before) and len(after) > len(before) for before, after in pairwise(shown))
    assert shown[-1] == LONG
    assert talk.transcript.turns[2].turn_number == 3
    await leave(talk)


@virtual_time
async def test_a_clause_that_was_cut_before_it_sounded_is_never_shown() -> None:
    talk = a_call(says(LONG), says("Слухаю."))
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(1.0)
    await talk.says("Стоп, зачекайте")
    await talk.until(lambda: len(talk.transcript.turns) == 5)
    shown = [text.text for text in live(talk, "agent") if text.turn_number == 3]
    assert LONG not in shown
    assert talk.transcript.turns[2].interrupted
    await leave(talk)


@virtual_time
async def test_the_callers_words_are_shown_as_they_are_recognised_under_the_number_of_his_turn() -> None:
    talk = a_call(says("Так."))
    await talk.agent_is_silent()
    await talk.makes_noise(200)
    for text in ("Є", "Є зимові", "Є зимові", "Є зимові шини"):
        talk.hears(Heard(text, final=False))
        await talk.makes_noise(300)
    talk.hears(Heard("Є зимові шини", final=True))
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    shown = live(talk, "caller")
    assert [text.text for text in shown] == ["Є", "Є зимові", "Є зимові шини"]
    assert {text.turn_number for text in shown} == {talk.transcript.turns[1].turn_number}
    assert {text.started_at_ms for text in shown} == {talk.transcript.turns[1].started_at_ms}
    await leave(talk)


@virtual_time
async def test_a_hasty_recogniser_is_shown_eight_times_a_second_at_most_and_its_newest_at_last() -> None:
    talk = a_call(says("Так."))
    await talk.agent_is_silent()
    began_ms = talk.now_ms
    words = ["раз", "два", "три", "чотири", "п'ять", "шість", "сім", "вісім", "дев'ять", "десять", "одинадцять", "дванадцять"]
    for count in range(1, len(words) + 1):
        talk.hears(Heard(" ".join(words[:count]), final=False))
        await talk.makes_noise(40)
    took_s = (talk.now_ms - began_ms) / 1000
    await talk.until(lambda: live(talk, "caller")[-1].text == " ".join(words))
    assert len(live(talk, "caller")) <= 8 * took_s + 2
    await leave(talk)


@virtual_time
async def test_a_murmur_that_was_none_of_his_turns_is_taken_back() -> None:
    talk = a_call(says(LONG))
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(1.0)
    await talk.says("ага", duration_ms=300, interim_after_s=0.2, final_after_s=0.1)
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    assert [text.text for text in live(talk, "caller")][-2:] == ["ага", ""]
    assert noted(talk, "Backchannel")
    assert talk.transcript.turns[2].heard_text == LONG
    await leave(talk)


# Between the turns


@virtual_time
async def test_a_turn_leaves_a_handful_of_lines() -> None:
    talk = a_call(uses("search_tires", "Зараз подивлюся.", season="winter", width=215, profile=55, diameter=17), says("Так, є."))
    await talk.agent_is_silent()
    before = len(talk.transcript.moments)
    await talk.says("Є зимові шини?")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    names = [moment.name for moment in talk.transcript.moments[before:]]
    assert names == [
        "SpeechBegan",
        "SpeechEnded",
        "FinalHeard",
        "FirstToken",
        "ReplyEnded",
        "ToolBegan",
        "FirstAudio",
        "FirstFrame",
        "FirstToken",
        "ReplyEnded",
    ]
    (began,) = noted(talk, "ToolBegan")
    assert began.text == "search_tires"
    assert noted(talk, "FirstToken")[0].data["ms"] == 300
    assert noted(talk, "ReplyEnded")[0].data["usage"] == {"input_tokens": 100, "output_tokens": 10}
    assert not [moment for moment in talk.transcript.moments if moment.level]
    await leave(talk)


@virtual_time
async def test_a_slow_stage_is_a_warning_and_fillers_are_told() -> None:
    talk = a_call([Wait(2.0), *says("Так, є.")])
    talk.voice.latencies_s = {"Так, є.": 0.6}
    await talk.agent_is_silent()
    await talk.says("Є шини?")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    (token,) = noted(talk, "FirstToken")
    assert (token.level, token.data["ms"]) == ("warn", 300 + 2_000)
    assert [moment.level for moment in noted(talk, "FirstAudio")][-1] == "warn"
    assert noted(talk, "FillerSaid")
    await leave(talk)


@virtual_time
async def test_an_interruption_is_told_with_what_was_heard_and_one_that_was_none_as_well() -> None:
    talk = a_call(says(LONG), says("Слухаю."))
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(0.5)
    await talk.makes_noise(200)
    await talk.until(lambda: noted(talk, "Resumed"))
    await asyncio.sleep(0.5)
    await talk.says("Стоп, зачекайте")
    await talk.until(lambda: len(talk.transcript.turns) == 5)
    (barge_in,) = noted(talk, "BargeIn")
    assert barge_in.text == talk.transcript.turns[2].heard_text
    await leave(talk)


@virtual_time
async def test_a_final_that_comes_after_its_turn_was_taken_is_late() -> None:
    talk = a_call([Wait(3.0), *says("Так, є.")])
    await talk.agent_is_silent()
    await talk.says("Є шини?", final_after_s=1.6)
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    (late,) = noted(talk, "LateFinal")
    assert (late.level, late.text) == ("warn", "Є шини?")
    assert late.data["ms"] > 500
    await leave(talk)


@virtual_time
async def test_what_is_not_spoken_is_told_with_the_reason() -> None:
    talk = a_call(says("Коштує 1 грн. Беріть."))
    await talk.agent_is_silent()
    await talk.says("Скільки?")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    (objected,) = noted(talk, "AnswerObjected")
    assert (objected.level, objected.text) == ("warn", "price")
    await leave(talk)


@virtual_time
async def test_a_failure_is_an_error() -> None:
    talk = a_call([ModelFailed("overloaded")])
    await talk.agent_is_silent()
    await talk.says("Є шини?")
    assert isinstance(await talk.outcome(), HandOff)
    (failed,) = noted(talk, "ModelFailed")
    assert (failed.source, failed.level, failed.text) == ("llm", "err", "overloaded")


@virtual_time
async def test_a_supervisor_who_cuts_is_named_and_what_he_could_not_have_said_is_told() -> None:
    talk = a_call()
    await talk.agent_talks()
    talk.conversation.say("Хвилинку.", by="Олена", cut=True)
    talk.conversation.say("Ще одне.", by="Олена", cut=False)
    await talk.agent_talks()
    await leave(talk)
    assert noted(talk, "CutShort")[0].data == {"by": "Олена"}
    assert [(moment.text, moment.level) for moment in noted(talk, "DictationDropped")] == [("Ще одне.", "warn")]
    assert not noted(talk, "BargeIn")
    assert PHRASES["greeting"] not in [turn.heard_text for turn in talk.transcript.turns]
