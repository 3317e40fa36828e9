"""Answers of a stack's parts, judged: for ``smoke_test_staging.sh``, which asks. Nothing but the standard library: it runs on the host.

    curl ... | python3 ops/smoke_answers.py ready      ─►  OK <tab> ready: ari <tab> up
                                                           FAIL <tab> ready: redis <tab> Connection refused <tab> what to do

Each function is pure: the answer's text in, lines out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

SHOWN_MAX = 160  # characters of a reason
_MANY = 5  # of a kind; the rest is counted


WATCHDOG = "Watchdog"


class Line(NamedTuple):
    verdict: str  # OK, WARN, FAIL
    check: str
    seen: str
    todo: str = ""

    def __str__(self) -> str:
        return "\t".join(" ".join(part.split()) for part in self)


def services(answer: str, names: Sequence[str]) -> Iterable[Line]:
    """``docker compose ps -a --format json``, an object a line, beside the services that there should be."""
    found = {row["Service"]: row for row in map(json.loads, answer.splitlines())}
    for name in names:
        row = found.get(name)
        if row is None:
            yield Line("FAIL", f"service {name}", "not there", "docker compose -f docker-compose.staging.yml up -d --wait")
            continue
        state, health = str(row["State"]), str(row["Health"])
        logs = f"docker compose -f docker-compose.staging.yml logs --tail 50 {name}"
        if state == "exited" and row["ExitCode"] == 0 and name in ONE_SHOT:
            yield Line("OK", f"service {name}", "has done its work")
        elif state == "running" and health in ("healthy", ""):
            yield Line("OK", f"service {name}", health or "running")
        else:
            seen = f"{state}, {health}" if health else f"{state}, exit code {row['ExitCode']}" if state == "exited" else state
            yield Line("FAIL", f"service {name}", seen, logs)


ONE_SHOT = frozenset({"secrets", "migrate"})


def ready(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """``/health/ready``."""
    told = json.loads(answer)
    for name, dependency in told["dependencies"].items():
        if dependency["up"]:
            yield Line("OK", f"ready: {name}", "up")
        else:
            required = "required for calls" if dependency["required"] else "calls go on without"
            yield Line("FAIL", f"ready: {name}", f"{_short(dependency['why'] or 'down')} ({required})", "callctl doctor tells what to do")
    if told["status"] not in ("ready", "degraded"):
        yield Line("FAIL", "ready", told["status"], "no new call reaches the agent: see the lines above")


def tyres(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """``/api/v1/tires/search`` of the shop."""
    found = json.loads(answer)["data"]
    if found:
        first = found[0]
        yield Line("OK", "shop", f"{len(found)} tyres, the first {first['brand']} {first['model']} for {first['price']} UAH")
    else:
        yield Line("FAIL", "shop", "finds no tyre", "restart the service shop: it begins with its catalogue")


def targets(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """Prometheus' ``/api/v1/targets``."""
    active = json.loads(answer)["data"]["activeTargets"]
    if not active:
        yield Line("FAIL", "Prometheus targets", "none", "ops/prometheus/prometheus.yml names them")
    for target in active:
        name = f"target {target['labels'].get('job', '?')} {target['labels'].get('instance', '')}".rstrip()
        if target["health"] == "up":
            yield Line("OK", name, "up")
        else:
            todo = f"does {target['scrapeUrl']} answer within the stack's network?"
            yield Line("FAIL", name, _short(target["lastError"] or target["health"]), todo)


