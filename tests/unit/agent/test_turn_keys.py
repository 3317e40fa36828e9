"""Typing is speech by hand."""

from __future__ import annotations

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.turn import TurnState
from agent.turn_events import Cut, KeyPressed, Think, Typed
from agent.words import Taken
from tests.unit.agent.turn_play import final, listening, speaking


def test_a_typed_number_is_a_turn_of_his() -> None:
    play = listening()
    assert play.at(2_000, KeyPressed()) == []
    play.at(3_000, KeyPressed())
    assert play.at(6_000, Typed("(набрано) 12")) == [Think(Taken("(набрано) 12", True), 2_000, 3_000, 6_000, False)]


def test_a_key_cuts_our_speech_at_once() -> None:
    play = speaking()
    assert play.at(6_000, KeyPressed()) == [Cut()]
    assert play.turn.state is TurnState.HEARING


def test_a_key_cuts_held_speech_and_thinking_as_well() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(6_000))
    assert play.at(6_100, KeyPressed()) == [Cut()]
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("номер"))
    play.at(3_600)
    assert play.at(3_700, KeyPressed()) == [Cut()]


def test_while_he_types_nobody_asks_whether_he_is_there() -> None:
    play = listening()
    for at_ms in range(2_000, 30_000, 2_900):
        assert play.at(at_ms, KeyPressed()) == []


def test_what_he_says_and_types_is_one_turn() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("мій номер"))
    play.at(3_400, KeyPressed())
    (think,) = play.at(6_400, Typed("(набрано) 12"))
    assert isinstance(think, Think)
    assert think.taken.text == "мій номер (набрано) 12"


def test_a_number_that_ends_while_he_speaks_waits_for_his_words() -> None:
    play = listening()
    play.at(2_000, KeyPressed())
    play.at(4_900, SpeechBegan(4_900))
    assert play.at(5_000, Typed("(набрано) 12")) == []
    play.at(6_200, SpeechEnded(6_000), final("це він"))
    (think,) = play.at(6_550)
    assert isinstance(think, Think)
    assert think.taken.text == "(набрано) 12 це він"


def test_keys_that_come_to_nothing_are_no_turn() -> None:
    play = listening()
    play.at(2_000, KeyPressed())
    assert play.at(5_000, Typed("")) == []
    assert play.at(5_300) == []
    assert play.turn.state is TurnState.LISTENING
