from __future__ import annotations

from agent.records import AgentState, Moment, ToolCallRecord, TurnRecord
from controller.call import events as seen
from controller.call.machine import receive
from controller.call.reachable import CALL_ID, CHANNEL_ID
from controller.call.state import Call
from controller.journal.records import Logged, MachineStepped, ToolCalled, TurnRecorded
from controller.record import CallRecord, Positions
from tests.fakes.calls import KeptJournal


class Life:
    """A record and the call it follows; the clock goes a second further with each look."""

    def __init__(self) -> None:
        self.journal = KeptJournal()
        self.now_ms = 0
        self.record = CallRecord(self.journal, prompt_version="v1", clock_ms=self._tick)
        self.call = Call()

    def _tick(self) -> int:
        self.now_ms += 1_000
        return self.now_ms

    def happen(self, *events: seen.AnyEvent) -> None:
        for event in events:
            self.call, commands = receive(self.call, event)
            self.record.step(self.call, event, commands)

    def talk(self) -> None:
        self.happen(seen.CallArrived(call_id=CALL_ID, channel_id=CHANNEL_ID, app="callctl", caller_id="380671234567"))
        self.happen(seen.LineOpened(leg_id=self.call.leg or ""), seen.LineJoined(leg_id=self.call.leg or ""))


def test_a_step_that_changes_nothing_for_people_makes_no_new_revision() -> None:
    life = Life()
    life.talk()
    revisions = len(life.journal.revisions)
    life.happen(seen.DigitPressed(digit="5"))
    assert len(life.journal.revisions) == revisions
    assert len(life.journal.steps) == 4


def test_the_agents_states_are_shown_while_he_talks_and_only_then() -> None:
    life = Life()
    life.talk()
    life.record.state(AgentState.THINKING)
    assert life.record.shown == "thinking"
    life.happen(seen.TransferRequested(by="supervisor"), seen.Announced(phrase="transfer"))
    assert life.record.shown == "transferring"
    assert [record.state for record in life.journal.revisions] == ["connecting", "listening", "thinking", "speaking", "transferring"]


def test_the_moment_of_the_answer_is_the_first_one() -> None:
    life = Life()
    life.talk()
    life.record.answered()
    first = life.record.latest
    assert first is not None
    life.record.answered()
    assert life.record.latest == first


def test_turns_and_tool_calls_go_under_the_calls_id() -> None:
    life = Life()
    life.talk()
    turn = TurnRecord(turn_number=1, speaker="caller", text="Добрий день", started_at_ms=1)
    tool = ToolCallRecord(
        turn_number=1, tool_use_id="t", name="search_tires", arguments={}, result={}, started_at_ms=1, duration_ms=2, success=True
    )
    life.record.turn(turn)
    life.record.tool_call(tool)
    kept = [record for record in life.journal.records if isinstance(record, TurnRecorded | ToolCalled)]
    assert kept == [TurnRecorded(call_id=CALL_ID, turn=turn), ToolCalled(call_id=CALL_ID, call=tool)]


def test_the_cost_is_told_with_each_revision_and_makes_none_by_itself() -> None:
    life = Life()
    cost = {"model": 0.001}
    life.record.billed(lambda: dict(cost))
    life.talk()
    revisions = len(life.journal.revisions)
    cost["model"] = 0.002
    life.happen(seen.DigitPressed(digit="5"))
    assert len(life.journal.revisions) == revisions
    life.record.close(ended_at_ms=9, media={})
    assert life.journal.closed[0].cost == {"model": 0.002}


def test_nothing_revises_a_closed_record() -> None:
    life = Life()
    life.talk()
    life.happen(seen.CallerHungUp(cause=16), seen.ChannelGone())
    assert life.journal.closed == []
    life.record.close(ended_at_ms=9, media={"frames_sent": 3})
    life.record.state(AgentState.SPEAKING)
    life.record.close(ended_at_ms=10, media={})
    [closed] = life.journal.closed
    assert (closed.outcome, closed.ended_by, closed.ended_at_ms, closed.media) == ("hung_up", "caller", 9, {"frames_sent": 3})
    assert life.journal.revisions[-1] == closed
    assert closed.prompt_version == "v1"


def test_every_line_of_the_log_has_the_next_number_and_a_higher_position_whoever_tells_of_it() -> None:
    life = Life()
    life.talk()
    life.record.turn(TurnRecord(turn_number=1, speaker="caller", text="Добрий день", started_at_ms=1))
    life.record.note(Moment(source="llm", name="FirstToken", text="410 ms"))
    life.happen(seen.DigitPressed(digit="5"))
    lines = [record for record in life.journal.records if isinstance(record, MachineStepped | Logged)]
    assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))
    assert [line.position for line in lines] == sorted({line.position for line in lines})
    assert [(line.source, line.name) for line in lines if isinstance(line, Logged)] == [("stt", "TurnTaken"), ("llm", "FirstToken")]


def test_positions_grow_also_while_the_clock_stands_still_or_goes_back() -> None:
    clock = iter([5_000_000, 5_000_000, 1_000_000, 9_000_000])
    positions = Positions(lambda: next(clock))
    assert [positions() for _ in range(4)] == [5_000, 5_001, 5_002, 9_000]
