from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from controller.journal.partitions import TABLES, Retention, expired, month_of, months_from, next_month


def test_months_are_cut_in_utc() -> None:
    kyiv = timezone(timedelta(hours=2))
    assert month_of(datetime(2027, 1, 1, 1, 59, tzinfo=kyiv)) == date(2026, 12, 1)
    assert month_of(datetime(2027, 1, 1, 2, 0, tzinfo=kyiv)) == date(2027, 1, 1)


@pytest.mark.parametrize(("month", "after"), [(date(2026, 12, 1), date(2027, 1, 1)), (date(2028, 2, 1), date(2028, 3, 1))])
def test_a_month_is_followed_by_the_next(month: date, after: date) -> None:
    assert next_month(month) == after


def test_this_month_and_two_more_are_kept_ready() -> None:
    assert months_from(datetime(2026, 11, 30, tzinfo=UTC)) == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]


@pytest.mark.parametrize(
    ("name", "is_expired"),
    [("calls_y2026m03", True), ("calls_y2026m04", False), ("call_turns_y2025m12", True), ("customers", False), ("calls_y2026m99x", False)],
)
def test_a_month_expires_when_all_of_it_is_too_old(name: str, is_expired: bool) -> None:
    assert expired(name, datetime(2026, 4, 1, tzinfo=UTC)) is is_expired


def test_transcripts_are_kept_for_90_days_calls_and_what_was_ordered_in_them_for_a_year() -> None:
    keep = Retention()
    assert {table: keep.of(table).days for table in TABLES} == {
        "calls": 365,
        "call_turns": 90,
        "call_tool_calls": 90,
        "call_events": 90,
        "call_writes": 365,
    }
