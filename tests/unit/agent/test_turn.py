from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.turn import TurnState
from agent.turn_events import (
    Correct,
    Cut,
    Event,
    FillerEnded,
    FillerStarted,
    Finish,
    KeyPressed,
    Passed,
    Pause,
    ReplyDrained,
    ReplyOver,
    ReplyStarted,
    Resume,
    Say,
    Think,
    Typed,
)
from agent.words import Taken
from tests.unit.agent.turn_play import Play, final, interim, listening, speaking


def test_a_turn_ends_when_the_silence_has_lasted_and_the_final_is_there() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(1_960))
    assert play.at(3_200, SpeechEnded(3_000), final("зимові шини")) == []
    assert play.at(3_549) == []
    assert play.at(3_550) == [Think(Taken("зимові шини", True), 1_960, 3_000, 3_550, False)]


def test_after_the_end_it_waits_300_ms_for_the_final_and_no_longer() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000), interim("зимові"))
    play.at(3_200, SpeechEnded(3_000))
    assert play.at(3_849) == []
    assert play.at(3_850) == [Think(Taken("зимові", False), 2_000, 3_000, 3_550, False)]
    assert play.at(4_500, final("зимові шини")) == [Correct(Taken("зимові шини", True))]
    assert play.turn.state is TurnState.THINKING


def test_a_final_within_the_300_ms_is_used_at_once() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000), interim("зимові"))
    play.at(3_200, SpeechEnded(3_000))
    assert play.at(3_600, final("зимові шини")) == [Think(Taken("зимові шини", True), 2_000, 3_000, 3_550, False)]


def test_a_breath_does_not_end_the_turn() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000), interim("зимові"))
    play.at(3_200, SpeechEnded(3_000))
    assert play.at(3_700, SpeechBegan(3_640)) == []
    play.at(4_700, SpeechEnded(4_500), final("зимові шини"))
    assert play.at(5_050) == [Think(Taken("зимові шини", True), 2_000, 4_500, 5_050, False)]


def test_a_sound_pauses_and_words_cut() -> None:
    play = speaking()
    assert play.at(6_000, SpeechBegan(5_960)) == [Pause()]
    assert play.at(6_300, interim("стоп")) == [Cut()]
    assert play.turn.state is TurnState.HEARING


def test_a_sound_that_goes_on_cuts_without_words() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960))
    assert play.at(5_960 + 1_199) == []
    assert play.at(5_960 + 1_200) == [Cut()]


def test_a_longer_sound_is_given_time_for_its_words_before_the_speech_goes_on() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960))
    play.at(6_860, SpeechEnded(6_660))
    assert play.at(6_999) == []
    assert play.at(7_000) == [Resume()]


def test_a_sound_that_ended_without_words_resumes_where_it_stopped() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960))
    assert play.at(6_400, SpeechEnded(6_200)) == []
    assert play.at(6_700) == [Resume()]
    assert play.turn.state is TurnState.SPEAKING


def test_a_blip_resumes_as_soon_as_it_ended() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960))
    assert play.at(6_260, SpeechEnded(6_060)) == [Resume()]


def test_words_that_come_after_the_resumption_still_cut() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960))
    play.at(6_400, SpeechEnded(6_200))
    play.at(6_700)
    assert play.at(6_900, final("стоп")) == [Cut()]


def test_a_sound_while_we_think_holds_the_answer_back() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("зимові"))
    play.at(3_600)
    assert play.at(3_700, SpeechBegan(3_700)) == [Pause()]
    assert play.at(3_900, interim("на Камрі")) == [Cut()]
    play.at(4_700, SpeechEnded(4_500), final("на Камрі"))
    (think,) = play.at(5_100)
    assert isinstance(think, Think)
    assert think.taken.text == "на Камрі"


def test_a_reply_that_ends_while_held_is_over() -> None:
    play = speaking()
    play.at(6_000, SpeechBegan(5_960), ReplyOver())
    play.at(6_400, SpeechEnded(6_200))
    assert play.at(6_700) == [Resume()]
    assert play.turn.state is TurnState.LISTENING


def test_a_long_sound_without_words_is_asked_about_once() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000))
    assert play.at(5_049) == []
    assert play.at(5_050) == [Say("didnt_hear")]
    play.at(6_000, ReplyOver())
    play.at(7_000, SpeechBegan(7_000))
    play.at(8_200, SpeechEnded(8_000))
    assert play.at(12_000) == []


def test_words_that_come_later_than_we_waited_are_answered() -> None:
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000))
    play.at(3_900)
    assert play.turn.state is TurnState.LISTENING
    assert play.at(4_000, final("шини")) == [Think(Taken("шини", True), 2_000, 3_000, 3_550, False)]


def test_silence_is_asked_about_after_ten_seconds_and_ends_the_call_after_ten_more() -> None:
    play = listening()
    assert play.at(10_999) == []
    assert play.at(11_000) == [Say("still_there")]
    play.at(13_000, ReplyOver())
    assert play.at(22_999) == []
    assert play.at(23_000) == [Say("goodbye_silence")]
    assert play.at(26_000, ReplyOver()) == [Finish("silence")]


