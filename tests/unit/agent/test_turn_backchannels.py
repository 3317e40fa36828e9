"""Words of listening do not interrupt, and are not lost when they were an answer."""

from __future__ import annotations

import pytest

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.turn import TurnState
from agent.turn_events import Cut, FillerEnded, FillerStarted, Pause, ReplyDrained, ReplyOver, ReplyStarted, Resume, Say, Think
from agent.words import Taken
from tests.unit.agent.turn_play import Play, final, interim, listening, speaking


def murmured() -> Play:
    """He said "ага" at 6,000 while we spoke, and we went on at 6,400."""
    play = speaking()
    assert play.at(6_000, SpeechBegan(5_960)) == [Pause()]
    assert play.at(6_300, interim("Ага")) == []
    assert play.at(6_400, SpeechEnded(6_200)) == [Resume()]
    play.at(6_500, final("Ага."))
    return play


def test_a_backchannel_pauses_the_speech_which_goes_on_as_soon_as_he_is_silent() -> None:
    assert murmured().turn.state is TurnState.SPEAKING


def test_a_backchannel_whose_words_come_after_its_sound_resumes_at_once() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960))
    assert play.at(6_400, SpeechEnded(6_200)) == []
    assert play.at(6_450, final("угу, добре")) == [Resume()]


def test_a_long_backchannel_is_waited_for_but_not_for_ever() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960), interim("угу"))
    assert play.at(7_000, interim("угу добре")) == []
    assert play.at(7_100, SpeechEnded(6_900)) == [Resume()]
    play.at(8_400, SpeechBegan(8_400), interim("так"))
    assert play.at(9_600) == [Cut()]


def test_words_that_go_on_behind_a_backchannel_cut() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960), interim("так"))
    assert play.at(6_500, interim("так але дорого")) == [Cut()]
    play.at(7_000, SpeechEnded(6_800), final("так але дорого"))
    assert play.at(7_350) == [Think(Taken("так але дорого", True), 5_960, 6_800, 7_350, False)]


def test_a_backchannel_without_a_sound_does_not_cut() -> None:
    play = speaking()
    assert play.at(6_000, final("мгм")) == []
    assert play.turn.state is TurnState.SPEAKING


def test_a_reply_that_ends_soon_after_the_backchannel_was_answered_by_it() -> None:
    play = murmured()
    (think,) = play.at(7_400, ReplyOver())
    assert isinstance(think, Think)
    assert think.taken.text == "Ага."


def test_the_answer_over_our_last_words_is_taken_when_its_final_is_there() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960), interim("так"))
    play.at(6_400, SpeechEnded(6_200))
    assert play.at(6_700, ReplyOver()) == []
    assert play.turn.state is TurnState.SETTLING
    (think,) = play.at(6_800, final("так"))
    assert isinstance(think, Think)


def test_a_reply_that_ends_while_his_answer_sounds_is_answered_by_it() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960), interim("так"), ReplyOver())
    play.at(6_400, SpeechEnded(6_200), final("так"))
    (think,) = [effect for _, effect in play.effects[-3:] if isinstance(effect, Think)] or play.at(6_800)
    assert isinstance(think, Think)
    assert think.taken.text == "так"


def test_a_backchannel_long_before_the_end_is_no_turn_nor_part_of_the_next() -> None:
    play = murmured()
    assert play.at(9_000, ReplyOver()) == []
    assert play.turn.state is TurnState.LISTENING
    play.at(10_000, SpeechBegan(10_000))
    play.at(11_200, SpeechEnded(11_000), final("а дешевші є"))
    (think,) = play.at(11_550)
    assert isinstance(think, Think)
    assert think.taken.text == "а дешевші є"


def test_an_interruption_after_a_backchannel_of_the_same_segment_has_only_its_own_words() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960), interim("ага"))
    play.at(6_400, SpeechEnded(6_200))
    play.at(9_000, SpeechBegan(9_000))
    assert play.at(9_400, interim("ага а дешевші є")) == [Cut()]
    play.at(10_000, SpeechEnded(9_800), final("ага а дешевші є"))
    (think,) = play.at(10_350)
    assert isinstance(think, Think)
    assert think.taken.text == "а дешевші є"


def test_a_backchannel_into_our_goodbye_does_not_begin_the_talk_anew() -> None:
    play = murmured()
    assert play.at(7_000, ReplyOver(farewell=True)) == []
    assert play.turn.state is TurnState.LISTENING


def test_before_we_said_anything_such_words_are_what_he_wanted_to_say() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("ну"))
    play.at(3_600)
    play.at(3_700, SpeechBegan(3_700))
    assert play.at(3_900, final("так")) == [Cut()]


@pytest.mark.parametrize("ours", ["filler", "words"])
def test_a_backchannel_to_our_filler_or_first_words_leaves_the_thinking_alone(ours: str) -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("шини"))
    if ours == "filler":
        play.at(4_300, FillerStarted())
        play.at(5_500, FillerEnded())
    else:
        play.at(4_000, ReplyStarted())
        play.at(5_500, ReplyDrained())
    play.at(5_700, SpeechBegan(5_700), interim("добре"))
    assert play.at(6_100, SpeechEnded(5_900)) == [Resume()]
    assert play.turn.state is TurnState.THINKING


def test_a_prompt_asks_for_just_such_words_so_they_cut_it() -> None:
    play = listening()
    assert play.at(11_000) == [Say("still_there")]
    play.at(11_000, ReplyStarted())
    play.at(11_500, SpeechBegan(11_500))
    assert play.at(11_800, final("так")) == [Cut()]
