from __future__ import annotations

from structlog.testing import capture_logs

from audiosocket.refusals import LINES_PER_WINDOW, WINDOW_S, Refusals


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_flood_of_refusals_is_counted_whole_and_told_in_few_lines() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    with capture_logs() as logs:
        for _ in range(1_000):
            refusals.tell("no UUID in time", peer="192.0.2.1:1")
    assert len(logs) == LINES_PER_WINDOW
    assert refusals.counts == {"no UUID in time": 1_000}


def test_the_next_window_tells_what_was_left_out() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    for _ in range(LINES_PER_WINDOW + 7):
        refusals.tell("UUID reused", peer="192.0.2.1:1", detail="x")
    clock.now_s = WINDOW_S
    with capture_logs() as logs:
        refusals.tell("UUID reused", peer="192.0.2.1:2", detail="y")
    assert logs == [
        {"event": "connections_refused_untold", "count": 7, "log_level": "warning"},
        {"event": "connection_refused", "reason": "UUID reused", "peer": "192.0.2.1:2", "detail": "y", "log_level": "warning"},
    ]


def test_nothing_left_out_is_not_told() -> None:
    refusals = Refusals(Clock())
    with capture_logs() as logs:
        refusals.flush()
    assert logs == []