def test_noises_do_not_put_the_silence_off_but_words_do() -> None:
    play = listening()
    play.at(5_000, SpeechBegan(5_000))
    play.at(5_400, SpeechEnded(5_200))
    assert play.at(11_000) == [Say("still_there")]
    play.at(13_000, ReplyOver())
    play.at(14_000, SpeechBegan(14_000))
    play.at(15_200, SpeechEnded(15_000), final("так"))
    play.at(17_000, ReplyStarted())
    play.at(18_000, ReplyOver())
    assert play.at(28_000) == [Say("still_there")]


def test_words_into_our_goodbye_keep_the_call() -> None:
    play = listening()
    play.at(11_000)
    play.at(13_000, ReplyOver())
    play.at(23_000)
    play.at(24_000, SpeechBegan(24_000))
    assert play.at(24_200, interim("я тут")) == [Cut()]
    play.at(25_000, SpeechEnded(24_800), final("я тут"))
    (think,) = play.at(25_350)
    assert isinstance(think, Think)
    play.at(26_000, ReplyStarted())
    assert play.at(27_000, ReplyOver()) == []


def test_a_sound_at_the_very_end_of_our_goodbye_keeps_the_call_until_it_is_known() -> None:
    play = listening()
    play.at(11_000)
    play.at(13_000, ReplyOver())
    play.at(23_000)
    play.at(25_980, SpeechBegan(25_980))
    assert play.at(26_000, ReplyOver()) == []  # its last frame left before the pause
    play.at(27_000, interim("я тут"))
    play.at(28_000, SpeechEnded(27_800), final("я тут"))
    assert isinstance(play.effects[-1][1], Cut | Think)
    play.at(29_000, ReplyStarted())
    play.at(30_000, ReplyOver(farewell=True))
    assert play.at(31_200) == [Finish("goodbye")]


def test_a_noise_at_the_very_end_of_our_goodbye_only_puts_the_end_off() -> None:
    play = listening()
    play.at(11_000)
    play.at(13_000, ReplyOver())
    play.at(23_000)
    play.at(25_980, SpeechBegan(25_980))
    assert play.at(26_000, ReplyOver()) == []
    play.at(26_200, SpeechEnded(26_040))
    assert play.at(36_000)[-1] == Say("goodbye_silence")
    assert play.at(39_000, ReplyOver()) == [Finish("silence")]


def test_after_a_farewell_the_call_ends_unless_he_objects() -> None:
    play = speaking()
    play.at(6_000, ReplyOver(farewell=True))
    assert play.at(7_199) == []
    assert play.at(7_200) == [Finish("goodbye")]
    play = speaking()
    play.at(6_000, ReplyOver(farewell=True))
    play.at(6_500, SpeechBegan(6_500))
    play.at(7_700, SpeechEnded(7_500), final("зачекайте"))
    (think,) = play.at(8_050)
    assert isinstance(think, Think)
    assert think.after_farewell


EVENTS = st.one_of(
    st.just("began"),
    st.just("ended"),
    st.builds(interim, st.sampled_from(["ага", "ага бе", "бе бе це"])),
    st.builds(final, st.sampled_from(["ага", "ага бе", "бе бе це"])),
    st.just(KeyPressed()),
    st.builds(Typed, st.sampled_from(["", "123"])),
    st.just(FillerStarted()),
    st.just(FillerEnded()),
    st.just(ReplyStarted()),
    st.just(ReplyDrained()),
    st.builds(ReplyOver, st.booleans()),
    st.just(Passed()),
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 3_000), EVENTS), max_size=40))
def test_whatever_happens_pauses_are_settled_in_time_and_thinking_has_words(steps: list[tuple[int, object]]) -> None:
    play, now_ms, sounding = Play(), 0, False
    for gap_ms, step in steps:
        now_ms += gap_ms
        event: Event
        if step == "began":
            if sounding:
                continue
            sounding, event = True, SpeechBegan(now_ms)
        elif step == "ended":
            if not sounding:
                continue
            sounding, event = False, SpeechEnded(now_ms)
        else:
            assert not isinstance(step, str)
            event = step  # type: ignore[assignment]
        play.at(now_ms, event)
        assert play.turn.deadline_ms is None or play.turn.deadline_ms > now_ms
    play.at(now_ms + 2_000)
    paused_ms: int | None = None
    for at_ms, effect in play.effects:
        match effect:
            case Pause():
                assert paused_ms is None
                paused_ms = at_ms
            case Resume() | Cut():
                if isinstance(effect, Resume):
                    assert paused_ms is not None
                if paused_ms is not None:
                    assert at_ms - paused_ms <= 1_200 + 340
                paused_ms = None
            case Think():
                assert effect.taken.text
                assert effect.began_ms <= at_ms
                assert effect.last_voiced_ms <= effect.ended_ms <= at_ms
                assert paused_ms is None
            case _:
                pass
    assert paused_ms is None
