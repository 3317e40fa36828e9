"""A supervisor speaks through the agent, a caller puts us on hold: whole talks in virtual time. The rules: ``test_turn_dictation``."""

from __future__ import annotations

import asyncio

from agent.errors import VoiceFailed
from agent.outcome import CallerGone
from agent.prompt.phrases import PHRASES
from agent.records import TurnRecord
from tests.fakes.clock import virtual_time
from tests.fakes.line import FakeLine
from tests.fakes.services import Part, Wait, says, uses
from tests.fakes.talk import FakeTalk

LONG = "Є зимові шини Мішлен на вашу машину, вони тихі й добре тримають дорогу. Також є дешевші, від місцевого виробника. Які вам цікавіші?"
WORDS = "Для вас ціна 3900 грн за шину."


async def leave(talk: FakeTalk) -> None:
    talk.line.hang_up()
    assert await talk.outcome() == CallerGone()


def turn_of(talk: FakeTalk, by: str) -> TurnRecord:
    (turn,) = [turn for turn in talk.transcript.turns if turn.prompted_by == by]
    return turn


def a_call(*replies: list[Part]) -> FakeTalk:
    talk = FakeTalk(*replies)
    talk.begin()
    return talk


@virtual_time
async def test_a_sentence_is_said_and_stands_in_the_record_as_the_supervisors() -> None:
    talk = a_call()
    await talk.agent_is_silent()
    assert talk.conversation.say(WORDS, by="Олена", cut=False)
    await talk.agent_is_silent()
    turn = turn_of(talk, "Олена")
    assert (turn.speaker, turn.text, turn.heard_text, turn.interrupted) == ("agent", WORDS, WORDS, False)
    await leave(talk)


@virtual_time
async def test_the_model_knows_it_as_its_own_words_and_may_repeat_the_price() -> None:
    talk = a_call(says("Так, 3900 грн."))
    await talk.agent_is_silent()
    talk.conversation.say(WORDS, by="Олена", cut=False)
    await talk.agent_is_silent()
    await talk.says("Точно?")
    await talk.until(lambda: len(talk.transcript.turns) == 4)
    assert {"type": "text", "text": WORDS} in talk.model.requests[0].messages[1]["content"]
    assert talk.transcript.turns[-1].text == "Так, 3900 грн."
    await leave(talk)


@virtual_time
async def test_after_the_reply_unless_it_is_to_cut_it() -> None:
    for cut, whole in ((False, True), (True, False)):
        talk = a_call(says(LONG))
        await talk.agent_is_silent()
        await talk.says("Які є шини?")
        await talk.agent_talks()
        await asyncio.sleep(1.0)
        talk.conversation.say(WORDS, by="Олена", cut=cut)
        await talk.until(lambda talk=talk: any(turn.prompted_by for turn in talk.transcript.turns))  # type: ignore[misc]
        answer = talk.transcript.turns[2]
        assert (answer.heard_text == LONG) is whole
        assert answer.interrupted is not whole
        assert talk.transcript.turns[3].heard_text == WORDS
        await leave(talk)


@virtual_time
async def test_while_a_tool_works_an_urgent_one_does_not_wait_for_it() -> None:
    talk = a_call(uses("search_tires", "Зараз подивлюся.", season="winter", width=215, profile=55, diameter=17), says("Слухаю."))
    talk.shop.latency_s = 5.0
    await talk.agent_is_silent()
    await talk.says("Потрібні зимові шини")
    await talk.until(lambda: len(talk.model.requests) == 1)
    await talk.agent_is_silent()
    asked_ms = talk.now_ms
    talk.conversation.say(WORDS, by="Олена", cut=True)
    await talk.agent_talks()
    assert talk.now_ms - asked_ms < 400
    await talk.until(lambda: len(talk.transcript.tool_calls) == 1)  # it was not cut off
    assert talk.transcript.tool_calls[0].success
    await leave(talk)


@virtual_time
async def test_a_barge_in_keeps_of_it_what_was_heard() -> None:
    talk = a_call(says("Слухаю."))
    await talk.agent_is_silent()
    talk.conversation.say(LONG, by="Олена", cut=False)
    await talk.agent_talks()
    await asyncio.sleep(1.5)
    await talk.says("Зачекайте, а скільки?")
    await talk.until(lambda: len(talk.transcript.turns) == 4)
    turn = turn_of(talk, "Олена")
    assert turn.interrupted
    assert turn.heard_text
    assert LONG.startswith(turn.heard_text)
    assert turn.heard_text != LONG
    await leave(talk)


