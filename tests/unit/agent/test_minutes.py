from __future__ import annotations

from agent.minutes import Minutes
from agent.records import AgentState
from agent.words import Taken
from tests.fakes.services import FakeTranscript


def test_a_correction_has_the_same_number_and_time_and_a_higher_revision() -> None:
    transcript = FakeTranscript()
    minutes = Minutes(transcript, lambda: 0)
    minutes.correct(Taken("нічого ще не було", True))
    minutes.caller_turn(Taken("зимові", False), 500)
    minutes.correct(Taken("зимові шини", True, 0.9, "uk-UA"))
    minutes.correct(Taken("зимові шини!", True, 0.95, "uk-UA"))
    assert [(turn.turn_number, turn.revision, turn.text) for turn in transcript.revisions] == [
        (1, 1, "зимові"),
        (1, 2, "зимові шини"),
        (1, 3, "зимові шини!"),
    ]
    assert len({turn.started_at_ms for turn in transcript.revisions}) == 1
    assert transcript.turns[0].language == "uk-UA"


def test_a_state_is_told_when_it_changes() -> None:
    transcript = FakeTranscript()
    minutes = Minutes(transcript, lambda: 0)
    for state in (AgentState.GREETING, AgentState.GREETING, AgentState.LISTENING):
        minutes.state(state)
    assert transcript.states == [AgentState.GREETING, AgentState.LISTENING]


def test_a_conversation_that_goes_on_numbers_its_turns_on_and_records_those_it_broke_off_in() -> None:
    transcript = FakeTranscript()
    before = Minutes(transcript, lambda: 0)
    before.caller_turn(Taken("зимові", False), 500)
    broken = before.caller_record(Taken("на Камрі", False), 900)
    assert before.count == 1  # it is his only once it is taken
    after = Minutes(transcript, lambda: 0, before.count)
    after.over(broken)
    assert [(turn.turn_number, turn.text) for turn in transcript.turns] == [(1, "зимові"), (2, "на Камрі")]
    assert after.next_number() == 3
