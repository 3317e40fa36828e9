from __future__ import annotations

from pathlib import Path

import pytest

from controller.services import CredentialsMissing, open_vendors
from tests.fakes.ledger import FakeLedger
from tests.unit.controller.test_reachable import settings

STAND_INS = {"STT_ENDPOINT": "127.0.0.1:1", "TTS_ENDPOINT": "127.0.0.1:1"}


async def test_nobody_needs_to_be_there_to_open_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_vendors(settings(monkeypatch, **STAND_INS)) as vendors:
        services = vendors.services(FakeLedger())
        assert all((services.recognizer, services.model, services.voice, services.shop, services.knowledge))


@pytest.mark.parametrize(("stand_in", "what"), [("TTS_ENDPOINT", "speech to text"), ("STT_ENDPOINT", "text to speech")])
async def test_missing_credentials_are_told_with_what_to_set(
    stand_in: str, what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # Google's library: do not look for the machine's own identity
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    chosen = settings(monkeypatch, **{stand_in: "127.0.0.1:1"})
    with pytest.raises(CredentialsMissing, match=f"Google's {what} has no usable credentials.*GOOGLE_APPLICATION_CREDENTIALS"):
        async with open_vendors(chosen):
            pass


async def test_a_key_file_that_is_no_key_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text("{}")
    with pytest.raises(CredentialsMissing, match="no usable credentials"):
        async with open_vendors(settings(monkeypatch, GOOGLE_APPLICATION_CREDENTIALS=str(key))):
            pass