def rules(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """Prometheus' ``/api/v1/rules``."""
    found = [rule for group in json.loads(answer)["data"]["groups"] for rule in group["rules"]]
    broken = [rule for rule in found if rule["health"] == "err"]
    if not found:
        yield Line("FAIL", "Prometheus rules", "none are loaded", "rule_files in ops/prometheus/prometheus.yml")
    for rule in broken[:_MANY]:
        yield Line("FAIL", f"rule {rule['name']}", _short(rule.get("lastError", "fails")), "promtool check rules ops/prometheus/rules/*")
    if found and not broken:
        alerts = sum(rule["type"] == "alerting" for rule in found)
        yield Line("OK", "Prometheus rules", f"{alerts} alerts, {len(found) - alerts} recorded series")


def alertmanagers(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """Prometheus' ``/api/v1/alertmanagers``."""
    active = json.loads(answer)["data"]["activeAlertmanagers"]
    if active:
        yield Line("OK", "Alertmanager for Prometheus", ", ".join(one["url"] for one in active))
    else:
        yield Line("FAIL", "Alertmanager for Prometheus", "unknown to it", "alerting in ops/prometheus/prometheus.yml")


def alerts(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """Prometheus' ``/api/v1/alerts``. What fires is no failure of the stack, but to be looked at; one always must: then any other can."""
    firing = {alert["labels"]["alertname"]: alert for alert in json.loads(answer)["data"]["alerts"] if alert["state"] == "firing"}
    if WATCHDOG not in firing:
        yield Line("FAIL", f"alert {WATCHDOG}", "does not fire, which it always must", f"ops/runbooks/{WATCHDOG}.md")
    for name, alert in firing.items():
        if name != WATCHDOG:
            seen = alert["annotations"].get("summary", "fires")
            yield Line("WARN", f"alert {name}", _short(seen), alert["annotations"].get("runbook_url", "its runbook is in ops/runbooks"))
    if firing.keys() == {WATCHDOG}:
        yield Line("OK", "alerts", f"none fires but {WATCHDOG}, which always must")


def grafana(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """``/api/health``."""
    told = json.loads(answer)
    if told.get("database") == "ok":
        yield Line("OK", "Grafana", f"version {told.get('version', '?')}")
    else:
        yield Line("FAIL", "Grafana", _short(answer), "docker compose -f docker-compose.staging.yml logs --tail 50 grafana")


def panels(answer: str, _: Sequence[str] = ()) -> Iterable[Line]:
    """``/standin/check`` of Grafana's stand-in: every panel's query, asked."""
    told = json.loads(answer)
    errors, queries = told["errors"], told["queries"]
    for error in errors[:_MANY]:
        yield Line("FAIL", "Grafana panels", _short(error), "ops/grafana/dashboards")
    if len(errors) > _MANY:
        yield Line("FAIL", "Grafana panels", f"and {len(errors) - _MANY} more")
    empty = sum(not query.get("series") for query in queries if "error" not in query)
    if not errors:
        seen = f"{len(queries)} queries, none fails"
        yield Line("OK", "Grafana panels", seen if not empty else f"{seen}; {empty} have no series yet")


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


Judge = Callable[[str, Sequence[str]], Iterable[Line]]
UNANSWERED = "curl: "
_ASKED = {  # of whom, and which service it is
    "services": ("services", ""),
    "ready": ("controller: /health/ready", "controller"),
    "tyres": ("shop", "shop"),
    "targets": ("Prometheus targets", "prometheus"),
    "rules": ("Prometheus rules", "prometheus"),
    "alertmanagers": ("Alertmanager for Prometheus", "prometheus"),
    "alerts": ("alerts", "prometheus"),
    "grafana": ("Grafana", "grafana"),
    "panels": ("Grafana panels", "grafana"),
}
JUDGES: dict[str, Judge] = {
    judge.__name__: judge for judge in (services, ready, tyres, targets, rules, alertmanagers, alerts, grafana, panels)
}


def judged(kind: str, answer: str, arguments: Sequence[str] = ()) -> list[Line]:
    """No answer, or one of another shape than it should have, is a failure as well."""
    check, service = _ASKED[kind]
    logs = f"docker compose -f docker-compose.staging.yml logs --tail 50 {service}".rstrip()
    if not answer.strip() or answer.startswith(UNANSWERED):
        return [Line("FAIL", check, _short(answer.removeprefix(UNANSWERED).strip()) or "no answer", logs)]
    try:
        return list(JUDGES[kind](answer, arguments))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [Line("FAIL", check, f"answers what is not understood ({type(error).__name__}: {error}): {_short(answer)}", logs)]


if __name__ == "__main__":
    print("\n".join(map(str, judged(sys.argv[1], sys.stdin.read(), sys.argv[2:]))))
