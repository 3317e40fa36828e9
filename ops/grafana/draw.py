"""How Grafana wants it: a board of panels becomes its JSON (schema 41, Grafana 12).

A grid has 24 columns; panels stand side by side until a row is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]

SOURCE = {"type": "prometheus", "uid": "prometheus"}
TAG = "callctl"
COLUMNS = 24
GREEN, YELLOW, RED = "green", "yellow", "red"


@dataclass(frozen=True)
class Query:
    expr: str
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """*warn* and *bad* colour a value from there on, downwards if *low_is_bad*; a graph draws them as lines.

    *each* is the shortest step of a graph: what happens a few times an hour is no curve, but bars of so long.
    """

    kind: Literal["timeseries", "bars", "stat", "table", "state-timeline"] = "timeseries"
    title: str
    about: str
    queries: Sequence[Query]
    unit: str = "short"
    width: int = 12
    height: int = 8
    warn: float | None = None
    bad: float | None = None
    low_is_bad: bool = False
    stacked: bool = False
    each: str = ""
    words: tuple[tuple[int, str, str], ...] = ()  # of a value: its word and colour
    log_scale: bool = False


@dataclass(frozen=True, kw_only=True)
class Board:
    name: str
    title: str
    about: str
    panels: Sequence[Panel]
    since: str = "now-6h"


def dashboard(board: Board) -> Json:
    return {
        "uid": f"{TAG}-{board.name}",
        "title": board.title,
        "description": board.about,
        "tags": [TAG],
        "schemaVersion": 41,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": board.since, "to": "now"},
        "timezone": "browser",
        "links": [{"type": "dashboards", "title": "callctl", "tags": [TAG], "asDropdown": False, "includeVars": True, "keepTime": True}],
        "templating": {"list": [_instance()]},
        "annotations": {"list": [_mark("Alerts", 'ALERTS{alertstate="firing", severity="critical"}', "{{alertname}}", RED), _starts()]},
        "panels": _placed(board.panels),
    }


def _placed(panels: Sequence[Panel]) -> list[Json]:
    drawn: list[Json] = []
    x = y = row = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > COLUMNS:
            x, y, row = 0, y + row, 0
        drawn.append(_panel(panel, number) | {"gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height}})
        x, row = x + panel.width, max(row, panel.height)
    return drawn


def _panel(panel: Panel, number: int) -> Json:
    drawn: Json = {
        "id": number,
        "type": "timeseries" if panel.kind == "bars" else panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "targets": [_target(panel, query, letter) for query, letter in zip(panel.queries, "ABCDEFGH", strict=False)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }
    if panel.each:
        drawn["interval"] = panel.each
    if panel.kind == "table":
        drawn["transformations"] = [{"id": "organize", "options": {"excludeByName": {"Time": True, "Value": True, "__name__": True}}}]
    return drawn


def _target(panel: Panel, query: Query, letter: str) -> Json:
    drawn: Json = {
        "refId": letter,
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
    }
    if panel.kind == "table":
        return drawn | {"format": "table", "instant": True, "range": False}
    return drawn | {"instant": panel.kind == "stat", "range": panel.kind != "stat"}


def _defaults(panel: Panel) -> Json:
    drawn: Json = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": _steps(panel)}, "mappings": _mappings(panel)}
    if panel.kind in ("stat", "state-timeline", "table"):
        return drawn | {"color": {"mode": "thresholds"}}
    custom: Json = {
        "drawStyle": "bars" if panel.kind == "bars" else "line",
        "fillOpacity": 60 if panel.kind == "bars" else 10,
        "lineWidth": 1,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "off" if panel.warn is panel.bad is None else "line"},
    }
    if panel.log_scale:
        custom["scaleDistribution"] = {"type": "log", "log": 10}
    return drawn | {"color": {"mode": "palette-classic"}, "custom": custom}


def _steps(panel: Panel) -> list[Json]:
    if panel.low_is_bad:
        edges = [(None, RED), (panel.bad, YELLOW if panel.warn is not None else GREEN), (panel.warn, GREEN)]
    else:
        edges = [(None, GREEN), (panel.warn, YELLOW), (panel.bad, RED)]
    return [{"value": edge, "color": color} for number, (edge, color) in enumerate(edges) if number == 0 or edge is not None]


def _mappings(panel: Panel) -> list[Json]:
    options = {str(value): {"index": number, "text": word, "color": color} for number, (value, word, color) in enumerate(panel.words)}
    return [{"type": "value", "options": options}] if options else []


def _options(panel: Panel) -> Json:
    match panel.kind:
        case "stat":
            shown = {"calcs": ["lastNotNull"], "fields": "", "values": False}
            return {"reduceOptions": shown, "colorMode": "background", "graphMode": "none", "textMode": "auto", "justifyMode": "auto"}
        case "state-timeline":
            return {
                "mergeValues": True,
                "showValue": "never",
                "rowHeight": 0.8,
                "legend": {"showLegend": False},
                "tooltip": {"mode": "single"},
            }
        case "table":
            return {"showHeader": True, "cellHeight": "sm"}
        case _:
            legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
            return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}


def _instance() -> Json:
    asked = "label_values(callctl_build_info, instance)"
    return {
        "name": "instance",
        "label": "Controller",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": asked, "refId": "instances"},
        "definition": asked,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
        "sort": 1,
    }


def _starts() -> Json:
    return _mark("Starts", 'changes(process_start_time_seconds{job="controller"}[1m]) > 0', "{{instance}} started", "blue")


def _mark(name: str, expr: str, title: str, color: str) -> Json:
    return {"name": name, "datasource": SOURCE, "enable": True, "expr": expr, "titleFormat": title, "iconColor": color, "step": "30s"}
