"""Who introduced himself is remembered for the number he calls from, and nothing of the transcript is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from agent.records import AgentState, ToolCallRecord, TurnRecord
from controller.introductions import Introductions
from tests.fakes.services import FakeTranscript

NUMBER = "+380671234567"


def used(name: str, *, success: bool = True, **arguments: Any) -> ToolCallRecord:
    return ToolCallRecord(
        turn_number=1, tool_use_id="t", name=name, arguments=arguments, result={}, started_at_ms=0, duration_ms=1, success=success
    )


@pytest.mark.parametrize(
    ("call", "remembered"),
    [
        (used("create_order_draft", customer_name="Олена"), [(NUMBER, "Олена")]),
        (used("book_fitting", customer_name="Іван Петренко"), [(NUMBER, "Іван Петренко")]),
        (used("book_fitting", customer_name="Олена", success=False), []),
        (used("create_order_draft", customer_name="  "), []),
        (used("create_order_draft", customer_name=7), []),
        (used("search_tires", customer_name="Олена"), []),
    ],
)
def test_a_name_is_remembered_when_it_was_given_for_an_order_or_a_visit(call: ToolCallRecord, remembered: list[tuple[str, str]]) -> None:
    names: list[tuple[str, str]] = []
    transcript = FakeTranscript()
    Introductions(transcript, NUMBER, lambda number, name: names.append((number, name))).tool_call(call)
    assert names == remembered
    assert transcript.tool_calls == [call]


def test_turns_and_states_go_on_unchanged() -> None:
    transcript = FakeTranscript()
    passing = Introductions(transcript, NUMBER, lambda number, name: None)
    turn = TurnRecord(turn_number=1, speaker="caller", text="Олена", started_at_ms=1)
    passing.turn(turn)
    passing.state(AgentState.TOOL)
    assert transcript.turns == [turn]
    assert transcript.states == [AgentState.TOOL]
