from __future__ import annotations

from dataclasses import replace

import pytest

from ops.bench.overload import Overloaded

WELL = Overloaded(calls=2, skipped_before=0.01, skipped_with=0.012, hole_before_ms=9.0, hole_with_ms=12.0, music_s=[0.2, 0.9], failures=[])


def test_it_goes_well_when_the_talks_lose_no_more_and_all_others_hear_the_queue_within_a_second() -> None:
    assert WELL.well


@pytest.mark.parametrize(
    "worse",
    [{"skipped_with": 0.02}, {"music_s": [0.2, 1.1]}, {"music_s": [0.2]}, {"failures": ["one is not in the queue"]}],
    ids=["frames", "late", "somebody", "failure"],
)
def test_it_does_not_when_anybody_is_worse_off(worse: dict[str, object]) -> None:
    assert not replace(WELL, **worse).well  # type: ignore[arg-type]
