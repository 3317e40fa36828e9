"""The smoke test's script where nothing of a stack is there: all of it is told, in red, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "ops/smoke_test_staging.sh"
PORTS = ("API", "SHOP", "PROMETHEUS", "ALERTMANAGER", "GRAFANA", "TLS", "HTTP")
CHECKS = 18


def run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    docker.chmod(0o755)
    closed = {f"STAGING_{name}_PORT": "1" for name in PORTS}
    env = {**os.environ, **closed, "PATH": f"{tmp_path}:{os.environ['PATH']}", **environment}
    return subprocess.run(["bash", str(SCRIPT), *arguments], env=env, capture_output=True, text=True, timeout=60, check=False)


def test_without_a_stack_every_check_is_made_and_red_and_the_exit_code_says_so(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    *lines, empty, summary = done.stdout.splitlines()
    assert empty == ""
    assert all(re.match(r"FAIL  \S", line) for line in lines), done.stdout
    assert len(lines) == CHECKS, done.stdout
    assert summary == f"0 OK, 0 WARN, {CHECKS} FAIL"
    assert "Traceback" not in done.stdout


def test_colours_are_for_who_wants_them_and_a_call_that_is_left_out_is_yellow(tmp_path: Path) -> None:
    done = run(tmp_path, "--no-call", FORCE_COLOR="1")
    assert done.returncode == 1
    assert "\033[31mFAIL" in done.stdout
    assert "\033[33mWARN" in done.stdout
    assert "\033" not in run(tmp_path, "--no-call").stdout


def test_a_word_that_it_does_not_know_makes_it_tell_how_it_is_used(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.returncode == 2
    assert "ops/smoke_test_staging.sh [--no-call]" in done.stdout
