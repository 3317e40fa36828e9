from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.records import Latencies, ToolCallRecord, TurnRecord
from controller.board.signs import Signs
from controller.board.trouble import CODES, Desk, Hint, Limits, Trouble, Troubles, clock, hint, judge

START_MS = 1_795_271_527_000
LIMITS = Limits()
NOBODY = Desk(waiting=3)
IRYNA = Desk(free=(("Ірина Бондар", "service"),))


class Course:
    """One call as it goes; time passes only where it is said."""

    def __init__(self) -> None:
        self.signs = Signs()
        self.now_ms = START_MS
        self.turns = 0
        self.signs.enter("listening", START_MS)

    def wait(self, seconds: float) -> Course:
        self.now_ms += round(seconds * 1000)
        return self

    def enter(self, state: str) -> Course:
        self.signs.enter(state, self.now_ms)
        return self

    def _turn(self, turn: TurnRecord) -> Course:
        self.signs.turn(turn, slow_ms=LIMITS.slow_ms)
        return self

    def hears(self, text: str) -> Course:
        self.turns += 1
        return self._turn(TurnRecord(turn_number=self.turns, speaker="caller", text=text, started_at_ms=self.now_ms))

    def answers(self, took_ms: int = 900, *, cut: bool = False) -> Course:
        self.turns += 1
        latencies = Latencies(answer_ms=took_ms, stt_ms=100, model_ms=took_ms - 300, tts_ms=200)
        return self._turn(
            TurnRecord(
                turn_number=self.turns, speaker="agent", text="Так.", started_at_ms=self.now_ms, interrupted=cut, latencies=latencies
            )
        )

    def uses(self, name: str, *, success: bool) -> Course:
        self.signs.tool(
            ToolCallRecord(
                turn_number=self.turns,
                tool_use_id="t",
                name=name,
                arguments={},
                result={},
                started_at_ms=self.now_ms,
                duration_ms=100,
                success=success,
            )
        )
        return self

    @property
    def found(self) -> list[tuple[str, str, object]]:
        return [(one.level, one.code, dict(one.args)) for one in judge(self.signs, self.now_ms, LIMITS)]


HUMAN = "З'єднайте мене з оператором, будь ласка"
COURSES: list[tuple[str, Callable[[Course], Course], list[tuple[str, str, object]]]] = [
    ("a talk as it should be", lambda c: c.hears("Потрібні шини").answers(), []),
    ("asked once, a moment ago", lambda c: c.hears(HUMAN), []),
    ("asked once and still with the agent", lambda c: c.hears(HUMAN).answers().wait(10), [("warn", "asked_human", {"n": 1})]),
    ("asked twice", lambda c: c.hears(HUMAN).answers().hears("Дайте людину!"), [("alarm", "asked_human", {"n": 2})]),
    ("asked, and on the way to one", lambda c: c.hears(HUMAN).hears("Дайте людину!").enter("transferring"), []),
    ("asked before he had an operator", lambda c: c.hears(HUMAN).hears(HUMAN).enter("operator").enter("listening"), []),
    ("does not want one", lambda c: c.hears("Не треба оператора").hears("Без оператора, прошу"), []),
    ("thinking for a moment", lambda c: c.enter("thinking").wait(3.9), []),
    ("thinking for long", lambda c: c.enter("thinking").wait(4), [("warn", "dead_air", {"s": 4})]),
    ("a tool behind a thought", lambda c: c.enter("thinking").wait(4).enter("tool").wait(7), [("alarm", "dead_air", {"s": 11})]),
    ("the agent speaks at last", lambda c: c.enter("thinking").wait(9).enter("speaking"), []),
    ("the caller is silent himself", lambda c: c.enter("listening").wait(30), []),
    ("two slow replies", lambda c: c.answers(2_100).answers(2_500), []),
    ("three slow replies", lambda c: c.answers(2_100).answers(2_500).answers(2_001), [("warn", "slow", {"n": 3})]),
    ("a quick one between them", lambda c: c.answers(2_100).answers(2_500).answers().answers(2_400), []),
    ("waits for an operator", lambda c: c.enter("transferring").wait(45), [("warn", "queue_wait", {"t": "0:45"})]),
    ("waits very long", lambda c: c.enter("transferring").wait(160), [("alarm", "queue_wait", {"t": "2:40"})]),
    ("did not hear twice", lambda c: c.hears("Не чую вас").answers().hears("Повторіть, будь ласка"), [("warn", "repeat", {"n": 2})]),
    ("did not hear once", lambda c: c.hears("Алло?").answers(), []),
    (
        "says the same again and again",
        lambda c: [c.hears("Мені потрібні зимові шини").answers() for _ in range(3)][-1],
        [("warn", "repeat", {"n": 2})],
    ),
    ("heard it then", lambda c: c.hears("Не чую").hears("Що ви сказали?").hears("Ага, зимові").hears("Чотири штуки"), []),
    ("cuts the agent off thrice", lambda c: c.answers(cut=True).answers(cut=True).answers(cut=True), [("warn", "interrupts", {"n": 3})]),
    ("listens again", lambda c: c.answers(cut=True).answers(cut=True).answers(cut=True).answers().answers(), []),
    (
        "tools fail",
        lambda c: c.uses("get_order_status", success=False).uses("book_fitting", success=False),
        [("warn", "tool_failed", {"n": 2, "tool": "book_fitting"})],
    ),
    ("the next one works", lambda c: c.uses("a", success=False).uses("b", success=False).uses("b", success=True), []),
]


