from __future__ import annotations

from array import array

from ops.chaos.callers import sounds


def test_frames_that_follow_each_other_are_one_sound_and_a_breath_does_not_end_it() -> None:
    moments = array("d", [1.0, 1.02, 1.04, 1.3, 2.0, 2.02])
    assert sounds(moments) == [(1.0, 1.3), (2.0, 2.02)]


def test_who_heard_nothing_heard_no_sounds() -> None:
    assert sounds(array("d")) == []
