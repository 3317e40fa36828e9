from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from agent.cost import Prices
from controller.settings import Settings, variables
from controller.settings_base import SettingsError
from tests.unit.deployment.compose import PRODUCTION, interpolated

ROOT = Path(__file__).parents[3]
NEEDED = {
    "ANTHROPIC_API_KEY": "sk-secret-1",
    "SHOP_BASE_URL": "http://127.0.0.1:9000/api/v1/",
    "SHOP_API_KEY": "shop-secret-2",
    "DATABASE_URL": "postgresql://callctl:pg-secret-3@127.0.0.1/callctl",
    "ARI_PASSWORD": "ari-secret-4",
    "STT_PROJECT": "tyres",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper() in variables():
            monkeypatch.delenv(name)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


def problems(dotenv: Path | None = None) -> dict[str, str]:
    with pytest.raises(SettingsError) as error:
        Settings.load(dotenv)
    return {problem.variable: problem.what for problem in error.value.problems}


def test_what_is_needed_is_enough_and_the_rest_has_defaults() -> None:
    settings = Settings.load(None)
    assert settings.audiosocket.address(9092) == "127.0.0.1:9092"
    assert settings.stt.languages == ("uk-UA", "ru-RU")
    assert settings.shop.base_url == "http://127.0.0.1:9000/api/v1"
    assert settings.calls.silence_s == 10


def test_prices_are_list_prices_until_they_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICES_TTS_PER_MCHAR", "27.5")
    assert Settings.load(None).prices.prices == Prices(tts_per_mchar=27.5)


def test_working_hours_that_are_not_understood_are_told_by_the_variable_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOURS", "mon-fri 09:00-18:00")
    assert not Settings.load(None).desk.problems()
    monkeypatch.setenv("HOURS", "9 to 5")
    monkeypatch.setenv("HOURS_CLOSED", "christmas")
    found = problems()
    assert set(found) == {"HOURS", "HOURS_CLOSED"}
    assert "mon-fri" in found["HOURS"]


@pytest.mark.parametrize("pattern", ["PJSIP/trunk", "PJSIP/{number}@trunk,60", "PJSIP/{number}@a&PJSIP/5@b", "{number}"])
def test_a_way_out_must_be_one_dial_string_with_the_number_in_it(monkeypatch: pytest.MonkeyPatch, pattern: str) -> None:
    monkeypatch.setenv("CALLS_OUTBOUND", "PJSIP/{number}@trunk")
    assert Settings.load(None).calls.outbound == "PJSIP/{number}@trunk"
    monkeypatch.setenv("CALLS_OUTBOUND", pattern)
    assert set(problems()) == {"CALLS_OUTBOUND"}


def test_everything_missing_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        monkeypatch.delenv(name)
    assert set(problems()) == set(NEEDED)


def test_everything_wrong_is_told_at_once_beside_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("ARI_URL", "asterisk:8088")
    monkeypatch.setenv("LOG_FORMAT", "xml")
    monkeypatch.setenv("CALLS_SILENCE_S", "-1")
    monkeypatch.setenv("STT_ENDPOINT", "localhost")
    monkeypatch.delenv("SHOP_API_KEY")
    found = problems()
    assert set(found) == {"API_PORT", "ARI_URL", "LOG_FORMAT", "CALLS_SILENCE_S", "STT_ENDPOINT", "SHOP_API_KEY"}
    assert "'asterisk:8088'" in found["ARI_URL"]
    assert found["SHOP_API_KEY"] == "is not set: the key that the shop gave us"


def test_a_wrong_secret_is_told_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root:hunter2@db/calls")
    with pytest.raises(SettingsError) as error:
        Settings.load(None)
    assert "DATABASE_URL" in str(error.value)
    assert "must begin with postgresql://" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_no_secret_shows_in_the_settings_printed() -> None:
    assert "secret" not in repr(Settings.load(None)).replace("SecretStr", "")


def test_an_address_with_a_password_in_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_URL", "http://callctl:hunter2@127.0.0.1:8088")
    assert set(problems()) == {"ARI_URL"}


@pytest.mark.parametrize("password", ["p@ss-word", "pa%zzword", "pass word/x"])
def test_a_password_that_breaks_the_address_is_told_at_once_and_not_shown(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://callctl:{password}@127.0.0.1/callctl")
    told = problems()["DATABASE_URL"]
    assert "%40" in told
    assert not any(part in told for part in (password, "ss-word", "zzword", "word/x"))


def test_links_begin_with_the_address_that_browsers_know(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load(None).api.address == "http://127.0.0.1:8080"
    monkeypatch.setenv("API_PUBLIC_URL", "https://calls.shop.example")
    assert Settings.load(None).api.address == "https://calls.shop.example"
    monkeypatch.setenv("API_PUBLIC_URL", "calls.shop.example/console")
    assert set(problems()) == {"API_PUBLIC_URL"}


def test_fewer_media_legs_than_calls_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLS_MAX", "301")
    assert "CALLS_MAX=301" in problems()["AUDIOSOCKET_MAX_CONNECTIONS"]


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOSOCKET_PORT", "")
    monkeypatch.setenv("ARI_PASSWORD", "")
    assert set(problems()) == {"ARI_PASSWORD"}


def test_the_file_is_read_and_the_real_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARI_PASSWORD")
    monkeypatch.setenv("ARI_USERNAME", "from-environment")
    dotenv = tmp_path / ".env.local"
    dotenv.write_text("ARI_PASSWORD=from-file\nARI_USERNAME=from-file\nUNRELATED=1\n")
    settings = Settings.load(dotenv)
    assert settings.ari.password.get_secret_value() == "from-file"
    assert settings.ari.username == "from-environment"


def test_listening_everywhere_needs_an_address_for_asterisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOSOCKET_HOST", "0.0.0.0")
    assert set(problems()) == {"AUDIOSOCKET_ADVERTISED"}
    monkeypatch.setenv("AUDIOSOCKET_ADVERTISED", "10.0.0.5:9092")
    assert Settings.load(None).audiosocket.address(9092) == "10.0.0.5:9092"


def test_a_stand_in_for_recognition_needs_no_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STT_PROJECT")
    monkeypatch.setenv("STT_ENDPOINT", "127.0.0.1:50051")
    assert Settings.load(None).stt.endpoint == "127.0.0.1:50051"


def test_a_credentials_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "nowhere/key.json")
    assert "not there" in problems()["GOOGLE_APPLICATION_CREDENTIALS"]


def example() -> dict[str, str | None]:
    """Each variable of .env.example with its default, None where a value must be given; asserts a comment above its block."""
    found: dict[str, str | None] = {}
    commented = False
    for line in (ROOT / ".env.example").read_text().splitlines():
        if line.startswith("# "):
            commented = True
        elif match := re.fullmatch(r"(#?)([A-Z_]+)=(.*)", line):
            assert commented, f"{line} has no comment"
            found[match[2]] = match[3] if match[1] else None
        elif not line:
            commented = False
        else:
            pytest.fail(f"not understood: {line}")
    return found


def test_the_example_lists_exactly_the_variables_that_exist_with_their_defaults() -> None:
    def text(value: object) -> str | None:
        if hasattr(value, "get_secret_value"):
            value = value.get_secret_value()
        if isinstance(value, bool):
            return str(value).lower()
        return None if value is None else ",".join(value) if isinstance(value, tuple) else str(value)

    compose = {"COMPOSE_PROFILES": "", **interpolated(PRODUCTION)}  # compose's own takes from the same file
    real = {**compose, **{name: text(default) for name, default in variables().items()}}
    real["GOOGLE_APPLICATION_CREDENTIALS"] = ""  # optional without a default
    assert example() == real


def test_queues_are_named_by_comma_as_the_dialplan_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLS_QUEUES", "operators, service")
    assert Settings.load(None).calls.queues == ("operators", "service")
    for wrong in ("Operators", "a b", " , "):
        monkeypatch.setenv("CALLS_QUEUES", wrong)
        assert "CALLS_QUEUES" in problems()
