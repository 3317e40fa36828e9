"""The launcher of all stand-ins, with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from ops.devstack.errors import DevStackError, ServiceFailed
from ops.standins.launcher import Standins, start_standins


class Child:
    def __init__(self, process: subprocess.Popen[bytes], log_path: Path) -> None:
        self.process = process
        self.pid = process.pid
        self.log_path = log_path

    def poll(self) -> int | None:
        return self.process.poll()


class Nursery:
    """Spawns like the private stack does; *instead* replaces the command of one name."""

    def __init__(self, folder: Path, instead: Mapping[str, Sequence[str]]) -> None:
        self._folder = folder
        self._instead = instead
        self.children: list[subprocess.Popen[bytes]] = []

    def spawn(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Child:
        log_path = self._folder / f"{name}.log"
        with log_path.open("wb") as log:
            child = subprocess.Popen(self._instead.get(name, argv), stdout=log, stderr=log, env={**os.environ, **(env or {})})
        self.children.append(child)
        return Child(child, log_path)

    def end(self) -> None:
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait(15)


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standins]:
    nursery = Nursery(tmp_path_factory.mktemp("standins"), {})
    try:
        yield start_standins(nursery)
    finally:
        nursery.end()


def test_the_environment_leads_to_the_shop_and_its_key_opens_it(standins: Standins) -> None:
    settings = standins.environment()
    answer = httpx.get(
        f"{settings['SHOP_BASE_URL']}/tires/search", headers={"Authorization": f"Bearer {settings['SHOP_API_KEY']}"}, trust_env=False
    )
    assert answer.json()["pagination"]["total"] >= 40
    assert httpx.get(f"{settings['SHOP_BASE_URL']}/tires/search", trust_env=False).status_code == 401
    assert standins.control("shop").log()[-1].outcome == "401"


def test_the_environment_leads_to_the_model_and_its_key_opens_it(standins: Standins) -> None:
    settings = standins.environment()
    answer = httpx.post(
        f"{settings['ANTHROPIC_BASE_URL']}/v1/messages",
        json={"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Добрий день!"}]},
        headers={"x-api-key": settings["ANTHROPIC_API_KEY"], "anthropic-version": "2026-10-21"},
        trust_env=False,
    )
    assert answer.json()["role"] == "assistant"


@pytest.mark.parametrize("name", ["google_stt", "google_tts", "anthropic", "shop"])
def test_each_is_steered_alone_and_reset_together(standins: Standins, name: str) -> None:
    control = standins.control(name)
    before = control.settings()
    assert control.set(latency_ms=7)["latency_ms"] == 7
    standins.reset()
    assert control.settings() == before
    assert control.log() == []


def test_an_order_put_into_the_shop_is_there_until_the_next_test(standins: Standins) -> None:
    shop, mine = standins.control("shop"), {"phone": "+380997776655", "city": "Львів", "address": "вул. Нова, 1"}
    assert shop.ask("PUT", "/orders", mine)["status"] == "in_transit"
    assert len(shop.ask("GET", "/orders?phone=%2B380997776655")) == 1
    standins.reset()
    assert shop.ask("GET", "/orders?phone=%2B380997776655") == []


def test_a_setting_that_does_not_exist_is_told(standins: Standins) -> None:
    with pytest.raises(DevStackError, match="nonsense"):
        standins.control("shop").set(nonsense=1)


def test_one_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path, {"shop_api": [sys.executable, "-c", "import sys; sys.exit('no catalogue today')"]})
    try:
        with pytest.raises(ServiceFailed, match=r"(?s)shop_api ended at its start with status 1.*no catalogue today"):
            start_standins(nursery)
    finally:
        nursery.end()
