"""With a key in the environment the real model answers, and nothing stands in for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.eval.__main__ import STANDIN, model_asked_for
from ops.standins.launcher import ControlClient, Standin, Standins


class Silent:
    pid = 0
    log_path = Path("/dev/null")

    def poll(self) -> int | None:
        return None


def test_without_a_key_the_stand_in_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    assert model_asked_for() == ({}, STANDIN)


def test_with_a_key_the_vendors_own_address_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-real-key")
    monkeypatch.setenv("ANTHROPIC_MODEL", "claude-x")
    assert model_asked_for() == ({"ANTHROPIC_API_KEY": "a-real-key"}, "claude-x")


def test_a_stand_in_that_was_not_started_has_no_address() -> None:
    shop = Standin(8090, ControlClient("shop", 8090), Silent, Silent())
    environment = Standins({"shop": shop}, {"SHOP_API_KEY": "k"}).environment()
    assert environment["SHOP_BASE_URL"] == "http://127.0.0.1:8090/api/v1"
    assert not {"ANTHROPIC_BASE_URL", "STT_ENDPOINT", "TTS_ENDPOINT"} & set(environment)
