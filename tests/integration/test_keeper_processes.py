"""Legs outlive real processes that are killed, stopped and replaced. How long they are silent is measured by ``ops.bench.keeper``."""

from __future__ import annotations

from ops.bench.keeper import STOPPED_S, WAYS, measure

LEGS = 50
SAFETY_MS = 2_000
"""On a machine that does everything else at the same time; the bench tells what is usual."""


async def test_no_leg_is_lost_whichever_way_its_worker_goes_and_none_hears_nothing_for_long() -> None:
    for seen in await measure([*WAYS, "kill"], LEGS, ballast_mb=20):
        stopped_ms = 1000 * STOPPED_S if seen.way == "stop" else 0
        assert seen.lost == 0, seen.way
        assert len(seen.again_ms) == LEGS * (2 if seen.way == "kill" else 1)
        assert max(seen.holes_ms) < stopped_ms + SAFETY_MS
        assert max(seen.again_ms) < stopped_ms + SAFETY_MS
