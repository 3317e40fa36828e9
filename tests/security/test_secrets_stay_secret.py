"""Recognisable values in every secret setting, every part made to fail at a server that quotes them: none comes out anywhere.

The settings are found in the model, so that a secret that is added tomorrow is tried tomorrow.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest
from typer.testing import CliRunner

from controller.api.bearer import TOKEN
from controller.cli import app
from controller.masking import Masking
from controller.secret_files import is_secret
from controller.secret_values import secrets_of
from controller.settings import GROUPS, Settings, variables
from ops.devstack.ports import free_port
from tests.security.echoing import LOOPBACK, http, listening, postgresql, redis

COMMAND_S = 60
SETTLED_S = 4.0
TOKEN_CANARY = TOKEN + "canary".ljust(43, "T")
MARK = "7f3a9c"
CALL = "0198a5f0-0000-7000-8000-000000000001"


def canary(variable: str) -> str:
    """With characters that addresses, JSON and Python write in another way."""
    return f"{MARK}/{variable.lower()}+%'\"@:{MARK}"


def secret_variables() -> list[str]:
    return [
        f"{group.model_config['env_prefix']}{name}".upper()
        for group in GROUPS.values()
        for name, field in group.model_fields.items()
        if is_secret(field)
    ]


def forms(secret: str) -> set[str]:
    """In which somebody could still read *secret*; the mark betrays pieces."""
    return {MARK, *(base64.b64encode(f"{user}{secret}".encode()).decode().rstrip("=") for user in ("", ":", "callctl:"))}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, int]]:
    with listening(http, redis, postgresql) as (web, cache, database):
        yield {"http": web, "redis": cache, "postgresql": database}


@pytest.fixture
def environment(servers: dict[str, int], tmp_path: Path) -> dict[str, str]:
    """For a process of ours; every secret is a canary, every address a server that quotes what it is told."""
    web = f"http://{LOOPBACK}:{servers['http']}"
    ours = {name: value for name, value in os.environ.items() if name.upper().removesuffix("_FILE") not in variables()}
    secrets = {name: canary(name) for name in secret_variables()}
    secrets |= {
        "DATABASE_URL": f"postgresql://callctl@{LOOPBACK}:{servers['postgresql']}/callctl",
        "REDIS_URL": f"redis://{LOOPBACK}:{servers['redis']}/0",
    }
    return (
        ours
        | secrets
        | {
            "ANTHROPIC_BASE_URL": web,
            "SHOP_BASE_URL": f"{web}/api/v1",
            "ARI_URL": web,
            "STT_ENDPOINT": f"{LOOPBACK}:{servers['http']}",
            "TTS_ENDPOINT": f"{LOOPBACK}:{servers['http']}",
            "API_PORT": str(free_port()),
            "AUDIOSOCKET_PORT": str(free_port()),
            "JOURNAL_DIRECTORY": str(tmp_path / "journal"),
            "LOG_LEVEL": "DEBUG",
            "CALLCTL_TOKEN": TOKEN_CANARY,
            "COLUMNS": "4000",
            "CALLS_DRAIN_S": "1",
        }
    )


def found_in(text: str, environment: Mapping[str, str]) -> list[str]:
    """Names of the secrets that can be read in *text*."""
    shown = [name for name in secret_variables() for form in forms(canary(name)) if form in text]
    return shown + (["CALLCTL_TOKEN"] if TOKEN_CANARY in text else [])


def callctl(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and all that was said; in this process, for the program's imports alone take seconds."""
    gone = {name: None for name in os.environ if name not in environment}
    ended = CliRunner().invoke(app, arguments, env={**gone, **environment}, input="n\n")
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


def test_every_secret_of_the_settings_is_hidden_in_every_form(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    secrets = secrets_of(Settings.load(None))
    masking = Masking(secrets)
    for name in secret_variables():
        secret = environment[name] if not name.endswith("_URL") else canary(name.replace("URL", "PASSWORD"))
        assert secret in secrets, name
        for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1]):
            assert MARK not in masking.text(f"tried {form} in vain"), name
    basic = base64.b64encode(f"callctl:{canary('ARI_PASSWORD')}".encode()).decode()
    assert masking.text(f"<Request headers: Basic {basic}>") == "<Request headers: Basic ***>"


