"""Secrets are made once, each by itself, and what others must give is asked for."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from controller.default_secrets import STAGING_ONLY
from tests.unit.deployment.compose import PRODUCTION, ROOT, load

SCRIPT = ROOT / "ops/make_secrets.sh"


def make(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(["sh", str(SCRIPT), str(folder)], env=environment, capture_output=True, text=True, timeout=20, check=False)


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_staging_makes_every_secret_of_the_stack_and_marks_it(tmp_path: Path) -> None:
    done = make(tmp_path / "made", SECRET_PREFIX=STAGING_ONLY, ALERTS_TO="http://proxy:2020/health")
    assert done.returncode == 0, done.stderr
    made = content(tmp_path / "made")
    assert set(made) == set(load(PRODUCTION)["secrets"])
    assert made.pop("alertmanager_webhook") == "http://proxy:2020/health\n"
    assert all(re.fullmatch(STAGING_ONLY + "[0-9a-f]{48}\n", secret) for secret in made.values())
    assert len(set(made.values())) == len(made)
    assert not any(secret.strip() in done.stdout + done.stderr for secret in made.values())


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path, SECRET_PREFIX=STAGING_ONLY)
    before = content(tmp_path)
    assert make(tmp_path, SECRET_PREFIX=STAGING_ONLY).returncode == 0
    assert content(tmp_path) == before


def test_production_asks_for_what_others_give(tmp_path: Path) -> None:
    done = make(tmp_path)
    assert done.returncode == 1
    for name in ("shop_api_key", "anthropic_api_key", "google_credentials", "alertmanager_webhook"):
        assert f"{name}: still needed" in done.stderr
        (tmp_path / name).write_text("given\n")
    assert make(tmp_path).returncode == 0
    assert not any(secret.startswith(STAGING_ONLY) for secret in content(tmp_path).values())


def test_the_folder_is_closed_and_each_secret_readable_for_the_accounts_inside_the_containers(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
