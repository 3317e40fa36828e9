"""The running staging stack, by the commands that its operator has: compose, the smoke test, Prometheus."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.unit.deployment.compose import ROOT, STAGING, load

PROJECT: str = load(STAGING)["name"]
COMMAND_S = 180.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def command(*argv: str, check: bool = True, timeout_s: float = COMMAND_S, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(argv, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, timeout=timeout_s, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


def compose(*argv: str, check: bool = True, timeout_s: float = COMMAND_S) -> str:
    words = ["docker", "compose", "-f", STAGING, "--env-file", ".env.staging", *argv]
    return command(*words, check=check, timeout_s=timeout_s).stdout


def container(service: str) -> str:
    """The name of a service's container, running or not."""
    return f"{PROJECT}-{service}-1"


def inspect(service: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(command("docker", "inspect", container(service)).stdout)
    return found[0]


@dataclass(frozen=True, slots=True)
class Smoke:
    """What the smoke test said: (word, the rest of its line)."""

    status: int
    lines: Sequence[tuple[str, str]]

    def of(self, word: str) -> list[str]:
        return [rest for said, rest in self.lines if said == word]


def smoke(*arguments: str) -> Smoke:
    done = command("bash", "ops/smoke_test_staging.sh", *arguments, check=False)
    lines = [line.partition(" ") for line in _COLOURS.sub("", done.stdout).splitlines()]
    return Smoke(done.returncode, [(word, rest.strip()) for word, _, rest in lines if word in ("OK", "FAIL", "WARN")])


def prometheus(path: str, **parameters: str) -> Any:
    """The data of an answer of Prometheus's API."""
    url = f"http://127.0.0.1:{os.environ.get('STAGING_PROMETHEUS_PORT', '19090')}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]


def alerts() -> set[str]:
    """The names of those that are pending or firing."""
    return {alert["labels"]["alertname"] for alert in prometheus("alerts")["alerts"]}
