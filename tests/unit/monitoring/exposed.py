"""What a controller really exposes, from its own wiring; and which series a query in PromQL asks for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from controller.api.readiness import Finding
from controller.observation import Observed, make_readiness, watch
from controller.telemetry import DependencyMetrics
from controller.wiring.counters import make_counters
from controller.wiring.stores import open_stores
from tests.unit.controller.test_reachable import settings

NOWHERE = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}

# Of programs that are not ours: Prometheus, Alertmanager. Checked against their own pages of metrics.
FOREIGN = frozenset(
    {
        "up",
        "ALERTS",
        "alertmanager_config_last_reload_successful",
        "alertmanager_notifications_failed_total",
        "prometheus_config_last_reload_successful",
        "prometheus_notifications_alertmanagers_discovered",
        "prometheus_notifications_dropped_total",
        "prometheus_rule_evaluation_failures_total",
    }
)

Series = dict[str, list[dict[str, str]]]
"""By name the labels of each series that stands there from the start."""


def exposed(journal: Path) -> Series:
    with pytest.MonkeyPatch.context() as environment:
        chosen = settings(environment, JOURNAL_DIRECTORY=str(journal), **NOWHERE)
    return asyncio.run(_exposed(chosen))


async def _exposed(chosen: Any) -> Series:
    counters = make_counters(chosen)
    async with open_stores(chosen, counters, lambda raised: None) as stores:
        absent = cast("Any", None)  # only asked when a value is read
        observed = Observed(
            settings=chosen,
            socket=absent,
            probe=absent,
            dialplan=absent,
            journal=stores.journal,
            live=stores.live,
            live_log=stores.live_log,
            lines=absent,
            switchboard=absent,
            database=stores.database,
            operators=absent,
        )
        watch(counters.readings, observed)
        dependencies = make_readiness(observed)._dependencies
        DependencyMetrics(counters.registry).observe(Finding(one.name, one.required, None) for one in dependencies)
        counters.registry.unregister(counters.readings)
        series: Series = {}
        for family in counters.registry.collect():
            for sample in family.samples:
                series.setdefault(sample.name, []).append(sample.labels)
        for family in counters.readings.describe():
            for ending in {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""]):
                series[family.name + ending] = [{}]
        return series


class Asked(NamedTuple):
    metric: str
    matchers: tuple[tuple[str, str, str], ...]  # label, operator, value


def asked(expr: str) -> Iterator[Asked]:
    """Every selector of a metric in *expr*; a name is one if it has an underscore or a colon in it, or is known."""
    bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", "", expr)
    for name, labels in re.findall(r"\b([a-zA-Z_][\w:]*)\b(?:\{([^}]*)\})?(?!\s*\()", bare):
        if "_" in name or ":" in name or name in FOREIGN:
            yield Asked(name, tuple(re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', labels)))


def unanswered(expr: str, series: Series, recorded: frozenset[str]) -> list[str]:
    """What *expr* asks for and nobody exposes, in words."""
    faults = []
    for metric, matchers in asked(expr):
        if metric in FOREIGN or metric in recorded:
            continue
        if metric not in series:
            faults.append(f"nobody exposes {metric}")
            continue
        ours = [one for one in matchers if one[0] not in {"job", "instance", "le"}]  # job and instance are Prometheus' own
        if not any(all(_fits(labels, *matcher) for matcher in ours) for labels in series[metric]):
            faults.append(f"no series of {metric} has {ours}")
    return faults


def _fits(labels: dict[str, str], label: str, operator: str, value: str) -> bool:
    has = labels.get(label)
    if has is None:
        return False
    same = re.fullmatch(value, has) is not None if "~" in operator else has == value
    return same is not operator.startswith("!")