COMMANDS: dict[str, tuple[str, ...]] = {
    "doctor": ("doctor",),
    "calls": ("calls",),
    "show": ("show", CALL),
    "callbacks": ("callbacks",),
    "knowledge": ("knowledge",),
    "token create": ("token", "create", "Olha", "--role", "viewer"),
    "token list": ("token", "list"),
    "db status": ("db", "status"),
    "db upgrade": ("db", "upgrade"),
    "db erase": ("db", "erase", "--phone", "+380671234567"),
    "replay": ("replay", CALL),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_command_tells_a_secret_however_it_fails(environment: dict[str, str], command: tuple[str, ...]) -> None:
    code, said = callctl(environment, *command)
    assert code != 0
    assert said
    assert found_in(said, environment) == []


def test_following_the_log_does_not_tell_its_token(environment: dict[str, str], servers: dict[str, int]) -> None:
    code, said = callctl(environment, "tail", "--url", f"http://{LOOPBACK}:{servers['http']}")
    assert code == 1
    assert "401" in said
    assert found_in(said, environment) == []


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_controller_whose_every_neighbour_refuses_it_tells_none_of_its_secrets(
    environment: dict[str, str], tmp_path: Path, form: str
) -> None:
    api = f"http://{LOOPBACK}:{environment['API_PORT']}"
    told = ""
    with (tmp_path / "said").open("w+b") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "controller", "run"], env=environment | {"LOG_FORMAT": form}, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            eventually(lambda: answers(f"{api}/health"), process)
            settled = time.monotonic() + SETTLED_S  # each part has tried, and tried again
            while time.monotonic() < settled:
                for path, headers in (
                    ("/health/ready", {}),
                    ("/metrics", {}),
                    ("/", {}),
                    ("/api/v1/me", {"Authorization": f"Bearer {TOKEN_CANARY}"}),
                    ("/api/v1/past", {"Authorization": f"Bearer {TOKEN_CANARY}"}),
                    ("/api/v1/nowhere", {"Authorization": f"Bearer {TOKEN_CANARY}", "Cookie": f"callctl_session={TOKEN_CANARY}"}),
                ):
                    answer = httpx.get(api + path, headers=headers, timeout=10)
                    told += f"{answer.headers}{answer.text}"
                answer = httpx.post(f"{api}/api/v1/session", json={"token": TOKEN_CANARY}, timeout=10)
                told += f"{answer.headers}{answer.text}"
                time.sleep(0.2)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                process.kill()
        said.seek(0)
        told += said.read().decode(errors="replace")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "journal").rglob("*") if path.is_file())
    for part in ("PostgreSQL", "Redis", "ari"):
        assert part in told, "it did try"
    assert found_in(told, environment) == []
    assert found_in(kept.decode(errors="replace"), environment) == []


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def eventually(condition: Callable[[], bool], process: subprocess.Popen[bytes], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_credentials_of_google_that_do_not_work_are_not_shown(environment: dict[str, str], tmp_path: Path) -> None:
    """A key file that is none: its content must not be in the complaint."""
    file = tmp_path / "google.json"
    pem = f"-----BEGIN PRIVATE KEY-----\n{base64.b64encode(canary('google').encode()).decode()}\n-----END PRIVATE KEY-----\n"
    account = {
        "type": "service_account",
        "private_key": pem,
        "private_key_id": canary("google_id"),
        "client_email": "callctl@tyres.example",
        "token_uri": environment["ARI_URL"],
        "project_id": "tyres",
    }
    for content in (json.dumps(account), json.dumps(account)[:-2], json.dumps({"private_key": pem})):
        file.write_text(content)
        refused = environment | {"STT_ENDPOINT": "", "STT_PROJECT": "tyres", "GOOGLE_APPLICATION_CREDENTIALS": str(file)}
        started = subprocess.run(
            [sys.executable, "-m", "controller", "run"], env=refused, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
        for code, said in (callctl(refused, "doctor"), (started.returncode, started.stdout + started.stderr)):
            assert code != 0
            assert "google" in said.lower()
            for secret in (canary("google"), base64.b64encode(canary("google").encode()).decode(), canary("google_id"), MARK):
                assert secret not in said


def test_settings_that_are_wrong_are_complained_of_without_their_values(environment: dict[str, str]) -> None:
    for name in secret_variables():
        wrong = environment | {name: canary(name), "ENVIRONMENT": "nowhere", "CALLS_MAX": "many"}
        if name.endswith("_URL"):
            wrong |= {name: f"nothing://callctl:{canary(name)}@{LOOPBACK}"}
        code, said = callctl(wrong, "doctor")
        assert code == 2
        assert "CALLS_MAX" in said
        assert found_in(said, wrong) == []


def test_an_unforeseen_fault_tells_no_secret_either(environment: dict[str, str]) -> None:
    """A traceback of the process, outside of every log."""
    program = "from controller.terminal import settings; raise ValueError(settings().ari.password.get_secret_value())"
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    assert "Traceback" in ended.stderr
    assert "ValueError: ***" in ended.stderr
    assert found_in(ended.stdout + ended.stderr, environment) == []
