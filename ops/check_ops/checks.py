"""What is checked. In a command, {} is the file and {dir} its folder; the output of each command is the input of the next.

A new kind of file gets a row here, and its tool a place in pyproject.toml's group `ops` where PyPI has it.
"""

from dataclasses import dataclass

Command = tuple[str, ...]


@dataclass(frozen=True)
class Check:
    name: str
    files: tuple[str, ...]  # patterns from the repository's root; each must find a file
    commands: tuple[Command, ...]
    silent: bool = False  # a program that warns and exits 0: any word of its is a complaint


def _compose(*options: str) -> tuple[Command, ...]:
    return (("docker-compose", *options, "--file={}", "--profile=*", "config", "--quiet"),)


CHECKS = (
    Check("compose", ("docker-compose.yml", "docker-compose.dev.yml", "docker-compose.staging.yml"), _compose(), silent=True),
    Check("compose, .env.staging", ("docker-compose.staging.yml",), _compose("--env-file=.env.staging"), silent=True),
    Check("hadolint", ("Dockerfile", "asterisk/Dockerfile", "ops/**/Dockerfile"), (("hadolint", "--no-color", "{}"),)),
    Check(
        "shellcheck", ("ops/**/*.sh", "asterisk/*.sh", ".ci/run"), (("shellcheck", "--external-sources", "--source-path=SCRIPTDIR", "{}"),)
    ),
    Check("workflow schema", (".github/workflows/*.yml",), (("check-jsonschema", "--builtin-schema=vendor.github-workflows", "{}"),)),
    Check("dependabot schema", (".github/dependabot.yml",), (("check-jsonschema", "--builtin-schema=vendor.dependabot", "{}"),)),
    Check("zizmor", (".github/workflows/*.yml", ".github/dependabot.yml"), (("zizmor", "--offline", "--no-progress", "--pedantic", "{}"),)),
    Check("prometheus", ("ops/prometheus/prometheus.yml",), (("promtool", "check", "config", "{}"),)),
    Check("rules", ("ops/prometheus/rules/*.yml",), (("promtool", "check", "rules", "--lint-fatal", "{}"),)),
    Check("rules' tests", ("ops/prometheus/tests/*.yml",), (("promtool", "test", "rules", "{}"),)),
    Check("alertmanager", ("ops/alertmanager/alertmanager.yml",), (("amtool", "check-config", "{}"),)),
    Check("dashboard", ("ops/grafana/dashboards/*.json",), (("python", "-m", "json.tool", "{}"),)),
    Check(
        "kubernetes",
        ("ops/kubernetes/overlays/**/kustomization.yaml",),
        (("kubectl", "kustomize", "{dir}"), ("kubernetes-validate", "--strict", "--quiet", "-")),
    ),
)
