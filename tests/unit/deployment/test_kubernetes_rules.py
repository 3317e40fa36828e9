"""In Kubernetes the alerts of a controller hold as under compose, and find what they ask for under the names that they use."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from tests.unit.deployment.compose import ROOT
from tests.unit.deployment.manifests import manifest

SCRIPT = ROOT / "ops/kubernetes/alert_rules.sh"
RULES = ROOT / "ops/prometheus/rules"
TAKEN = ("recording", "alerts")


def jobs_of(name: str) -> set[str]:
    return set(re.findall(r'job="([^"]*)"', (RULES / f"{name}.yml").read_text("utf-8")))


def test_each_file_becomes_a_rule_of_the_operator_s() -> None:
    done = subprocess.run(["bash", str(SCRIPT)], capture_output=True, text=True, timeout=20, check=True)
    made = [one for one in yaml.safe_load_all(done.stdout) if one]
    assert [(one["apiVersion"], one["kind"], one["metadata"]["name"]) for one in made] == [
        ("monitoring.coreos.com/v1", "PrometheusRule", f"callctl-{name}") for name in TAKEN
    ]
    assert [one["spec"] for one in made] == [yaml.safe_load((RULES / f"{name}.yml").read_text("utf-8")) for name in TAKEN]


def test_what_it_takes_asks_for_controllers_alone_and_what_it_leaves_for_none() -> None:
    assert set().union(*map(jobs_of, TAKEN)) == {"controller"}
    left = {path.stem for path in RULES.glob("*.yml")} - set(TAKEN)
    assert left == {"compose"}
    assert "controller" not in jobs_of("compose")
    text = "".join((RULES / f"{name}.yml").read_text("utf-8") for name in TAKEN)
    assert not re.search(r"\b(prometheus|alertmanager)_\w+|\bvector\(", text), "the cluster's monitoring watches itself"


@pytest.mark.parametrize(
    ("label", "rule"), [("job", {"replacement": "controller"}), ("instance", {"sourceLabels": ["__meta_kubernetes_pod_name"]})]
)
def test_a_pod_is_scraped_under_the_names_that_the_rules_and_dashboards_use(label: str, rule: dict[str, object]) -> None:
    (endpoint,) = manifest("PodMonitor", "callctl")["spec"]["podMetricsEndpoints"]
    assert [one for one in endpoint["relabelings"] if one["targetLabel"] == label] == [{"targetLabel": label, **rule}]
