"""What the smoke test makes of the answers that it gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.smoke_answers import JUDGES, Line, judged


def verdicts(lines: list[Line]) -> list[tuple[str, str]]:
    return [(line.verdict, line.check) for line in lines]


def row(service: str, state: str = "running", health: str = "healthy", code: int = 0) -> str:
    return json.dumps({"Service": service, "State": state, "Health": health, "ExitCode": code})


def prometheus(**data: Any) -> str:
    return json.dumps({"status": "success", "data": data})


def test_a_service_that_was_killed_is_the_one_red_line() -> None:
    answer = "\n".join([row("redis"), row("postgres", "exited", "", 137), row("migrate", "exited", "")])
    assert verdicts(judged("services", answer, ["migrate", "postgres", "redis"])) == [
        ("OK", "service migrate"),
        ("FAIL", "service postgres"),
        ("OK", "service redis"),
    ]


@pytest.mark.parametrize(("state", "health"), [("running", "unhealthy"), ("running", "starting"), ("restarting", ""), ("created", "")])
def test_a_service_that_does_not_serve_is_red_and_says_where_to_look(state: str, health: str) -> None:
    (line,) = judged("services", row("shop", state, health), ["shop"])
    assert line.verdict == "FAIL"
    assert line.todo.endswith("logs --tail 50 shop")


def test_a_service_that_is_not_there_or_a_one_shot_that_failed_is_red() -> None:
    assert [line.verdict for line in judged("services", row("migrate", "exited", "", 1), ["migrate", "proxy"])] == ["FAIL", "FAIL"]
    assert [line.verdict for line in judged("services", row("shop", "exited", "", 0), ["shop"])] == ["FAIL"], "it is not to end at all"


def test_each_dependency_has_its_line_and_one_that_is_down_is_red_with_its_reason() -> None:
    up = {"up": True, "required": True, "why": None}
    down = {"up": False, "required": False, "why": "redis: Connection refused"}
    answer = json.dumps({"status": "degraded", "dependencies": {"ari": up, "redis": down}})
    lines = judged("ready", answer)
    assert verdicts(lines) == [("OK", "ready: ari"), ("FAIL", "ready: redis")]
    assert "Connection refused (calls go on without)" in lines[1].seen


def test_a_target_that_is_down_is_red_by_its_name() -> None:
    def target(job: str, health: str, error: str = "") -> dict[str, Any]:
        return {"labels": {"job": job, "instance": "x:1"}, "health": health, "lastError": error, "scrapeUrl": "http://x:1/metrics"}

    lines = judged("targets", prometheus(activeTargets=[target("callctl", "up"), target("redis", "down", "no such host")]))
    assert verdicts(lines) == [("OK", "target callctl x:1"), ("FAIL", "target redis x:1")]
    assert lines[1].seen == "no such host"


def test_rules_that_fail_and_no_rules_at_all_are_red() -> None:
    good, bad = ({"name": name, "type": "alerting", "health": health} for name, health in (("A", "ok"), ("B", "err")))
    assert verdicts(judged("rules", prometheus(groups=[{"rules": [good]}]))) == [("OK", "Prometheus rules")]
    assert verdicts(judged("rules", prometheus(groups=[{"rules": [good, bad]}]))) == [("FAIL", "rule B")]
    assert verdicts(judged("rules", prometheus(groups=[]))) == [("FAIL", "Prometheus rules")]


def test_an_alert_that_fires_is_yellow_with_its_runbook_and_a_pending_one_is_not_told() -> None:
    def alert(name: str, state: str) -> dict[str, Any]:
        return {"labels": {"alertname": name}, "state": state, "annotations": {"summary": "s", "runbook_url": "ops/runbooks/x.md"}}

    always = alert("Watchdog", "firing")
    lines = judged("alerts", prometheus(alerts=[always, alert("RedisDown", "firing"), alert("Slow", "pending")]))
    assert verdicts(lines) == [("WARN", "alert RedisDown")]
    assert lines[0].todo == "ops/runbooks/x.md"
    assert verdicts(judged("alerts", prometheus(alerts=[always]))) == [("OK", "alerts")]
    assert verdicts(judged("alerts", prometheus(alerts=[]))) == [("FAIL", "alert Watchdog")], "nothing that watches is no peace"


def test_of_grafanas_panels_errors_are_red_and_those_without_series_are_counted() -> None:
    query = {"dashboard": "d", "panel": "p", "expr": "up"}
    fine = json.dumps({"standin": True, "errors": [], "queries": [{**query, "series": 2}, {**query, "series": 0}]})
    (line,) = judged("panels", fine)
    assert (line.verdict, line.seen) == ("OK", "2 queries, none fails; 1 have no series yet")
    broken = json.dumps({"standin": True, "errors": [f"e{n}" for n in range(9)], "queries": []})
    assert [line.verdict for line in judged("panels", broken)] == ["FAIL"] * 6


def test_a_shop_without_tyres_and_a_grafana_without_its_database_are_red() -> None:
    assert judged("tyres", json.dumps({"data": []}))[0].verdict == "FAIL"
    assert judged("grafana", json.dumps({"database": "failing", "version": "12"}))[0].verdict == "FAIL"


@pytest.mark.parametrize("kind", JUDGES)
@pytest.mark.parametrize("answer", ["", "curl: (7) Failed to connect", "<html>bad gateway</html>", "[]", "{}", '{"data": null}', "null"])
def test_no_answer_and_nonsense_are_one_red_line_each_and_no_traceback(kind: str, answer: str) -> None:
    lines = judged(kind, answer, ["shop"])
    assert [line.verdict for line in lines] == ["FAIL"]
    assert lines[0].check
    assert "\n" not in str(lines[0])
