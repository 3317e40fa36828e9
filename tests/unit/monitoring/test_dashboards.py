"""The dashboards as files: as they are written, of known shapes, and answerable."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ops.grafana.__main__ import DIRECTORY, written
from ops.grafana.boards import BOARDS
from ops.grafana.draw import COLUMNS, Board, Panel, dashboard
from tests.unit.monitoring.exposed import Series, unanswered
from tests.unit.monitoring.test_rules import RECORDED

PANELS = [(board, panel) for board in BOARDS for panel in board.panels]


def test_the_files_are_what_is_written_and_there_are_no_others() -> None:
    assert {path: path.read_text("utf-8") for path in DIRECTORY.glob("*.json")} == written(), "run python -m ops.grafana"


def test_the_issue_s_seven_boards_are_there() -> None:
    assert [board.name for board in BOARDS] == ["calls", "latency", "providers", "tools", "media", "storage", "cost"]


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda one: one.name if isinstance(one, Board) else one.title)
def test_a_panel_asks_only_for_what_is_exposed_and_says_what_it_means(board: Board, panel: Panel, series: Series) -> None:
    assert panel.about.endswith("."), panel.title
    for query in panel.queries:
        assert unanswered(_as_prometheus_gets_it(query.expr), series, RECORDED) == []
        assert query.expr.count("(") == query.expr.count(")")


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_panels_lie_side_by_side_within_the_grid_and_none_upon_another(board: Board) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard(board)["panels"]:
        cells = set(_cells(panel["gridPos"]))
        assert all(x < COLUMNS for x, _ in cells)
        assert not cells & taken
        taken |= cells


def test_what_is_low_and_bad_is_red_from_below_and_what_is_high_and_bad_from_above() -> None:
    def steps(*, low_is_bad: bool, **edges: float) -> list[tuple[float | None, str]]:
        panel = Panel(title="", about="", queries=(), low_is_bad=low_is_bad, **edges)  # type: ignore[arg-type]
        drawn = dashboard(Board(name="", title="", about="", panels=[panel]))["panels"][0]
        return [(step["value"], step["color"]) for step in drawn["fieldConfig"]["defaults"]["thresholds"]["steps"]]

    assert steps(low_is_bad=False, warn=1, bad=2) == [(None, "green"), (1, "yellow"), (2, "red")]
    assert steps(low_is_bad=False, bad=2) == [(None, "green"), (2, "red")]
    assert steps(low_is_bad=True, bad=1) == [(None, "red"), (1, "green")]
    assert steps(low_is_bad=True, bad=1, warn=2) == [(None, "red"), (1, "yellow"), (2, "green")]


def _as_prometheus_gets_it(expr: str) -> str:
    return re.sub(r"\[\$__\w+\]", "[5m]", expr).replace("$instance", ".*")


def _cells(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    for x in range(place["x"], place["x"] + place["w"]):
        for y in range(place["y"], place["y"] + place["h"]):
            yield x, y
