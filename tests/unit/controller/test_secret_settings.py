"""Secrets from files, passwords beside their addresses, and secrets that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from controller.default_secrets import SHORTEST, STAGING_ONLY, objection
from controller.secret_files import SIZE_MAX
from controller.secret_values import secrets_of
from controller.settings import DatabaseSettings, RedisSettings, Settings, variables
from controller.settings_base import SettingsError, load_group
from tests.unit.controller.test_settings import NEEDED


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().removesuffix("_FILE") in variables():
            monkeypatch.delenv(name)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


def problems() -> dict[str, str]:
    with pytest.raises(SettingsError) as error:
        Settings.load(None)
    return {problem.variable: problem.what for problem in error.value.problems}


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that ARI_PASSWORD_FILE names, in place of the variable."""
    path = tmp_path / "ari_password"
    path.write_text("of-the-file\n")
    monkeypatch.delenv("ARI_PASSWORD")
    monkeypatch.setenv("ARI_PASSWORD_FILE", str(path))
    return path


def test_a_secret_may_stand_in_a_file(secret: Path) -> None:
    settings = Settings.load(None)
    assert settings.ari.password.get_secret_value() == "of-the-file"
    assert "of-the-file" in secrets_of(settings)


def test_a_file_may_be_named_in_the_local_settings_too(secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARI_PASSWORD_FILE")
    dotenv = tmp_path / ".env.local"
    dotenv.write_text(f"ARI_PASSWORD_FILE={secret}\n")
    assert Settings.load(dotenv).ari.password.get_secret_value() == "of-the-file"


def test_a_secret_given_twice_is_told(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_PASSWORD", "another")
    assert "ARI_PASSWORD as well" in problems()["ARI_PASSWORD_FILE"]


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "empty"), (b"\n", "empty"), (b"\xff\xfe", "not text"), (b"x" * (SIZE_MAX + 1), "no secret")]
)
def test_a_file_that_holds_no_secret_is_told_without_its_content(secret: Path, content: bytes, told: str) -> None:
    secret.write_bytes(content)
    assert told in problems()["ARI_PASSWORD_FILE"]


def test_a_file_that_is_not_there_is_told_by_its_variable(secret: Path) -> None:
    secret.unlink()
    assert "cannot be read" in problems()["ARI_PASSWORD_FILE"]


def test_only_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "name").write_text("somebody")
    monkeypatch.setenv("ARI_USERNAME_FILE", str(tmp_path / "name"))
    assert Settings.load(None).ari.username == "callctl"


@given(password=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_password_apart_from_its_address_arrives_whatever_it_holds(password: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", "postgresql://callctl@postgres:5432/callcenter")
        patch.setenv("DATABASE_PASSWORD", password)
        found = conninfo_to_dict(load_group(DatabaseSettings, None).url.get_secret_value())
    assert found == {"user": "callctl", "password": password, "host": "postgres", "port": "5432", "dbname": "callcenter"}


def test_redis_takes_its_password_apart_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://redis:6379/0")
    monkeypatch.setenv("REDIS_PASSWORD", "of-redis")
    assert load_group(RedisSettings, None).url.get_secret_value() == "redis://:of-redis@redis:6379/0"


def test_two_different_passwords_of_one_server_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "another")
    assert "holds another" in problems()["DATABASE_PASSWORD"]


@pytest.mark.parametrize("place", ["production", "staging"])
@pytest.mark.parametrize("known", ["changeme", "<password>", "Callctl"])
def test_placeholders_are_refused_but_for_development(monkeypatch: pytest.MonkeyPatch, known: str, place: str) -> None:
    monkeypatch.setenv("ENVIRONMENT", place)
    monkeypatch.setenv("ARI_PASSWORD", known)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://callctl:{known}@127.0.0.1/callctl".replace("<", "%3C").replace(">", "%3E"))
    found = problems()
    assert {"ARI_PASSWORD", "DATABASE_URL"} <= set(found)
    assert known not in str(found)
    monkeypatch.setenv("ENVIRONMENT", "development")
    assert Settings.load(None).ari.password.get_secret_value() == known


@given(secret=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=SHORTEST - 1))
def test_what_can_be_guessed_or_not_be_hidden_is_refused_but_for_development(secret: str) -> None:
    assert objection(secret, "production")
    assert objection(secret, "staging")
    assert objection(secret, "development") is None


def test_secrets_of_a_staging_stack_are_good_for_staging_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_KEY", f"{STAGING_ONLY}0123456789abcdef")
    assert set(problems()) == {"SHOP_API_KEY"}, "production is where we are unless somebody says otherwise"
    monkeypatch.setenv("ENVIRONMENT", "staging")
    assert Settings.load(None).place.environment == "staging"


def test_a_real_secret_is_not_objected_to() -> None:
    assert objection("4f1c0b7e9a", "production") is None
