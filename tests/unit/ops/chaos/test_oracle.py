"""Every line of the oracle can fail, and none fails by itself."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.chaos.expectations import LINES, Line, Promise, promise
from ops.chaos.observations import Kept, Observations, Said, Sample, Seen, Written
from ops.chaos.oracle import judge, longest_silence_s
from ops.chaos.plan import Case
from tests.unit.ops.chaos.seen import HEALED_S, NUMBER, STRUCK_S, WORDS, cases, record, run, samples, talk

RULE = Promise()
unhurried = settings(deadline=None)


def failed(seen: Observations) -> list[Line]:
    return judge(seen, RULE).failed


def test_a_run_in_which_all_went_well_passes_every_line() -> None:
    verdict = judge(run(), RULE)
    assert verdict.passed
    assert verdict.complaints == {line: [] for line in LINES}


BROKEN: dict[str, tuple[Line, Observations]] = {
    "a call that is never answered": ("dropped", run(talk(answered_s=None), ())),
    "an end from our side without a goodbye": ("dropped", run(kept=(record(outcome="failed", ended_by="agent"),))),
    "a caller who waits in vain": ("dropped", run(talk(left_alone="nothing was heard", ended_by="caller"))),
    "a call that died with Asterisk": ("dropped", run(talk(ended_by="lost"))),
    "five seconds without a sound": ("silence", run(talk(heard=((1.0, 3.0), (10.0, 40.0))))),
    "silence until the end": ("silence", run(talk(heard=((1.0, 3.0), (5.0, 30.0))))),
    "silence from the beginning": ("silence", run(talk(heard=((6.0, 40.0),), said=()), (record(caller_turns=()),))),
    "no record": ("lost", run(kept=())),
    "an open record": ("lost", run(kept=(record(closed=False),))),
    "a record of another end": ("lost", run(talk(ended_by="caller"))),
    "a record that forgot the operator": ("lost", run(talk(human_s=39.0))),
    "a controller that says it had died": ("lost", run(kept=(record(outcome="orphaned", ended_by="controller"),))),
    "words that are not in the record": ("lost", run(kept=(record(caller_turns=WORDS[:2]),))),
    "an order that the ledger does not know": ("lost", run(kept=(record(done=()),))),
    "an order that the shop does not know": ("lost", run(shop={})),
    "records in the spool": ("lost", run(waiting=3)),
    "records that were given up": ("lost", run(refused=1)),
    "two records of one call": ("doubled", run(kept=(record(), record(call_id="d", caller_turns=(), done=())))),
    "words twice in the record": ("doubled", run(kept=(record(caller_turns=(*WORDS, WORDS[0])),))),
    "a write done twice": (
        "doubled",
        run(kept=(record(done=(("confirm_order", "k"), ("confirm_order", "k"))),), shop={NUMBER: Written(1, 2)}),
    ),
    "a leg that is still there": ("left", run(left=("m-1",))),
    "two orders": ("twice", run(shop={NUMBER: Written(2, 2)})),
    "readiness that knows nothing": ("untrue", run(samples=samples())),
    "readiness that does not answer meanwhile": ("untrue", run(samples=samples(frozenset(), status=0))),
    "readiness that never recovers": ("untrue", run(samples=tuple(Sample(at, at, 200, frozenset({"postgresql"})) for at in range(25, 60)))),
    "readiness that is gone afterwards": ("untrue", run(target="worker", fault="kill", samples=(Sample(HEALED_S + 6, HEALED_S + 6, 0),))),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_line_fails_for_what_it_is_there_for(what: str) -> None:
    line, seen = BROKEN[what]
    assert line in failed(seen), judge(seen, RULE).complaints


def test_every_line_is_broken_by_something_above() -> None:
    assert {line for line, _ in BROKEN.values()} == set(LINES)


@pytest.mark.parametrize("what", BROKEN)
def test_a_line_without_a_promise_is_told_and_does_not_fail(what: str) -> None:
    line, seen = BROKEN[what]
    verdict = judge(seen, Promise(without=frozenset({line})))
    assert line not in verdict.failed
    assert verdict.complaints[line]


def test_who_hangs_up_or_gets_an_operator_was_not_dropped() -> None:
    assert not failed(run(talk(ended_by="caller"), (record(outcome="hung_up", ended_by="caller"),)))
    assert not failed(run(talk(human_s=39.0), (record(outcome="transferred", ended_by="operator", transferred=True),)))


def test_a_dead_controller_may_say_so_and_words_of_the_last_moment_may_die_with_it() -> None:
    last = Said(WORDS[2], STRUCK_S - 4, STRUCK_S - 2)
    seen = run(
        talk(said=(*talk().said[:2], last), human_s=35.0),
        (record(outcome="orphaned", ended_by="controller", caller_turns=WORDS[:2]),),
        target="worker",
        fault="kill",
        samples=(),
    )
    assert not failed(seen)


def test_who_has_taken_leave_may_be_kept_on_the_line_while_asterisk_cannot_be_told() -> None:
    waits = talk(ended_s=60.0)  # since the last words of both, at about 40 s
    leave = Said("до побачення", 39.6, 41.0)
    waits = talk(ended_s=60.0, said=(*waits.said, leave))
    at_ari = {"target": "ari", "fault": "cut", "samples": ()}
    goodbye = (record(caller_turns=(*WORDS, leave.text)),)
    assert "silence" not in failed(run(waits, goodbye, **at_ari))
    assert "silence" in failed(run(waits, goodbye, **at_ari | {"target": "shop"}))
    assert "silence" in failed(run(waits, (record(outcome="failed"),), **at_ari)), "nobody took leave of him"


def test_who_came_while_asterisk_could_tell_no_controller_has_no_record_of_ours() -> None:
    came = talk(dialled_s=STRUCK_S + 1, answered_s=STRUCK_S + 6, human_s=STRUCK_S + 7, said=(), heard=((STRUCK_S + 6, 40.0),))
    at_asterisk = {"target": "asterisk", "fault": "stop", "samples": (), "shop": {}}
    assert not failed(run(came, (), **at_asterisk))
    assert not failed(run(msgspec.structs.replace(came, dialled_s=STRUCK_S - 0.03), (), **at_asterisk)), "his call arrived after the fault"
    assert failed(run(talk(dialled_s=STRUCK_S - 9, human_s=35.0, said=()), (), **at_asterisk)) == ["lost"], "he was there before"
    assert "lost" in failed(run(talk(dialled_s=STRUCK_S + 1, answered_s=STRUCK_S + 6, said=(), human_s=None), (), **at_asterisk))
    assert "lost" in failed(run(came, (), shop={})), "PostgreSQL keeps nobody from being told"


def test_words_that_nobody_understood_are_not_lost() -> None:
    assert not failed(run(kept=(record(caller_turns=WORDS[:2]),), recognised=WORDS[:2]))


def test_readiness_need_not_know_in_the_first_five_seconds_nor_forget_in_the_five_after() -> None:
    late = tuple(Sample(at, at + 0.1, 200, frozenset({"postgresql"} if STRUCK_S + 5 <= at <= HEALED_S + 5 else ())) for at in range(60))
    assert not failed(run(samples=late))


def test_an_answer_that_comes_after_the_fault_says_nothing_of_it() -> None:
    slow = Sample(HEALED_S - 1, HEALED_S + 1, 200)
    assert not failed(run(samples=(slow,)))


def test_a_hello_into_the_silence_does_not_end_it() -> None:
    quiet = ((1.0, 3.0), (13.0, 40.0))
    answered = (Said("так", 3.5, 4.5),)
    hellos = (*answered, Said("алло", 8.0, 9.0), Said("алло", 10.0, 11.0))
    assert longest_silence_s(talk(heard=quiet, said=answered)) == pytest.approx(8.5)
    assert longest_silence_s(talk(heard=quiet, said=hellos)) == pytest.approx(8.5)


def test_a_run_on_a_machine_that_is_too_slow_for_its_callers_is_void_unless_it_passes_all_the_same() -> None:
    late = talk(said=tuple(Said(said.text, said.began_s, said.ended_s, late_s=1.0) for said in talk().said))
    assert judge(run(late), RULE).passed
    verdict = judge(run(late, left=("m-1",)), RULE)
    assert (verdict.failed, verdict.passed) == ([], False)
    assert "too slow" in verdict.void
    assert verdict.complaints["left"] == ["m-1"]


def test_an_operators_silence_is_not_ours() -> None:
    assert longest_silence_s(talk(heard=((1.0, 3.0),), said=(), human_s=4.0)) == pytest.approx(1.0)


def test_who_was_not_answered_heard_no_silence_of_ours() -> None:
    assert longest_silence_s(talk(answered_s=None)) == 0.0


moments = st.lists(st.floats(1, 39, allow_nan=False), min_size=2, max_size=20, unique=True).map(sorted)


@unhurried
@given(moments, st.lists(st.floats(1, 39), max_size=6).map(sorted))
def test_silence_is_no_longer_than_the_call_and_no_shorter_than_its_longest_gap_less_one_say(times: list[float], says: list[float]) -> None:
    heard = tuple(zip(times[::2], times[1::2], strict=False))
    said = tuple(Said("слово", at, at + 0.5) for at in says)
    call = talk(heard=heard, said=said)
    edges = [0.5, *(edge for stretch in heard for edge in stretch), 40.0]
    gaps = [edges[place + 1] - edges[place] for place in range(0, len(edges) - 1, 2)]
    silence_s = longest_silence_s(call)
    assert silence_s <= max(gaps) + 1e-9
    assert silence_s >= (max(gaps) - 0.5) / 2 - 1e-9


@unhurried
@given(cases, st.integers(0, 5), st.integers(0, 5), st.integers(0, 3))
def test_what_is_left_waits_or_is_done_twice_is_found_in_every_case(case: Case, left: int, waiting: int, orders: int) -> None:
    seen = run(
        target=case.target, fault=case.fault, left=("b-1",) * left, waiting=waiting, shop={NUMBER: Written(orders, orders)}, samples=()
    )
    verdict = judge(seen, promise(case))
    assert ("left" in verdict.failed) == (left > 0)
    assert ("twice" in verdict.failed) == (orders > 1)
    assert ("lost" in verdict.failed) == (waiting > 0 or orders == 0)


@unhurried
@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_words_are_lost_or_doubled_exactly_when_the_record_holds_too_few_or_too_many(held: list[str]) -> None:
    seen = run(kept=(record(caller_turns=tuple(held)),))
    assert ("lost" in failed(seen)) == any(held.count(words) < 1 for words in WORDS)
    assert ("doubled" in failed(seen)) == any(held.count(words) > 1 for words in WORDS)


def test_observations_survive_json() -> None:
    seen = run()
    assert msgspec.json.decode(msgspec.json.encode(seen), type=Observations) == seen
    assert isinstance(seen.calls[0], Seen)
    assert isinstance(seen.records[NUMBER][0], Kept)
