from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ops.bench.upgrade import Upgraded
from ops.caller.crowd import Visit

VISIT = Visit("+380500000001", greeted_s=0.4, hole_ms=40.0)
WELL = Upgraded(60.0, "All run anew.", True, [VISIT, VISIT], Counter({"callctl-1": 1, "callctl-2": 1}), Counter())


def test_it_goes_well_when_nobody_heard_a_hole_and_nobody_was_sent_to_the_operators() -> None:
    assert WELL.well


@pytest.mark.parametrize(
    "worse",
    [
        {"visits": [VISIT, replace(VISIT, hole_ms=301.0)]},
        {"visits": [VISIT, replace(VISIT, failure="the agent did not answer")]},
        {"by_reason": Counter(draining=1)},
        {"went_well": False},
    ],
    ids=["hole", "failure", "operators", "script"],
)
def test_it_does_not_when_one_caller_noticed(worse: dict[str, object]) -> None:
    assert not replace(WELL, **worse).well  # type: ignore[arg-type]
