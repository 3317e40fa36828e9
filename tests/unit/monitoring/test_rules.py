"""The alerts as files: whole, answerable, explained and tried. Whether they fire is promtool's to say: ops/prometheus/tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.monitoring.exposed import Series, unanswered

OPS = Path(__file__).parents[3] / "ops"


def load(path: str) -> Any:
    return yaml.safe_load((OPS / path).read_text("utf-8"))


def rules(name: str) -> list[dict[str, Any]]:
    return [rule for group in load(f"prometheus/rules/{name}.yml")["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in [*rules("alerts"), *rules("compose")]}
RECORDED = frozenset(rule["record"] for rule in rules("recording"))
TESTS = [test for path in sorted((OPS / "prometheus/tests").glob("*.yml")) for test in load(f"prometheus/tests/{path.name}")["tests"]]


def about(test: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """Each alert that a test of promtool's asks after, and what it must find."""
    found = []
    for question in test["promql_expr_test"]:
        named = re.search(r'alertname="(\w+)"', question["expr"])
        assert named is not None, question
        found.append((named[1], question["exp_samples"]))
    return found


@pytest.mark.parametrize("rule", [*ALERTS.values(), *rules("recording")], ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_only_for_what_a_controller_exposes(rule: dict[str, Any], series: Series) -> None:
    assert unanswered(rule["expr"], series, RECORDED) == []


def test_a_name_and_a_label_that_nobody_exposes_are_found() -> None:
    series: Series = {"callctl_calls_total": [{"outcome": "failed"}]}
    for expr, faults in (
        ('sum(rate(callctl_calls_total{outcome="failed"}[5m])) by (outcome)', []),
        ("rate(callctl_cals_total[5m])", ["nobody exposes callctl_cals_total"]),
        ('callctl_calls_total{outcome="fialed"} > 1', ["no series of callctl_calls_total has [('outcome', '=', 'fialed')]"]),
        ('callctl_calls_total{outcome=~"fai.+|x"} unless on (app_name) up{job="controller"}', []),
        ('callctl_calls_total{reason!="x"}', ["no series of callctl_calls_total has [('reason', '!=', 'x')]"]),
        ("callctl:calls:rate5m", ["nobody exposes callctl:calls:rate5m"]),
    ):
        assert unanswered(expr, series, frozenset()) == faults, expr


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_what_where_to_look_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"critical", "warning", "none"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url", "dashboard"}
    assert rule["annotations"]["runbook_url"] == f"ops/runbooks/{name}.md"
    assert (OPS / "grafana/dashboards" / f"{rule['annotations']['dashboard'].removeprefix('/d/callctl-')}.json").is_file()


def test_each_alert_has_its_runbook_and_each_runbook_its_alert() -> None:
    assert {path.stem for path in (OPS / "runbooks").glob("*.md")} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_says_what_it_means_how_to_look_what_to_do_and_when_it_ends(name: str) -> None:
    text = (OPS / f"runbooks/{name}.md").read_text("utf-8")
    assert text.startswith(f"# {name}\n")
    for part in ("**Callers.**", "**Look.**", "```bash\n", "**Do.**", "**Ends**"):
        assert part in text


@pytest.mark.parametrize("name", ALERTS)
def test_promtool_sees_an_alert_fire_and_sees_it_silent(name: str) -> None:
    expected = [samples for test in TESTS for asked, samples in about(test) if asked == name]
    assert any("firing" in sample["labels"] for samples in expected for sample in samples)
    if name != "Watchdog":
        assert [] in expected


def test_promtool_is_asked_only_for_alerts_that_are_there() -> None:
    assert {name for test in TESTS for name, _ in about(test)} <= set(ALERTS)


def test_the_documentation_has_every_alert_in_its_table() -> None:
    text = (OPS.parent / "docs/observability.md").read_text("utf-8")
    assert set(re.findall(r"^\| \[(\w+)\]\(\.\./ops/runbooks/\1\.md\) \|", text, re.MULTILINE)) == set(ALERTS)


def test_what_alertmanager_silences_are_alerts_that_are_there() -> None:
    config = load("alertmanager/alertmanager.yml")
    matchers = [one for rule in config["inhibit_rules"] for side in ("source_matchers", "target_matchers") for one in rule[side]]
    for matcher in matchers:
        label, operator, value = re.fullmatch(r"(\w+) (=~|=) \"?([^\"]+)\"?", matcher).groups()  # type: ignore[union-attr]
        if label == "alertname":
            for name in value.split("|") if operator == "=~" else [value]:
                assert any(re.fullmatch(name, alert) for alert in ALERTS), name


def test_what_befell_one_controller_silences_nothing_that_is_said_of_all() -> None:
    """The others' callers may be failed at the same time, and for another reason. Vendors are the same for all."""
    vendors = {"SpeechToTextDown", "TextToSpeechDown", "ModelDown", "ShopDown", "ShopBreakerOpen"}
    for rule in load("alertmanager/alertmanager.yml")["inhibit_rules"]:
        if {name for name in _named(rule["source_matchers"]) - vendors if _of_one_controller(name)}:
            assert rule.get("equal") == ["instance"], rule
            assert all(_of_one_controller(name) for name in _named(rule["target_matchers"])), rule


def test_when_no_controller_takes_calls_its_consequences_are_silent_and_each_cause_is_told() -> None:
    (rule,) = [one for one in load("alertmanager/alertmanager.yml")["inhibit_rules"] if _named(one["source_matchers"]) == {"NobodyAnswers"}]
    assert {"CallsFailing", "CallsFailingFast", "AnswersSlow", "AnswersSlowFast"} <= _named(rule["target_matchers"])
    assert not {"ControllerDown", "AsteriskDown", "AriEventsLost"} & _named(rule["target_matchers"])


def test_a_critical_alert_is_silenced_by_critical_ones_alone() -> None:
    """Who silences must be heard as loudly: else a night's page waits for the morning."""
    for rule in load("alertmanager/alertmanager.yml")["inhibit_rules"]:
        loud = {side: _severities(rule[f"{side}_matchers"]) for side in ("source", "target")}
        if "critical" in loud["target"]:
            assert loud["source"] == {"critical"}, rule


def _severities(matchers: list[str]) -> set[str]:
    return {ALERTS[name]["labels"]["severity"] for name in _named(matchers)}


def _named(matchers: list[str]) -> set[str]:
    """The alerts that matchers of Alertmanager's choose."""
    pattern = next(matcher.split(maxsplit=2)[2].strip('"') for matcher in matchers if matcher.startswith("alertname"))
    return {name for name in ALERTS if re.fullmatch(pattern, name)}


def _of_one_controller(name: str) -> bool:
    annotations = ALERTS[name]["annotations"]
    return "$labels.instance" in annotations["summary"] + annotations["description"]