@virtual_time
async def test_what_cannot_be_said_is_not_taken() -> None:
    talk = FakeTalk()
    assert not talk.conversation.say(WORDS, by="Олена", cut=False)  # no talk yet
    talk.begin()
    await talk.agent_talks()
    assert not talk.conversation.say(" …\x07", by="Олена", cut=False)
    assert [talk.conversation.say(WORDS, by="Олена", cut=False) for _ in range(4)] == [True, True, True, False]
    await leave(talk)
    assert not talk.conversation.say(WORDS, by="Олена", cut=False)


@virtual_time
async def test_a_voice_that_fails_at_it_hands_over_as_ever() -> None:
    talk = a_call()
    await talk.agent_is_silent()
    talk.voice.fails = VoiceFailed("down")
    talk.conversation.say(WORDS, by="Олена", cut=False)
    outcome = await talk.outcome()
    assert getattr(outcome, "why", None) == "tts_failed"


@virtual_time
async def test_a_caller_whom_a_supervisor_gives_back_is_known_to_have_spoken_with_him() -> None:
    talk = a_call(says("Слухаю."))
    await talk.agent_is_silent()
    await leave(talk)  # the supervisor took him over
    talk.line = FakeLine()
    talk.begin("supervisor_left")
    await talk.agent_is_silent()
    await talk.says("То я забираю завтра")
    await talk.until(lambda: len(talk.transcript.turns) == 4)
    *_, mark, opening, said = talk.model.requests[0].messages
    assert "говорив працівник магазину" in mark["content"][-1]["text"]
    assert opening["content"][-1]["text"] == PHRASES["supervisor_left"]
    assert said["content"][-1]["text"] == "То я забираю завтра"
    await leave(talk)


# On hold


@virtual_time
async def test_on_hold_the_agent_is_silent_and_goes_on_where_it_stopped() -> None:
    talk = a_call()
    await talk.agent_talks()
    talk.conversation.hold(True)
    held_ms = talk.now_ms
    await asyncio.sleep(30)
    assert talk.line.voiced_at_ms[-1] <= held_ms + 20
    talk.conversation.hold(False)
    await talk.agent_is_silent()
    assert talk.transcript.turns[0].heard_text == PHRASES["greeting"]
    await leave(talk)


@virtual_time
async def test_music_from_a_caller_who_holds_us_is_no_speech_of_his() -> None:
    talk = a_call()
    await talk.agent_is_silent()
    talk.conversation.hold(True)
    heard_bytes = talk.recognizer.heard_bytes
    await talk.makes_noise(20_000)
    assert talk.recognizer.heard_bytes - heard_bytes < 32_000  # at most what was on its way: a second
    talk.conversation.hold(False)
    before = len(talk.transcript.turns)
    await talk.until(lambda: len(talk.transcript.turns) > before)
    assert talk.transcript.turns[-1].text == PHRASES["still_there"]
    await leave(talk)


@virtual_time
async def test_an_answer_that_comes_on_hold_is_heard_when_he_is_back() -> None:
    talk = a_call([Wait(5.0), *says("Так, є.")])
    await talk.agent_is_silent()
    await talk.says("Є шини?")
    await talk.until(lambda: len(talk.model.requests) == 1)
    talk.conversation.hold(True)
    await asyncio.sleep(20)
    assert len(talk.transcript.turns) == 2
    talk.conversation.hold(False)
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    assert talk.transcript.turns[-1].heard_text == "Так, є."
    await leave(talk)


@virtual_time
async def test_a_talk_that_begins_on_hold_waits() -> None:
    talk = FakeTalk()
    talk.conversation.hold(True)
    talk.begin("nobody_free")
    await asyncio.sleep(20)
    assert not talk.line.voiced_at_ms
    talk.conversation.hold(False)
    await talk.agent_is_silent()
    assert talk.transcript.turns[0].heard_text == PHRASES["nobody_free"]
    await leave(talk)
