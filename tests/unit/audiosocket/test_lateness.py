from __future__ import annotations

from audiosocket.lateness import EDGES_S, Lateness
from tests.unit.audiosocket.test_metronome import Clockwork, Ticked, metronome_on


def test_every_beat_counts_under_the_first_edge_that_it_keeps() -> None:
    lateness = Lateness()
    for late_s in (-0.001, 0.001, 0.004, 0.3):
        lateness.note(late_s)
    assert lateness.within() == [(0.001, 2), (0.002, 2), (0.005, 3), (0.01, 3), (0.02, 3), (0.05, 3), (float("inf"), 4)]
    assert lateness.sum_s == 0.305, "a beat that was early makes up for no late one"


def test_a_stall_of_the_process_is_one_late_beat_and_the_rest_are_in_time() -> None:
    clockwork = Clockwork()
    metronome = metronome_on(clockwork)
    metronome.join(Ticked(clockwork))
    clockwork.run(1.0)
    in_time = dict(metronome.lateness.within())
    assert in_time[EDGES_S[0]] == in_time[float("inf")] > 40
    clockwork.stall(0.5)
    clockwork.run(1.0)
    after = dict(metronome.lateness.within())
    assert after[float("inf")] - after[EDGES_S[-1]] == 1
