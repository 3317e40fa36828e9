"""What the caller hears while he waits for us: fillers, then an apology, never 4 s of silence."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.ports import Heard
from agent.turn import Turn, TurnState
from agent.turn_events import (
    Cut,
    Effect,
    Event,
    Fill,
    FillerEnded,
    FillerStarted,
    Finish,
    GiveUp,
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
from tests.unit.agent.turn_play import Play, final, interim, listening


def asked() -> Play:
    """His last voiced frame was at 3,000, his turn was taken at 3,550."""
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("шини"))
    assert isinstance(play.at(3_550)[0], Think)
    return play


def test_700_ms_of_thinking_are_filled() -> None:
    play = asked()
    assert play.at(4_249) == []
    assert play.at(4_250) == [Fill()]


def test_an_answer_within_700_ms_has_no_filler() -> None:
    play = asked()
    assert play.at(4_240, ReplyStarted()) == []
    assert play.at(60_000) == []


def test_three_fillers_2500_ms_apart_then_we_give_up_before_four_seconds_of_silence() -> None:
    play = asked()
    assert play.at(4_250) == [Fill()]
    play.at(4_270, FillerStarted())
    assert play.at(5_770, FillerEnded()) == []
    assert play.at(8_269) == []
    assert play.at(8_270) == [Fill()]
    play.at(8_290, FillerStarted())
    play.at(10_790, FillerEnded())
    assert play.at(13_290) == [Fill()]
    play.at(13_310, FillerStarted())
    play.at(15_000, FillerEnded())
    assert play.at(18_699) == []
    assert play.at(18_700) == [GiveUp()]


def test_a_filler_that_never_sounds_does_not_count_as_sound() -> None:
    play = asked()
    assert play.at(4_250) == [Fill()]
    assert play.at(6_699) == []
    assert play.at(6_700) == [GiveUp()]


def test_while_a_filler_sounds_nothing_is_due() -> None:
    play = asked()
    play.at(4_270, FillerStarted())
    assert play.turn.deadline_ms is None


def test_words_of_the_answer_begin_a_new_wait_and_its_first_filler_comes_after_2500_ms() -> None:
    play = asked()
    play.at(4_000, ReplyStarted())
    play.at(5_000, ReplyDrained())
    assert play.turn.state is TurnState.THINKING
    assert play.at(7_499) == []
    assert play.at(7_500) == [Fill()]


def test_a_turn_that_was_taken_after_long_silence_is_filled_sooner() -> None:
    play = listening()
    play.at(2_000, KeyPressed())
    play.at(5_000, Typed("123"))  # three seconds of silence already
    assert play.at(5_299) == []
    assert play.at(5_300) == [Fill()]


def test_a_cough_while_we_think_is_sound_to_him_as_well() -> None:
    play = asked()
    play.at(4_250)
    play.at(6_000, SpeechBegan(6_000))
    play.at(6_300, SpeechEnded(6_100))
    assert play.turn.state is TurnState.THINKING
    assert play.at(9_799) == []
    assert play.at(9_800) == [GiveUp()]


def test_a_noise_that_cost_him_his_answer_is_asked_about_even_if_the_last_one_was() -> None:
    play = asked()
    play.turn._asked_again = True
    play.at(3_700, SpeechBegan(3_700))
    assert play.at(4_900) == [Cut()]
    play.at(5_200, SpeechEnded(5_000))
    assert play.at(5_000 + 550 + 300 + 1_200) == [Say("didnt_hear")]


@dataclass
class Shell:
    """Performs what the machine wants, as late as the test says, and keeps what the caller hears."""

    filler_after_ms: int
    filler_ms: int
    turn: Turn = field(default_factory=lambda: Turn(0))
    due: list[tuple[int, Event]] = field(default_factory=list)
    sounding: bool = False  # he
    ours: bool = False  # we are audible, or would be but for a pause
    paused: bool = False
    heard_until_ms: int = 0  # end of the last sound of either
    ended: bool = False
    longest_ms: int = 0

    @property
    def filling(self) -> bool:
        """A filler sounds."""
        due = [type(event) for _, event in self.due]
        return due.count(FillerEnded) > due.count(FillerStarted)

    def pass_to(self, until_ms: int) -> None:
        while not self.ended:
            times = [at for at, _ in self.due]
            if self.turn.deadline_ms is not None:
                times.append(self.turn.deadline_ms)
            if not times or min(times) > until_ms:
                break
            now_ms = min(times)
            ready = next((step for step in self.due if step[0] == now_ms), None)
            if ready is not None:
                self.due.remove(ready)
            self.happen(ready[1] if ready else Passed(), now_ms)
        self._note(until_ms)

    def happen(self, event: Event, now_ms: int) -> None:
        self._note(now_ms)
        match event:
            case SpeechBegan():
                self.sounding = True
            case SpeechEnded():
                self.sounding = False
                self.heard_until_ms = now_ms
            case KeyPressed():
                self.heard_until_ms = now_ms
            case ReplyStarted() | FillerStarted():
                self.ours = True
            case ReplyDrained() | ReplyOver():
                self.ours = self.filling
            case FillerEnded():
                self.ours = False
            case _:
                pass
        listened = self.turn.state is TurnState.LISTENING
        effects = self.turn.handle(event, now_ms)
        if isinstance(event, Heard) and (Cut() in effects or (listened and self.turn.state is not TurnState.LISTENING)):
            self.heard_until_ms = now_ms  # words that made no sound for us: for him they did
        for effect in effects:
            self._perform(effect, now_ms)

    def _perform(self, effect: Effect, now_ms: int) -> None:
        match effect:
            case Fill():
                start_ms = now_ms + self.filler_after_ms
                self.due += [(start_ms, FillerStarted()), (start_ms + self.filler_ms, FillerEnded())]
            case Pause():
                self.paused = True
            case Resume():
                self.paused = False
            case Cut():
                self.paused = self.ours = False
                self.due.clear()
            case Say():
                self.due += [(now_ms + 20, ReplyStarted()), (now_ms + 2_000, ReplyOver())]
            case GiveUp() | Finish():
                self.ended = True
            case _:
                pass

    def _note(self, now_ms: int) -> None:
        if self.ended:
            return
        if self.sounding or (self.ours and not self.paused):
            self.heard_until_ms = now_ms
        if self.turn.state is TurnState.THINKING or (self.turn.state is TurnState.HELD and self.turn._under is TurnState.THINKING):
            self.longest_ms = max(self.longest_ms, now_ms - self.heard_until_ms)


ACTS = st.one_of(
    st.just("sound"),
    st.builds(interim, st.sampled_from(["ага", "ага бе", "бе бе це"])),
    st.builds(final, st.sampled_from(["ага", "ага бе", "бе бе це"])),
    st.just("reply"),
    st.just("types"),
    st.just("waits"),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6_000), ACTS, st.integers(40, 1_500)), max_size=30),
    st.integers(0, 200),
    st.integers(1_000, 2_600),
    st.booleans(),
)
@example([(0, "types", 40), (437, "reply", 53)], 190, 1311, False)  # a filler begins in the instant in which a piece of the answer ends
def test_whatever_happens_he_who_waits_for_us_never_hears_four_seconds_of_silence(
    acts: list[tuple[int, object, int]], filler_after_ms: int, filler_ms: int, fillers_fail: bool
) -> None:
    shell = Shell(filler_after_ms if not fillers_fail else 10_000_000, filler_ms)
    now_ms = 0
    shell.happen(ReplyStarted(), 0)
    shell.happen(ReplyOver(), 10)
    for gap_ms, act, length_ms in acts:
        now_ms += gap_ms
        shell.pass_to(now_ms)
        match act:
            case "sound":
                shell.happen(SpeechBegan(now_ms), now_ms)
                now_ms += length_ms
                shell.pass_to(now_ms)
                shell.happen(SpeechEnded(now_ms), now_ms)
            case "reply" if shell.turn.state is TurnState.THINKING and not shell.filling:  # on a line the answer queues behind a filler
                shell.happen(ReplyStarted(), now_ms)
                now_ms += length_ms
                shell.pass_to(now_ms)
                shell.happen(ReplyDrained() if length_ms % 2 else ReplyOver(), now_ms)
            case "types":
                shell.happen(KeyPressed(), now_ms)
                now_ms += 3_000
                shell.pass_to(now_ms)
                shell.happen(Typed("123"), now_ms)
            case "reply" | "waits":
                pass
            case heard:
                shell.happen(heard, now_ms)  # type: ignore[arg-type]
        if shell.ended:
            break
    shell.pass_to(now_ms + 60_000)
    assert shell.longest_ms <= 4_000
    assert shell.ended or shell.turn.state is not TurnState.THINKING, "he waits for ever"
