"""One calls the agent from a browser, speaks and is answered; and however the browser ends it, nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.journal.queries import CallShown
from controller.web_calls.guests import is_user
from ops.devstack.chromium_program import ChromiumProgram
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually, speeches
from tests.browser.browser_call import BrowserCall, open_browser_call, record_wav

ASKS = "winter_tyres_camry"
NUMBER = "web"


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Silent during the greeting, then a question, then silent during the answer; and again."""
    return record_wav(tmp_path_factory.mktemp("microphone") / "asks.wav", ASKS, before_s=9.0, after_s=9.0)


@pytest.fixture
async def browser(floor: Floor, chromium_program: ChromiumProgram, microphone: Path) -> AsyncIterator[BrowserCall]:
    async with open_browser_call(chromium_program, floor.system.controller.api_url, microphone) as call:
        yield call
    await nothing_left(floor)


def sip_objects(floor: Floor) -> set[str]:
    """Endpoints and passwords of browsers that Asterisk knows."""
    words = set()
    for command in ("pjsip show endpoints", "pjsip show auths"):
        words |= set(floor.system.stack.asterisk.cli(command).replace("/", " ").split())
    return {word for word in words if is_user(word)}


async def nothing_left(floor: Floor) -> None:
    async def nothing() -> bool:
        return (
            not await asyncio.to_thread(sip_objects, floor) and not await floor.exchange.channels() and not await floor.exchange.bridges()
        )

    await eventually(nothing, "an Asterisk without channels, bridges and endpoints of browsers", 20.0)


async def closed_records(floor: Floor, number_of_calls: int) -> list[CallShown]:
    async def closed() -> list[CallShown] | None:
        found = await floor.records(NUMBER)
        return found if len(found) == number_of_calls and all(one.call["ended_at"] is not None for one in found) else None

    return await eventually(closed, f"{number_of_calls} closed records", 15.0)


async def test_one_asks_by_microphone_and_hears_the_answer(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    greeting = await browser.heard(0.01)
    assert greeting.codec == "audio/opus"

    async def asked() -> CallShown | None:
        found = await floor.records(NUMBER)
        return found[0] if found and speeches(found[0], "caller") else None

    record = await eventually(asked, "turn of the caller", 30.0)
    assert speeches(record, "caller")[0]["text"] == phrase(ASKS).text
    before = await browser.audio()
    assert before.said > 0.01
    assert before.sent > 100
    answer = await browser.heard(before.heard + 0.02)
    assert answer.received > before.received

    await browser.page.get_by_role("button", name="Завершити розмову").click()
    (record,) = await closed_records(floor, 1)
    assert "грн" in speeches(record, "agent")[1]["heard_text"]
    assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")
