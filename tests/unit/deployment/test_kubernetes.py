"""What the Kubernetes manifests promise and no schema knows: that they fit settings, Asterisk's variables and the compose files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from controller.journal.journal import JournalSettings
from controller.settings import Settings, variables
from controller.switchboard import CLOSING_S, TRANSFER_S
from ops.devstack.asterisk import CONFIGURATION
from ops.devstack.render import VARIABLES_FILE, defaults
from tests.unit.deployment.compose import PRODUCTION, services
from tests.unit.deployment.manifests import (
    CELLS,
    FOLDER,
    container_of,
    env_file,
    everything,
    manifest,
    pod_of,
    secret_files_of,
    settings_of,
    suffix_of,
    workers_max,
    workloads,
)

MARGIN_S = 20.0  # what else a controller closes at its end
GIVEN_BY_COMPOSE = {"callctl-migrate": "migrate", "callctl": "controller", "asterisk": "asterisk"}
UNITS = {"m": 1 << 20, "g": 1 << 30, "Mi": 1 << 20, "Gi": 1 << 30}

each_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.parent.name}-{cell.name}")
each_workload = pytest.mark.parametrize("workload", workloads(), ids=lambda workload: workload["metadata"]["name"])


def bytes_of(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([A-Za-z]+)", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


@pytest.fixture
def settings(cell: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """As a pod of the cell loads them; each secret is a file with some word in it."""
    given = settings_of(cell, f"callctl{suffix_of(cell)}-0")
    assert {name.removesuffix("_FILE") for name in given} <= variables().keys(), "the controller knows no such setting"
    for name in variables().keys() & os.environ.keys():
        monkeypatch.delenv(name)
    for name, value in given.items():
        if value.startswith("/run/secrets/"):
            file = tmp_path / Path(value).name
            file.write_text("f00d1e5511aa22\n")
            value = str(file)
        monkeypatch.setenv(name, value)
    return Settings.load(None)


@each_cell
def test_a_pod_of_the_cell_has_settings_that_a_controller_starts_with(cell: Path, settings: Settings) -> None:
    assert settings.ari.app == f"callctl{suffix_of(cell)}-0"
    assert settings.ari.url == f"http://asterisk{suffix_of(cell)}:8088"
    assert settings.audiosocket.address(9092) == "10.244.1.7:9092"


@each_cell
def test_the_drain_ends_before_kubernetes_loses_its_patience(cell: Path, settings: Settings) -> None:
    grace_s = pod_of(manifest("StatefulSet", "callctl"))["terminationGracePeriodSeconds"]
    assert grace_s >= settings.calls.drain_s + TRANSFER_S + CLOSING_S + JournalSettings().drain_timeout_s + MARGIN_S


@each_cell
def test_an_asterisk_is_left_the_time_of_its_longest_call(cell: Path, settings: Settings) -> None:
    grace_s = pod_of(manifest("StatefulSet", "asterisk"))["terminationGracePeriodSeconds"]
    assert grace_s >= settings.calls.max_length_s + settings.calls.transfer_timeout_s


@each_cell
def test_ports_are_the_settings(cell: Path, settings: Settings) -> None:
    container = container_of(manifest("StatefulSet", "callctl"))
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == {
        "audiosocket": settings.audiosocket.port,
        "api": settings.api.port,
    }
    inner = manifest("NetworkPolicy", "callctl-and-asterisk")["spec"]
    assert [port["port"] for rule in inner["ingress"] for port in rule["ports"]] == [settings.audiosocket.port]
    assert [port["port"] for rule in manifest("NetworkPolicy", "api")["spec"]["ingress"] for port in rule["ports"]] == [settings.api.port]
    annotations = manifest("StatefulSet", "callctl")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(settings.api.port)


@each_cell
def test_asterisk_names_every_controller_that_the_autoscaler_may_start(cell: Path, settings: Settings) -> None:
    asterisk = env_file(cell / "asterisk.env")
    assert asterisk["ARI_WORKERS"].split("&") == [f"callctl{suffix_of(cell)}-{number}" for number in range(workers_max(cell))]
    assert asterisk["ARI_APP"] == settings.ari.front_app


@each_cell
def test_the_autoscaler_adds_a_controller_before_the_others_refuse_calls(cell: Path, settings: Settings) -> None:
    text = (cell / "kustomization.yaml").read_text(encoding="utf-8")
    patched = re.search(r"averageValue\s+value: \"(\d+)\"", text)
    (metric,) = manifest("HorizontalPodAutoscaler", "callctl")["spec"]["metrics"]
    assert int(patched[1] if patched else metric["pods"]["target"]["averageValue"]) < settings.calls.max


@each_cell
def test_asterisk_is_told_nothing_that_its_configuration_does_not_ask_for(cell: Path) -> None:
    known = defaults((CONFIGURATION / VARIABLES_FILE).read_text(encoding="utf-8")).keys() | {"ENVIRONMENT"}
    own = {one["name"].removesuffix("_FILE") for one in container_of(manifest("StatefulSet", "asterisk"))["env"]} - {"POD_IP"}
    assert own | env_file(cell / "asterisk.env").keys() <= known


def test_every_cell_of_an_environment_has_names_of_its_own() -> None:
    """Channel ids, applications and the log's cursors are told apart by them."""
    for environment in {cell.parent for cell in CELLS}:
        cells = [cell for cell in CELLS if cell.parent == environment]
        assert len({suffix_of(cell) for cell in cells}) == len(cells)
        assert len({env_file(cell / "asterisk.env")["SYSTEM_NAME"] for cell in cells}) == len(cells)


@pytest.mark.parametrize(("workload", "service"), GIVEN_BY_COMPOSE.items())
def test_images_and_limits_of_memory_are_those_of_the_compose_file(workload: str, service: str) -> None:
    container, said = container_of(next(one for one in workloads() if one["metadata"]["name"] == workload)), services(PRODUCTION)[service]
    assert container["image"] == said["image"].partition(":")[0]
    assert bytes_of(container["resources"]["limits"]["memory"]) == bytes_of(said["deploy"]["resources"]["limits"]["memory"])


@each_workload
def test_nothing_runs_with_rights_or_a_file_system_that_it_can_change(workload: dict[str, Any]) -> None:
    pod, container = pod_of(workload), container_of(workload)
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@each_workload
def test_memory_is_what_was_asked_for_and_the_processor_is_not_capped(workload: dict[str, Any]) -> None:
    resources = container_of(workload)["resources"]
    assert resources["limits"] == {"memory": resources["requests"]["memory"]}
    assert "cpu" in resources["requests"]


def test_no_secret_is_in_the_repository() -> None:
    assert not [one for one in everything() if one.get("kind") == "Secret" or "secretGenerator" in one]
    for path in FOLDER.rglob("*.env"):
        given = env_file(path)
        assert not [name for name in given if re.search(r"_(PASSWORD|KEY|TOKEN|SECRET)$", name)], path
        assert not [value for value in given.values() if re.search(r"://[^/\s:]+:[^/\s@]+@", value)], path


@each_workload
def test_the_guide_creates_every_secret_that_a_pod_looks_for(workload: dict[str, Any]) -> None:
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    made = {name: set(re.findall(r"--from-file=(\w+)", rest)) for name, rest in re.findall(r"create secret generic (\S+)(.*)", guide)}
    wanted = {one["value"] for one in container_of(workload)["env"] if one.get("value", "").startswith("/run/secrets/")}
    assert wanted <= secret_files_of(workload, made)
    assert not [one for one in container_of(workload)["env"] if "secretKeyRef" in one.get("valueFrom", {})], "secrets are files"
