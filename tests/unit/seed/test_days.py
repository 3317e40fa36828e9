"""The past that the seed makes up: always the same, and such as the product itself would have written."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.journal.ids import call_uuid, unix_ms
from controller.journal.records import CallRevised, MachineStepped, Record, ToolCalled, TurnRecorded
from controller.journal.rows import row_of
from controller.replay import Step, replay
from controller.telemetry import ENDERS, OUTCOMES, TRANSFER_REASONS
from ops.seed.days import DAYS, Day, days_before, lived
from ops.seed.stories import STORIES

TODAY = dt.date(2026, 11, 26)
dates = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
few = settings(max_examples=15, deadline=None)


def closed(day: Day) -> list[CallRevised]:
    return [record for record in day.records if isinstance(record, CallRevised) and record.ended_at_ms is not None]


@few
@given(dates, st.integers(0, 3))
def test_a_day_is_the_same_whenever_it_is_asked_for(date: dt.date, number: int) -> None:
    assert lived(date, number) == lived(date, number)
    assert {row_of(record).id for record in lived(date, number).records}.isdisjoint(
        row_of(record).id for record in lived(date, number + 1).records if not row_of(record).id.startswith("+")
    )


@few
@given(dates)
def test_every_call_is_closed_within_its_day_and_what_it_left_is_dated_in_it(date: dt.date) -> None:
    day = lived(date, 1)
    assert len(closed(day)) == day.calls
    midnight_ms = round(dt.datetime.combine(date, dt.time(), dt.UTC).timestamp() * 1000)
    for record in day.records:
        assert midnight_ms <= row_of(record).at_ms < midnight_ms + 86_400_000
    for call in closed(day):
        assert call.ended_at_ms is not None
        assert call.ended_at_ms > unix_ms(call_uuid(call.call_id))
        assert call.outcome in OUTCOMES
        assert call.ended_by in ENDERS
        assert call.transfer_reason is None or call.transfer_reason in TRANSFER_REASONS


@few
@given(dates)
def test_replayed_each_call_goes_as_it_went(date: dt.date) -> None:
    steps: dict[str, list[Step]] = {}
    for record in lived(date, 1).records:
        if isinstance(record, MachineStepped):
            step = Step(seq=record.sequence, event=record.event, commands=record.commands, state=record.state)
            steps.setdefault(record.call_id, []).append(step)
    for call, told in steps.items():
        assert replay(told) == [], call


def test_two_months_hold_every_story_and_every_tool_that_callers_use() -> None:
    days = [lived(date, 1) for date in days_before(TODAY)]
    assert len(days) == DAYS
    assert days[-1].date == TODAY - dt.timedelta(days=1)
    records: list[Record] = [record for day in days for record in day.records]
    outcomes = Counter(call.outcome for day in days for call in closed(day))
    assert set(outcomes) >= {"goodbye", "hung_up", "transferred", "abandoned", "silence"}
    used = {record.call.name for record in records if isinstance(record, ToolCalled)}
    assert used >= {"search_tires", "confirm_order", "book_fitting", "search_knowledge_base", "request_callback", "transfer_to_operator"}
    assert any(not record.call.success for record in records if isinstance(record, ToolCalled))
    assert any(record.turn.interrupted for record in records if isinstance(record, TurnRecorded))
    assert sum(day.calls for day in days) > 4 * sum(STORIES.values())
    numbers = [order.number for day in days for order in day.sold]
    assert len(numbers) == len(set(numbers)) > 50


@few
@given(dates)
def test_of_a_latency_the_stages_make_the_whole(date: dt.date) -> None:
    for record in lived(date, 1).records:
        if isinstance(record, TurnRecorded) and (stages := record.turn.latencies).answer_ms is not None:
            parts = (stages.hold_ms, stages.stt_ms, stages.model_ms, stages.tts_ms, stages.wire_ms)
            assert stages.answer_ms == sum(part or 0 for part in parts)
