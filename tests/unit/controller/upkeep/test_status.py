from __future__ import annotations

from datetime import UTC, datetime

from controller.journal.partitions import TABLES, Part, Retention, months_from, part_name
from controller.upkeep.status import judged

NOW = datetime(2026, 11, 15, tzinfo=UTC)
READY = [Part(table, part_name(table, month), attached=True, pending=False) for table in TABLES for month in months_from(NOW)]


def test_with_every_month_ahead_nothing_is_wrong() -> None:
    assert judged(READY, NOW, Retention()) == ([], [])


def test_a_missing_next_month_is_wrong_and_the_one_behind_it_will_be_made_by_itself() -> None:
    there = [part for part in READY if part.name not in ("calls_y2026m12", "call_turns_y2027m01")]
    wrong, notes = judged(there, NOW, Retention())
    assert wrong == ["2026-12 is missing in calls: callctl db partitions"]
    assert notes == ["2027-01 is missing in call_turns: callctl db partitions"]


def test_a_month_that_is_only_left_to_drop_does_not_count_as_there() -> None:
    there = [part._replace(attached=part.name != "calls_y2026m11") for part in READY]
    assert judged(there, NOW, Retention())[0] == ["2026-11 is missing in calls: callctl db partitions"]


def test_months_whose_time_is_over_are_told_by_name() -> None:
    old = [Part("call_turns", "call_turns_y2026m07", attached=True, pending=False), Part("calls", "calls_y2026m07", True, False)]
    assert judged([*READY, *old], NOW, Retention()) == ([], ["Kept too long: call_turns_y2026m07: callctl db retention"])
