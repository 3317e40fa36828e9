from collections.abc import Sequence

import pytest

from ops.bench.media import Compared, compare, table
from ops.bench.spec import MediaSeen


def seen(cpu_ms: float, *, arrived: int = 1_000, gaps_ms: Sequence[float] = (0.0,), late_ms: Sequence[float] = (0.0,)) -> MediaSeen:
    return MediaSeen(cpu_ms, 1_000, arrived, list(gaps_ms), list(late_ms))


def test_the_ratio_is_the_median_of_neighbours_in_time() -> None:
    both = Compared(50, {"ours": [seen(1.0), seen(4.0), seen(1.0)], "sleep": [seen(2.0), seen(5.0), seen(4.0)]})
    assert both.ratio == 0.5
    assert both.cpu_ms("ours") == 1.0


def test_missing_frames_and_jitter_are_told_of_each() -> None:
    both = Compared(50, {"ours": [seen(1.0)], "sleep": [seen(2.0, arrived=970, gaps_ms=[-1.0, 9.0])]})
    assert both.missing_per_mille("ours") == 0.0
    assert both.missing_per_mille("sleep") == pytest.approx(30)
    assert both.jitter_p99_ms("sleep") == 9.0


def test_measurements_with_a_late_generator_are_counted() -> None:
    both = Compared(50, {"ours": [seen(1.0, late_ms=[9.0])], "sleep": [seen(2.0)]})
    assert both.late_rounds == 1
    assert both.figures()["late_rounds"] == 1


def test_both_servers_serve_the_same_load_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.bench.media._MEASURED_S", 0.6)
    monkeypatch.setattr("ops.bench.media._WARM_S", 0.2)
    (both,) = compare(lambda line: None, lines=(3,), rounds=1)
    for kind in ("ours", "sleep"):
        assert both.cpu_ms(kind) > 0
        assert both.seen[kind][0].frames_arrived > 60
    assert table([both]).row_count == 1