@pytest.mark.parametrize(("lead", "expected"), [course[1:] for course in COURSES], ids=[course[0] for course in COURSES])
def test_what_is_trouble_and_what_is_none(lead: Callable[[Course], Course], expected: list[tuple[str, str, object]]) -> None:
    assert lead(Course()).found == expected


def test_a_correction_of_a_turn_counts_once() -> None:
    course = Course()
    for revision, text in ((1, HUMAN), (2, HUMAN + "!"), (3, "Оператором зв'язку зветься цей")):
        course.signs.turn(
            TurnRecord(turn_number=1, speaker="caller", text=text, started_at_ms=START_MS, revision=revision), slow_ms=LIMITS.slow_ms
        )
    assert len(course.signs.asked) == 1


def test_a_filler_is_no_dead_air() -> None:
    course = Course().enter("thinking").wait(2)
    course.signs.filler(course.now_ms)
    assert course.wait(4).found == []
    assert course.wait(2.5).found == [("warn", "dead_air", {"s": 4})]


@pytest.mark.parametrize(("percent", "expected"), [(4, []), (5, [("warn", "audio", {"pct": 5})]), (20, [("alarm", "audio", {"pct": 20})])])
def test_sound_that_does_not_go_out_in_time(percent: int, expected: list[tuple[str, str, object]]) -> None:
    course = Course()
    course.signs.audio(course.now_ms, percent, bad_from=LIMITS.audio_percent)
    assert course.found == expected
    course.signs.audio(course.now_ms, 0, bad_from=LIMITS.audio_percent)
    assert course.found == []


def test_an_alarm_goes_before_a_warning_that_is_older() -> None:
    course, troubles = Course(), Troubles(LIMITS)
    course.answers(2_500).answers(2_500).answers(2_500)
    shown = troubles.look(course.signs, course.now_ms, NOBODY)
    assert shown is not None
    assert shown.code == "slow"
    course.wait(60).hears(HUMAN).hears(HUMAN)
    shown = troubles.look(course.signs, course.now_ms, NOBODY)
    assert shown is not None
    assert (shown.code, shown.level) == ("asked_human", "alarm")


def test_trouble_stays_for_a_while_after_its_end() -> None:
    course, troubles = Course(), Troubles(LIMITS)
    course.enter("thinking").wait(5)
    assert troubles.look(course.signs, course.now_ms, NOBODY)
    course.enter("speaking")
    assert troubles.look(course.signs, course.now_ms, NOBODY), "a row does not jump away"
    course.wait(9.9)
    assert troubles.look(course.signs, course.now_ms, NOBODY)
    course.wait(0.1)
    assert troubles.look(course.signs, course.now_ms, NOBODY) is None


def test_the_hint_says_who_is_free_and_that_the_queue_was_tried_before() -> None:
    signs = Course().signs
    trouble = Trouble("alarm", "asked_human", {"n": 2}, START_MS)
    assert hint(trouble, signs, IRYNA) == Hint("free", {"name": "Ірина Бондар", "queue": "service"})
    assert hint(trouble, signs, NOBODY) == Hint("none_free", {"n": 3})
    signs.enter("transferring", START_MS)
    signs.enter("connecting", START_MS + 60_000)
    assert hint(trouble, signs, IRYNA) == Hint("free_again", {"name": "Ірина Бондар", "queue": "service"})


def test_a_slow_reply_is_blamed_on_the_stage_that_held_it_up() -> None:
    course = Course().answers(2_500).answers(2_500).answers(2_500)
    (trouble,) = judge(course.signs, course.now_ms, LIMITS)
    assert hint(trouble, course.signs, NOBODY) == Hint("stage", {"stage": "llm"})


@pytest.mark.parametrize("code", CODES)
def test_every_trouble_says_what_can_be_done(code: str) -> None:
    assert hint(Trouble("warn", code, {}, START_MS), Signs(), NOBODY) is not None


@pytest.mark.parametrize(("ms", "words"), [(0, "0:00"), (59_999, "0:59"), (160_000, "2:40"), (-5, "0:00")])
def test_durations_read_as_on_a_clock(ms: int, words: str) -> None:
    assert clock(ms) == words
