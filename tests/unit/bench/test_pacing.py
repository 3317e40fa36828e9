import asyncio

import pytest

from ops.bench.pacing import PacingProbe, lateness_ms


def test_an_even_beat_is_punctual_whenever_it_began() -> None:
    assert lateness_ms([3.0, 3.02, 3.04], []) == pytest.approx([0, 0, 0], abs=1e-6)


def test_a_late_tick_is_late_by_what_it_came_after_its_place() -> None:
    assert lateness_ms([0.0, 0.027, 0.04], []) == pytest.approx([0, 7, 0], abs=1e-6)


def test_the_earliest_tick_is_the_measure() -> None:
    assert lateness_ms([0.003, 0.02], []) == pytest.approx([3, 0], abs=1e-6)


def test_a_skipped_frame_is_a_whole_frame_late() -> None:
    assert sorted(lateness_ms([0.0, 0.06], [(1, 2)])) == pytest.approx([0, 0, 20, 20], abs=1e-6)


def test_no_ticks_are_no_lateness() -> None:
    assert lateness_ms([], []) == []


async def test_the_probe_ticks_with_the_loop_and_no_more_once_it_is_left() -> None:
    with PacingProbe() as probe:
        await asyncio.sleep(0.1)
    ticked = len(probe.late_ms())
    assert ticked >= 3
    await asyncio.sleep(0.03)
    assert len(probe.late_ms()) == ticked
