from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import pytest

from tests.staging.stack import PROJECT, compose, smoke

PATIENCE_S = 120.0  # a scrape, a rule's evaluation, a health check, on a machine that has other things to do


@pytest.fixture(scope="session", autouse=True)
def stack() -> None:
    """The stack must be up and green: what these tests break must have been whole."""
    try:
        running = subprocess.run(
            ["docker", "ps", "-q", "-f", f"label=com.docker.compose.project={PROJECT}"], capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.exit(f"no Docker engine answers: {error}", returncode=1)
    if not running.stdout.strip():
        pytest.exit("the staging stack does not run: make test-staging ARGS=--failures brings it up and runs these tests", returncode=1)
    compose("up", "-d", "--wait")
    until(lambda: smoke("--no-call").status == 0, "the smoke test to be green")


def until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait for *condition*; what it raises while a service is away counts as not yet."""
    deadline_s = time.monotonic() + timeout_s
    last = ""
    while time.monotonic() < deadline_s:
        try:
            if condition():
                return
        except (OSError, AssertionError, ValueError) as error:
            last = f" (last: {error})"
        time.sleep(0.5)
    pytest.fail(f"waited {timeout_s:g} s for {what}{last}")
