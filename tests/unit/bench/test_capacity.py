from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ops.bench.capacity import Carried, verdict
from ops.bench.figures import Round

WELL = Carried(calls=10, skipped=0.001, late=0.002, cores=0.2, generator_late_ms=3.0, failures=0)


def test_a_level_is_judged_by_what_was_skipped_of_what_was_due_and_by_what_came_late() -> None:
    seen = Round(10, gaps_ms=[0.0] * 97 + [25.0, 30.0, -20.0], late_ms=[1.0, 4.0], call_s=200.0, cpu_s={"controller": 5.0})
    seen.frames = Counter(our_due=1000, our_sent=990, our_skipped=10)
    assert Carried.of(seen) == Carried(10, skipped=0.01, late=0.02, cores=0.25, generator_late_ms=4.0, failures=0)


@pytest.mark.parametrize(("what", "value"), [("skipped", 0.006), ("late", 0.011), ("failures", 1)])
def test_a_level_does_not_go_well_when_one_of_them_is_beyond_its_limit(what: str, value: float) -> None:
    assert WELL.well
    assert not replace(WELL, **{what: value}).well  # type: ignore[arg-type]


def test_the_highest_level_that_went_well_is_what_to_set() -> None:
    levels = [WELL, replace(WELL, calls=20), replace(WELL, calls=30, skipped=0.1)]
    assert verdict(levels).startswith("CALLS_MAX=20: at 30 calls")
    assert verdict(levels[:2]).startswith("CALLS_MAX=20: the highest")
    assert "CALLS_MAX" not in verdict(levels[2:])
