from __future__ import annotations

import pytest

from controller.masking import Masking
from controller.secret_values import secrets_of
from tests.unit.controller.test_reachable import settings


def test_passwords_are_hidden_however_a_message_quotes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    values = settings(
        monkeypatch,
        DATABASE_URL="postgresql://callctl:pg%40secret@127.0.0.1/callctl",
        REDIS_URL="redis://:redis-secret@127.0.0.1:6379/0",
    )
    masking = Masking(secrets_of(values))
    said = "keys key-of-anthropic key-of-the-shop password-of-ari, tried pg%40secret and pg@secret, redis-secret"
    assert masking.text(said) == "keys *** *** ***, tried *** and ***, ***"
