"""The image fills in Asterisk's configuration as the private stack does, and refuses what must not guard a telephone line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from controller import default_secrets
from ops.devstack.asterisk import CONFIGURATION
from ops.devstack.render import render_folder

GIVEN = {
    "SYSTEM_NAME": "here",
    "ARI_PASSWORD": "a1b2c3d4",
    "ARI_SUPERVISOR_PASSWORD": "b2c3d4e5",
    "OPERATOR_PASSWORD": "c3d4e5f6",
    "SOFTPHONE_PASSWORD": "d4e5f6a7",
    "AMI_PASSWORD": "e5f6a7b8",
    "TRUNK_MATCH": "198.51.100.7",
    "CALLBACK_FROM": "Шини <+380441234567>",
}


def render(target: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **variables}
    argv = ["perl", str(CONFIGURATION / "render.pl"), str(CONFIGURATION), str(target)]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=20, check=False)


def test_it_writes_what_the_private_stack_writes(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    done = render(ours, GIVEN)
    assert done.returncode == 0, done.stderr
    render_folder(CONFIGURATION, theirs, GIVEN)
    assert {path.name: path.read_bytes() for path in ours.iterdir()} == {path.name: path.read_bytes() for path in theirs.iterdir()}
    assert {path.stat().st_mode & 0o777 for path in ours.iterdir()} == {0o600}


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("of-the-file\n")
    done = render(tmp_path, {**GIVEN, "ARI_PASSWORD": "", "ARI_PASSWORD_FILE": str(tmp_path / "password")})
    assert done.returncode == 0, done.stderr
    assert "password = of-the-file\n" in (tmp_path / "ari.conf").read_text()


def test_everything_missing_or_wrong_is_told_at_once_without_the_values(tmp_path: Path) -> None:
    done = render(tmp_path, {"OPERATOR_PASSWORD_FILE": "/nowhere", "TRUNK_MATCH": 'a "quote"', "ARI_USERNAME": "a;comment"})
    assert done.returncode == 2
    for told in (
        "ARI_PASSWORD is not set: ",
        "SYSTEM_NAME is not set: ",
        "OPERATOR_PASSWORD_FILE names a file",
        "TRUNK_MATCH holds a line break",
        "ARI_USERNAME holds a line break",
    ):
        assert told in done.stderr
    assert 'quote"' not in done.stderr.replace("a double quote", "")
    assert not list(tmp_path.iterdir()), "nothing is written of a configuration that is not complete"


def test_passwords_that_nobody_need_know_are_made_anew(tmp_path: Path) -> None:
    few = {name: value for name, value in GIVEN.items() if name not in ("AMI_PASSWORD", "SOFTPHONE_PASSWORD", "ARI_SUPERVISOR_PASSWORD")}
    texts = []
    for _ in range(2):
        assert render(tmp_path, few).returncode == 0
        texts.append((tmp_path / "ari.conf").read_text())
    assert texts[0] != texts[1]


@pytest.mark.parametrize("password", [*sorted(default_secrets._KNOWN), "<password>", "Callctl "])
def test_what_the_controller_refuses_as_a_placeholder_asterisk_refuses_too(tmp_path: Path, password: str) -> None:
    wrong = {**GIVEN, "ARI_PASSWORD": password}
    assert "ARI_PASSWORD is a placeholder" in render(tmp_path, wrong).stderr
    assert render(tmp_path, {**wrong, "ENVIRONMENT": "development"}).returncode == 0


def test_a_password_that_can_be_guessed_is_refused_but_for_development(tmp_path: Path) -> None:
    short = {**GIVEN, "OPERATOR_PASSWORD": "x" * (default_secrets.SHORTEST - 1)}
    assert "OPERATOR_PASSWORD has fewer than 8 characters" in render(tmp_path, short).stderr
    assert render(tmp_path, {**short, "ENVIRONMENT": "development"}).returncode == 0


def test_secrets_of_a_staging_stack_are_good_for_staging_only(tmp_path: Path) -> None:
    local = {**GIVEN, "OPERATOR_PASSWORD": f"{default_secrets.STAGING_ONLY}0123"}
    assert "OPERATOR_PASSWORD is a secret that a staging stack made" in render(tmp_path, local).stderr
    assert render(tmp_path, {**local, "ENVIRONMENT": "staging"}).returncode == 0


def test_telephones_outside_must_be_told_an_address_and_without_a_provider_that_is_said(tmp_path: Path) -> None:
    behind = {**GIVEN, "SIP_LOCAL_NET": "172.16.0.0/12", "TRUNK_MATCH": ""}
    told = render(tmp_path, behind)
    assert told.returncode == 2
    assert "SIP_PUBLIC_ADDRESS is not set" in told.stderr
    assert "TRUNK_MATCH is 127.0.0.1: no provider can call" in told.stderr
    assert render(tmp_path, {**behind, "SIP_PUBLIC_ADDRESS": "203.0.113.5"}).returncode == 0
