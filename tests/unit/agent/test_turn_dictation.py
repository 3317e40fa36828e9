"""When a supervisor's words are said, and what being on hold stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dictation import WAITING_MAX, Dictation
from agent.endpointing import SpeechBegan, SpeechEnded
from agent.turn import TurnState
from agent.turn_events import (
    Cut,
    Dictated,
    Event,
    Fill,
    Finish,
    GiveUp,
    Pause,
    PutOnHold,
    Recite,
    ReplyDrained,
    ReplyOver,
    ReplyStarted,
    Resume,
    Say,
    TakenOffHold,
    Think,
)
from agent.words import Taken
from tests.unit.agent.turn_play import Play, final, interim, listening, speaking

WORDS = Dictation("Зробимо знижку.", "Олена")
OTHER = Dictation("Зачекайте хвилинку.", "Олена")
ASKED, CUTTING = Dictated(WORDS, cut=False), Dictated(WORDS, cut=True)


def thinking() -> Play:
    """He said "шини" until 3,000; we think since 3,550."""
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("шини"))
    play.at(3_600)
    assert play.turn.state is TurnState.THINKING
    return play


# Dictated


@pytest.mark.parametrize("asked", [ASKED, CUTTING])
def test_while_we_wait_for_the_caller_it_is_said_at_once(asked: Dictated) -> None:
    play = listening()
    assert play.at(2_000, asked) == [Recite(WORDS)]
    assert play.turn.state is TurnState.SPEAKING


def test_while_we_speak_it_is_said_after_the_reply() -> None:
    play = speaking()
    assert play.at(6_000, ASKED) == []
    assert play.at(7_000, ReplyOver()) == [Recite(WORDS)]
    assert play.at(9_000, ReplyStarted(), ReplyOver()) == []
    assert play.turn.state is TurnState.LISTENING


def test_a_reply_of_several_stretches_is_waited_for_to_its_end() -> None:
    play = speaking()
    assert play.at(6_000, ASKED, ReplyDrained()) == []
    assert play.at(7_000, ReplyStarted()) == []
    assert play.at(8_000, ReplyOver()) == [Recite(WORDS)]


def test_cutting_gives_our_reply_up() -> None:
    play = speaking()
    assert play.at(6_000, CUTTING) == [Cut(), Recite(WORDS)]


def test_cutting_gives_an_answer_in_the_making_up() -> None:
    play = thinking()
    assert play.at(3_800, CUTTING) == [Cut(), Recite(WORDS)]
    assert not {Fill(), GiveUp()} & set(play.at(60_000))  # nothing of ours is awaited any more


def test_while_he_speaks_it_waits_for_the_answer_to_him() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    assert play.at(2_500, ASKED) == []
    taken = play.at(3_600, SpeechEnded(3_000), final("шини"))
    assert taken == [Think(Taken("шини", True), 2_000, 3_000, 3_550, False)]
    assert play.at(4_000, ReplyStarted()) == []
    assert play.at(6_000, ReplyOver()) == [Recite(WORDS)]


def test_an_urgent_one_waits_for_his_words_and_is_the_answer_to_them() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    assert play.at(2_500, CUTTING) == []
    play.at(3_200, SpeechEnded(3_000), final("шини"))
    assert play.at(3_550) == [Think(Taken("шини", True), 2_000, 3_000, 3_550, False), Cut(), Recite(WORDS)]


def test_a_sound_of_his_without_words_lets_it_be_said() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(2_500, ASKED, SpeechEnded(2_400))
    assert play.at(3_250) == [Recite(WORDS)]


def test_an_urgent_one_does_not_talk_into_a_sound_that_may_be_words() -> None:
    play = speaking()
    assert play.at(6_000, SpeechBegan(6_000)) == [Pause()]
    assert play.at(6_100, CUTTING) == [Cut()]
    assert play.at(6_400, SpeechEnded(6_300)) == []
    assert play.at(7_150) == [Recite(WORDS)]


def test_one_that_is_not_urgent_leaves_the_barge_in_alone() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(6_000))
    assert play.at(6_100, ASKED) == []
    assert play.at(6_300, SpeechEnded(6_100)) == [Resume()]


def test_it_can_be_interrupted_like_any_reply() -> None:
    play = listening()
    play.at(2_000, ASKED, ReplyStarted())
    assert play.at(3_000, SpeechBegan(3_000)) == [Pause()]
    assert play.at(3_300, interim("а скільки")) == [Cut()]


def test_each_follows_the_one_before_it() -> None:
    play = listening()
    assert play.at(2_000, ASKED, Dictated(OTHER, cut=False)) == [Recite(WORDS)]
    assert play.at(4_000, ReplyStarted(), ReplyOver()) == [Recite(OTHER)]


def test_more_than_three_do_not_wait() -> None:
    play = speaking()
    for _ in range(WAITING_MAX):
        assert play.turn.takes_dictation
        play.at(6_000, ASKED)
    assert not play.turn.takes_dictation


def test_it_takes_back_a_farewell() -> None:
    play = speaking()
    play.at(6_000, ASKED)
    assert play.at(7_000, ReplyOver(farewell=True)) == [Recite(WORDS)]
    assert Finish("goodbye") not in play.at(12_000, ReplyStarted(), ReplyOver())


def test_it_is_said_where_we_would_have_hung_up_on_his_silence() -> None:
    play = listening()
    assert play.at(11_000) == [Say("still_there")]
    play.at(12_000, ReplyOver())
    assert play.at(22_000) == [Say("goodbye_silence")]
    play.at(23_000, ASKED)
    assert play.at(24_000, ReplyOver()) == [Recite(WORDS)]
    assert play.at(26_000, ReplyOver()) == []
    assert play.at(36_000) == [Say("still_there")]  # his silence is counted from the beginning


# On hold


def test_on_hold_his_silence_does_not_count() -> None:
    play = listening()
    assert play.at(2_000, PutOnHold()) == [Pause()]
    assert play.at(300_000, TakenOffHold()) == [Resume()]
    assert play.at(309_999) == []
    assert play.at(310_000) == [Say("still_there")]


def test_on_hold_nothing_fills_his_waiting() -> None:
    play = thinking()
    assert play.at(3_700, PutOnHold()) == [Pause()]
    assert play.at(60_000) == []
    assert play.at(60_000, TakenOffHold()) == [Resume(), Fill()]
    assert GiveUp() in play.at(70_000)


def test_what_we_were_saying_goes_on_when_he_is_back() -> None:
    play = speaking()
    assert play.at(6_000, PutOnHold()) == [Pause()]
    assert play.at(20_000, TakenOffHold()) == [Resume()]
    assert play.turn.state is TurnState.SPEAKING


def test_what_he_had_begun_to_say_is_taken_and_the_answer_waits() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    assert play.at(2_600, interim("шини"), PutOnHold()) == [Pause()]
    play.at(2_900, SpeechEnded(2_600))
    assert [type(effect) for effect in play.at(4_000)] == [Think]
    assert play.at(90_000) == []
    assert Resume() in play.at(90_000, TakenOffHold())


def test_no_sound_from_before_ends_the_pause() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(6_000))
    assert play.at(6_050, PutOnHold()) == [Pause()]
    assert play.at(6_300, SpeechEnded(6_100)) == []
    assert play.at(8_000, TakenOffHold()) == [Resume()]


def test_a_cut_on_hold_leaves_us_paused() -> None:
    play = speaking()
    play.at(6_000, PutOnHold())
    assert play.at(6_100, CUTTING) == [Cut(), Pause(), Recite(WORDS)]


def test_a_farewell_on_hold_does_not_end_the_call_before_he_is_back() -> None:
    play = speaking()
    play.at(7_000, ReplyOver(farewell=True))
    play.at(7_500, PutOnHold())
    assert play.at(60_000) == []
    assert play.at(60_000, TakenOffHold()) == [Resume()]
    assert play.at(61_200) == [Finish("goodbye")]


def test_one_who_was_not_on_hold_cannot_come_back() -> None:
    assert listening().at(2_000, TakenOffHold()) == []


_EVENTS = st.sampled_from(
    ["sound", "quiet", "words", "interim", "started", "drained", "over", "farewell", "dictate", "cut", "hold", "unhold", "nothing"]
)


@given(st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from(["sound", "quiet", "words", "interim"])), max_size=40))
def test_on_hold_nothing_he_does_ends_the_pause(history: list[tuple[int, str]]) -> None:
    play, now_ms = speaking(), 6_000
    play.at(now_ms, PutOnHold())
    for passed_ms, name in history:
        now_ms += passed_ms
        sounds: dict[str, Event] = {
            "sound": SpeechBegan(now_ms),
            "quiet": SpeechEnded(now_ms),
            "words": final("шини"),
            "interim": interim("шини"),
        }
        effects = play.at(now_ms, sounds[name])
        assert Resume() not in effects
        cuts = [at for at, effect in enumerate(effects) if effect == Cut()]
        assert all(effects[at + 1 : at + 2] == [Pause()] for at in cuts)


@given(st.lists(st.tuples(st.integers(0, 3_000), _EVENTS), max_size=40))
def test_whatever_happens_each_dictation_is_said_once_or_still_waits(history: list[tuple[int, str]]) -> None:
    play, now_ms, taken = Play(), 0, 0
    for passed_ms, name in history:
        now_ms += passed_ms
        turn = play.turn
        speaks = turn.state is TurnState.SPEAKING
        match name:
            case "sound":
                play.at(now_ms, SpeechBegan(now_ms))
            case "quiet":
                play.at(now_ms, SpeechEnded(now_ms))
            case "words":
                play.at(now_ms, final("шини"))
            case "interim":
                play.at(now_ms, interim("шини"))
            case "started" if turn.state is TurnState.THINKING:
                play.at(now_ms, ReplyStarted())
            case "drained" if speaks:
                play.at(now_ms, ReplyDrained())
            case "over" | "farewell" if speaks:
                play.at(now_ms, ReplyOver(farewell=name == "farewell"))
            case "dictate" | "cut":
                play.at(now_ms)  # what is due is done before it is asked
                taken += turn.takes_dictation
                play.at(now_ms, Dictated(WORDS, cut=name == "cut"))
            case "hold":
                play.at(now_ms, PutOnHold())
            case "unhold":
                play.at(now_ms, TakenOffHold())
            case _:
                play.at(now_ms)
        assert not (turn.state is TurnState.LISTENING and turn.dictations)  # nobody has the floor, so it is said
    recited = [effect for _, effect in play.effects if isinstance(effect, Recite)]
    assert len(recited) + len(play.turn.dictations) == taken
