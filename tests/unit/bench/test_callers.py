import random

from ops.bench.callers import QUESTIONS, fill, script
from ops.bench.spec import CallSeen
from ops.caller.ear import Ear
from ops.caller.script import HangUp, Listen, Say
from ops.caller.talk import Exchange, Talk
from tests.unit.caller.test_ear import SILENCE, VOICE


class NoPhone:
    """For a talk of which only the log is used."""


def test_each_caller_hears_the_greeting_asks_everything_and_hangs_up() -> None:
    steps = script(random.Random(1))
    assert isinstance(steps[0], Listen)
    assert [step.key for step in steps if isinstance(step, Say)] == list(QUESTIONS)
    assert all(isinstance(steps[place + 1], Listen) for place, step in enumerate(steps) if isinstance(step, Say))
    assert isinstance(steps[-1], HangUp)


def test_a_caller_may_ask_less() -> None:
    assert [step.key for step in script(random.Random(1), 1) if isinstance(step, Say)] == [QUESTIONS[0]]


def test_callers_do_not_speak_in_a_row_but_each_the_same_every_time() -> None:
    assert script(random.Random(1)) != script(random.Random(2))
    assert script(random.Random(1)) == script(random.Random(1))


def test_what_was_heard_is_counted_from_the_first_frame_to_the_last() -> None:
    ear, seen = Ear(), CallSeen("+380500000001", dialled_ms=0)
    for at_s in (1.0, 1.02, 1.06):  # one frame never came
        ear.hear(VOICE if at_s > 1.01 else SILENCE, at_s)
    talk = Talk(NoPhone())  # type: ignore[arg-type]
    talk.log.exchanges += [
        Exchange(Say("cheaper"), 0.1, last_voiced_s=0.5, answered_s=1.02),
        Exchange(Say("in_stock"), 2.0, last_voiced_s=2.5),
        Exchange(HangUp(), 3.0),
    ]
    fill(seen, talk, ear)
    assert seen.greeted_ms == 1_020
    assert (seen.frames_due, seen.frames_arrived) == (4, 3)
    assert seen.gaps_ms == [0.0, 20.0]
    assert [(asked.key, asked.answered_ms) for asked in seen.questions] == [("cheaper", 1_020), ("in_stock", None)]


def test_a_call_in_which_nothing_was_heard_says_so() -> None:
    seen = CallSeen("+380500000001", dialled_ms=0)
    fill(seen, Talk(NoPhone()), Ear())  # type: ignore[arg-type]
    assert seen.greeted_ms is None
    assert seen.frames_due == 0
    assert seen.questions == []
