from __future__ import annotations

import pytest

from controller.wiring.late import Place


class Bell:
    def __init__(self) -> None:
        self.rung = 0

    def ring(self, times: int = 1) -> int:
        self.rung += times
        return self.rung


def test_what_was_handed_out_before_the_part_was_made_reaches_it_afterwards() -> None:
    place: Place[Bell] = Place()
    stand_in, ring = place.stand_in, place.stand_in.ring
    bell = Bell()
    place.fill(bell)
    assert ring(times=2) == 2
    assert stand_in.ring() == 3
    assert stand_in.rung == 3


def test_a_call_before_that_fails() -> None:
    with pytest.raises(RuntimeError, match="not made yet"):
        Place[Bell]().stand_in.ring()
