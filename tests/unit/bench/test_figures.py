from collections import Counter

from ops.bench.answers import Answer, Logs
from ops.bench.figures import Level, Round, answer_heard, percentile, put_together
from ops.bench.record import CallRecord
from ops.bench.spec import CallSeen, QuestionSeen, RoundSeen
from ops.standins.control import Served
from ops.standins.phrasebook import phrase

KEY = "cheaper"
ANSWER = Answer(
    question=phrase(KEY).text,
    text="Є дешевші.",
    sent_ms=10_620,
    hold_ms=550,
    stt_ms=0,
    model_ms=20,
    tts_ms=10,
    wire_ms=5,
    answer_ms=600,
)


def one_call(**changes: object) -> CallSeen:
    call = CallSeen(
        "+380500000001",
        dialled_ms=0,
        connected_ms=30,
        greeted_ms=80,
        ended_ms=20_030,
        questions=[QuestionSeen(KEY, 10_000, 10_640)],
        frames_due=1_000,
        frames_arrived=998,
        gaps_ms=[0.5, -0.5, 20.0],
    )
    for name, value in changes.items():
        setattr(call, name, value)
    return call


def together(call: CallSeen, *answers: Answer, logs: Logs | None = None) -> Round:
    record = CallRecord(call.number, "hung_up", {"frames_due": 900, "frames_sent": 899, "frames_skipped": 1}, list(answers))
    seen = RoundSeen([call], late_ms=[0.1], cpu_s={"controller": 0.4}, memory_mb={"controller": 100.0})
    return put_together(seen, {call.number: record}, logs or Logs(), lead_ms=lambda text: 40.0)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([], 0.5) is None


def test_set_up_counts_from_the_dial() -> None:
    made = together(one_call(), ANSWER)
    assert made.connect_ms == [30]
    assert made.greet_ms == [80]
    assert made.call_s == 20.0


def test_an_answer_is_measured_at_the_telephone_and_shared_out() -> None:
    made = together(one_call(), ANSWER)
    (share,) = made.shares
    assert share.wire_ms == 640
    assert share.ours_ms == 640 - 550  # nothing in the logs: the rest stays ours
    assert share.matched == "in part"
    assert not made.apart


def test_the_silence_before_the_stand_in_voice_is_not_ours() -> None:
    voice = Served("synthesis", arrived_ms=10_606, first_ms=10_610, ended_ms=10_700, outcome="ok", detail={"text": "Є дешевші."})
    (share,) = together(one_call(), ANSWER, logs=Logs(voice=[voice])).shares
    assert share.voice_lead_ms == 40
    assert share.ours_ms == 640 - 550 - 40 - 4


def test_an_answer_to_other_words_than_were_said_is_left_out() -> None:
    made = together(one_call(questions=[QuestionSeen("in_stock", 10_000, 10_640)]), ANSWER)
    assert made.apart == Counter(misheard=1)
    assert not made.shares


def test_an_answer_that_a_filler_went_before_is_left_out() -> None:
    filled = Answer(**{name: getattr(ANSWER, name) for name in ANSWER.__slots__} | {"filler_ms": 3_600})
    assert together(one_call(), filled).apart == Counter({"filler first": 1})


def test_a_question_without_an_answer_is_counted() -> None:
    assert together(one_call(questions=[QuestionSeen(KEY, 10_000, None)])).apart == Counter(unanswered=1)


def test_what_was_heard_long_before_or_after_a_recorded_answer_is_another_one() -> None:
    assert answer_heard(QuestionSeen(KEY, 9_000, 9_100), [ANSWER]) is None
    assert answer_heard(QuestionSeen(KEY, 20_000, 20_600), [ANSWER]) is None
    assert answer_heard(QuestionSeen(KEY, 10_000, 10_640), [ANSWER]) is ANSWER


def test_a_call_that_failed_is_told_and_the_others_count() -> None:
    failed = CallSeen("+380500000002", dialled_ms=100, failure="+380500000002 was not connected")
    made = put_together(RoundSeen([one_call(), failed], [0.1], {}, {}), {}, Logs(), lambda text: 0.0)
    assert made.failures == ["+380500000002 was not connected"]
    assert made.calls == 2
    assert len(made.connect_ms) == 1


def test_all_calls_are_live_from_the_last_connection_to_the_first_end() -> None:
    late = one_call(number="+380500000003", connected_ms=5_030, ended_ms=26_000)
    made = put_together(RoundSeen([one_call(), late], [0.1], {}, {}), {}, Logs(), lambda text: 0.0)
    assert made.all_live_s == 15.0


def test_a_round_with_a_late_generator_is_marked() -> None:
    assert Round(1, late_ms=[0.0] * 50 + [6.0]).generator_late
    assert not Round(1, late_ms=[0.0] * 200 + [6.0]).generator_late


def test_a_level_pools_its_rounds() -> None:
    level = Level(1, [together(one_call(), ANSWER), together(one_call(), ANSWER)])
    assert len(level.shares) == 2
    assert level.call_s == 40.0
    assert level.cpu_ms_per_call_s("controller") == 20.0
    assert level.cpu_ms_per_call_s("unknown") is None
    assert level.memory_mb("controller") == 100.0
    assert level.frames["due"] - level.frames["arrived"] == 4
    assert level.frames["our_skipped"] == 2
