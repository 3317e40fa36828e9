"""Each service is killed, and cut off, in turn: the smoke test says which, an alert has its name, and all is well again after."""

from __future__ import annotations

import pytest

from tests.staging.conftest import until
from tests.staging.stack import PROJECT, alerts, command, compose, container, smoke

# What tells of its loss; nobody can tell of Prometheus's own, and Grafana's costs no caller anything: the smoke test tells of both.
ALERTS: dict[str, str | None] = {
    "controller": "ControllerDown",
    "asterisk": "AsteriskDown",
    "postgres": "PostgresqlDown",
    "redis": "RedisDown",
    "shop": "ShopDown",
    "google-stt": "SpeechToTextDown",
    "google-tts": "TextToSpeechDown",
    "anthropic": "ModelDown",
    "proxy": "ProxyDown",
    "alertmanager": "AlertmanagerDown",
    "prometheus": None,
    "grafana": None,
}
# The network on which it is missed.
NETWORKS = {
    "controller": "monitoring",
    "asterisk": "telephony",
    "postgres": "data",
    "redis": "data",
    "shop": "vendors",
    "google-stt": "vendors",
    "google-tts": "vendors",
    "anthropic": "vendors",
    "proxy": "monitoring",
    "alertmanager": "monitoring",
    "prometheus": "monitoring",
    "grafana": "monitoring",
}

# The beginnings of the lines that tell of it: its own, or that of what is not reached any more.
NAMED: dict[str, tuple[str, ...]] = {
    "controller": ("service controller", "target controller"),
    "asterisk": ("service asterisk", "ready: ari"),
    "postgres": ("service postgres", "ready: postgresql"),
    "redis": ("service redis", "ready: redis"),
    "shop": ("service shop", "ready: shop"),
    "google-stt": ("service google-stt", "ready: stt"),
    "google-tts": ("service google-tts", "ready: tts"),
    "anthropic": ("service anthropic", "ready: anthropic"),
    "proxy": ("service proxy", "target proxy"),
    "alertmanager": ("service alertmanager", "target alertmanager"),
    "prometheus": ("service prometheus", "Prometheus"),
    "grafana": ("service grafana", "Grafana"),
}


def expect_missed(service: str) -> None:
    alert = ALERTS[service]
    if alert:
        until(lambda: alert in alerts(), f"the alert {alert}")
    said = smoke("--no-call")
    assert said.status == 1
    assert any(line.startswith(NAMED[service]) for line in said.of("FAIL")), said


def expect_well(service: str) -> None:
    until(lambda: smoke("--no-call").status == 0, f"a green smoke test after {service} is back")
    alert = ALERTS[service]
    if alert:
        until(lambda: alert not in alerts(), f"the end of the alert {alert}")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("service", ALERTS)
def test_a_service_that_is_killed_is_told_by_name_and_is_well_after_its_restart(service: str) -> None:
    compose("kill", "-s", "KILL", service)
    try:
        expect_missed(service)
    finally:
        compose("up", "-d", "--wait", service)
    expect_well(service)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("service", NETWORKS)
def test_a_service_that_is_cut_off_is_told_by_name_and_is_well_when_it_is_back(service: str) -> None:
    network = f"{PROJECT}_{NETWORKS[service]}"
    command("docker", "network", "disconnect", network, container(service))
    try:
        expect_missed(service)
    finally:
        command("docker", "network", "connect", "--alias", service, network, container(service))
    expect_well(service)


@pytest.mark.timeout(400)
def test_after_all_that_a_caller_is_answered() -> None:
    assert smoke().status == 0
