from __future__ import annotations

import asyncio
import os

import pytest

from controller import reachable
from controller.settings import Settings, variables

NEEDED = {
    "ANTHROPIC_API_KEY": "key-of-anthropic",
    "SHOP_BASE_URL": "https://shop.example/api/v1",
    "SHOP_API_KEY": "key-of-the-shop",
    "DATABASE_URL": "postgresql://x@127.0.0.1/x",
    "ARI_PASSWORD": "password-of-ari",
    "STT_PROJECT": "tyres",
}


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    for name, value in (NEEDED | values).items():
        monkeypatch.setenv(name, value)
    return Settings.load(None)


async def test_an_open_port_is_fine_and_a_closed_one_is_told() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await reachable.listening("127.0.0.1", port) is None
    server.close()
    await server.wait_closed()
    assert await reachable.listening("127.0.0.1", port) == f"127.0.0.1:{port} is not reachable: {os.strerror(111)}"


async def test_servers_that_are_away_are_told_in_one_line() -> None:
    for why in (await reachable.postgresql("postgresql://x@127.0.0.1:1/x"), await reachable.redis_server("redis://127.0.0.1:1/0")):
        assert why
        assert "127.0.0.1" in why
        assert "\n" not in why


def test_vendors_are_asked_at_their_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reachable.vendor_addresses(settings(monkeypatch)) == {
        "stt": ("eu-speech.googleapis.com", 443),
        "tts": ("texttospeech.googleapis.com", 443),
        "anthropic": ("api.anthropic.com", 443),
        "shop": ("shop.example", 443),
    }
    assert reachable.vendor_addresses(settings(monkeypatch, STT_LOCATION="global"))["stt"] == ("speech.googleapis.com", 443)


def test_stand_ins_are_asked_at_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = reachable.vendor_addresses(
        settings(
            monkeypatch,
            STT_ENDPOINT="127.0.0.1:5001",
            TTS_ENDPOINT="127.0.0.1:5002",
            ANTHROPIC_BASE_URL="http://127.0.0.1:5003",
            SHOP_BASE_URL="http://127.0.0.1:5004/api/v1",
        )
    )
    assert list(addresses.values()) == [("127.0.0.1", port) for port in (5001, 5002, 5003, 5004)]
