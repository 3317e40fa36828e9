"""Staging beside production on one machine: nothing in common, and what takes staging away leaves production's data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.default_secrets import STAGING_ONLY
from tests.staging.stack import PROJECT, command, compose, inspect
from tests.unit.deployment.compose import PRODUCTION, STAGING, load, services

# Production's file under a name of the test's own: on the machine of somebody who has the real one, that is left alone.
BESIDE = "callctl-beside-staging"


def production(*argv: str, secrets: Path) -> str:
    words = ["docker", "compose", "-f", PRODUCTION, "-p", BESIDE, "--env-file", "/dev/null", *argv]
    return command(*words, SECRETS_DIR=str(secrets), EDGE_SUBNET="172.30.94.0/28").stdout


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "secrets"
    command("sh", "ops/make_secrets.sh", str(folder), check=False)  # tells that the vendors' are missing; PostgreSQL needs none of them
    yield folder
    production("down", "-v", secrets=folder)


@pytest.mark.timeout(400)
def test_taking_staging_away_leaves_productions_data(secrets: Path) -> None:
    production("up", "-d", "--wait", "postgres", secrets=secrets)
    ask = ["exec", "-T", "postgres", "psql", "-h", "/var/run/postgresql", "-U", "callctl", "-d", "callcenter", "-qtA", "-c"]
    production(*ask, "CREATE TABLE kept (words text); INSERT INTO kept VALUES ('of production')", secrets=secrets)
    compose("down", "-v")
    assert command("docker", "volume", "ls", "-q", "-f", f"label=com.docker.compose.project={PROJECT}").stdout == ""
    production("restart", "postgres", secrets=secrets)
    production("up", "-d", "--wait", "postgres", secrets=secrets)
    assert production(*ask, "SELECT words FROM kept", secrets=secrets).strip() == "of production"
    compose("up", "-d", "--wait")


def test_no_secret_is_in_an_environment_or_an_image() -> None:
    for service in services(STAGING):
        if service == "caller":
            continue
        found = inspect(service)
        assert STAGING_ONLY not in json.dumps(found["Config"]["Env"]).replace(f"SECRET_PREFIX={STAGING_ONLY}", "")
        assert STAGING_ONLY not in command("docker", "history", "--no-trunc", found["Image"]).stdout


def test_test_credentials_are_in_no_image() -> None:
    look = "test -e /app/ops && ! test -e /app/ops/staging/vendor-secrets && echo clean"
    assert "clean" in compose("run", "--rm", "-T", "--no-deps", "caller", "sh", "-c", look)


def test_staging_makes_its_secrets_once() -> None:
    assert ": made" not in compose("run", "--rm", "-T", "secrets")
    assert compose("run", "--rm", "-T", "secrets").count(": there") == len(load(PRODUCTION)["secrets"])


def test_production_refuses_what_staging_made_for_itself() -> None:
    options = ["run", "--rm", "--no-deps", "-T", "-e", "ENVIRONMENT=production"]
    done = command("docker", "compose", "-f", STAGING, *options, "controller", "run", check=False)
    assert done.returncode == 2
    for variable in ("DATABASE_URL", "ARI_PASSWORD", "SHOP_API_KEY", "ANTHROPIC_API_KEY", "REDIS_URL"):
        assert f"{variable} is a secret that a staging stack made for itself" in done.stderr
    assert f"{STAGING_ONLY}0" not in done.stderr
    asterisk = command("docker", "compose", "-f", STAGING, *options, "asterisk", check=False)
    assert asterisk.returncode == 2
    assert "ARI_PASSWORD is a secret that a staging stack made for itself" in asterisk.stderr
