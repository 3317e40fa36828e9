"""One calls the agent from a browser, speaks and is answered; and however the browser ends it, nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from controller.journal.queries import CallShown
from controller.web_calls.guests import is_user
from ops.devstack.chromium_program import ChromiumProgram
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually, speeches
from tests.browser.browser_call import BrowserCall, open_browser_call, record_wav
from tests.browser.pages import assert_accessible
from tests.browser.spare_address import NoRights, audio_address

ASKS = "winter_tyres_camry"
NUMBER = "web"
LOUD = 0.01
"""Of speech, some tenths of a second; a line that is open and silent stays below 0.0001 in a minute."""


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Silent during the greeting, then a question, then silent during the answer; and again."""
    return record_wav(tmp_path_factory.mktemp("microphone") / "asks.wav", ASKS, before_s=9.0, after_s=9.0)


@pytest.fixture(scope="session")
def audio_path() -> Iterator[None]:
    try:
        with audio_address():
            yield
    except NoRights as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
async def browser(floor: Floor, chromium_program: ChromiumProgram, microphone: Path, audio_path: None) -> AsyncIterator[BrowserCall]:
    async with open_browser_call(chromium_program, floor.system.controller.call_page, microphone) as call:
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


async def records(floor: Floor, browser: BrowserCall) -> list[CallShown]:
    """All of this page's calls: a browser has no number to know them by, so it is by their time."""
    return [record for record in await floor.records(NUMBER) if record.call["started_at"] >= browser.opened_at]


async def closed_records(floor: Floor, browser: BrowserCall, number_of_calls: int = 1) -> list[CallShown]:
    async def closed() -> list[CallShown] | None:
        found = await records(floor, browser)
        return found if len(found) == number_of_calls and all(one.call["ended_at"] is not None for one in found) else None

    return await eventually(closed, f"{number_of_calls} closed records", 15.0)


async def record_with(floor: Floor, browser: BrowserCall, speaker: str, turns: int, within_s: float) -> CallShown:
    """The record of the one call, once *speaker* has had so many turns."""

    async def spoken() -> CallShown | None:
        found = await records(floor, browser)
        return found[0] if found and len(speeches(found[0], speaker)) >= turns else None

    return await eventually(spoken, f"{turns} turns of the {speaker}", within_s)


async def test_one_asks_by_microphone_and_hears_the_answer(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    greeting = await browser.heard(LOUD)
    assert greeting.codec == "audio/opus"
    assert await browser.page.get_by_role("meter", name="Помічник").get_attribute("value") != "0"
    await assert_accessible(browser.page)

    record = await record_with(floor, browser, "caller", 1, within_s=30.0)
    assert speeches(record, "caller")[0]["text"] == phrase(ASKS).text
    asked = await browser.audio()
    assert asked.said > LOUD
    assert asked.sent > 100
    answered = await browser.heard(asked.heard + LOUD)
    assert answered.received > asked.received
    record = await record_with(floor, browser, "agent", 2, within_s=20.0)
    assert "грн" in speeches(record, "agent")[1]["heard_text"]
    (tool,) = record.tool_calls
    assert (tool["name"], tool["success"]) == ("search_tires", True)

    await browser.page.get_by_role("button", name="Завершити розмову").click()
    await expect(browser.page.get_by_role("status")).to_have_text("Розмову завершено")
    (record,) = await closed_records(floor, browser)
    assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")


async def test_a_closed_tab_ends_the_call(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    await browser.heard(LOUD)
    await browser.page.close()
    (record,) = await closed_records(floor, browser)
    assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")


async def test_a_browser_that_is_gone_without_a_word_ends_the_call(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    await browser.heard(LOUD)
    await browser.page.evaluate("addEventListener('pagehide', (event) => event.stopImmediatePropagation(), {capture: true})")
    await browser.page.close()
    (record,) = await closed_records(floor, browser)
    assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")


async def test_a_browser_whose_audio_stops_does_not_hold_its_line(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    await browser.heard(LOUD)
    await browser.page.evaluate("window.connections.at(-1).close()")
    (record,) = await closed_records(floor, browser)
    assert record.call["ended_by"] == "caller"
    await expect(browser.page.get_by_role("status")).to_have_text("Розмову завершено")


async def test_a_reload_ends_the_call_and_the_next_one_works(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    await browser.heard(LOUD)
    await browser.page.reload()
    await closed_records(floor, browser)
    await browser.call()
    await browser.heard(LOUD)
    await browser.page.get_by_role("button", name="Завершити розмову").click()
    assert {record.call["ended_by"] for record in await closed_records(floor, browser, 2)} == {"caller"}


async def test_the_agent_does_not_hear_a_muted_microphone(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    await browser.page.get_by_role("button", name="Вимкнути мікрофон").click()
    await expect(browser.page.get_by_role("status")).to_contain_text("мікрофон вимкнено")
    muted = await browser.audio()
    await browser.heard(muted.heard + LOUD)
    assert (await browser.audio()).said - muted.said < LOUD / 10
    await browser.page.get_by_role("button", name="Увімкнути мікрофон").click()
    await record_with(floor, browser, "caller", 1, within_s=40.0)


async def test_key_0_reaches_the_operators(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    await browser.heard(LOUD)
    await browser.page.get_by_role("button", name="Оператор").click()

    async def handed_over() -> bool:
        found = await records(floor, browser)
        return bool(found) and found[0].call["transfer_reason"] is not None

    await eventually(handed_over, "transfer", 15.0)


async def test_what_the_agent_says_goodbye_to_ends_on_the_page_too(floor: Floor, browser: BrowserCall) -> None:
    await browser.call()
    await browser.heard(LOUD)
    (channel,) = [one for one in await floor.exchange.channels() if not one.startswith("m-")]
    await floor.exchange.hang_up(channel)
    await expect(browser.page.get_by_role("status")).to_have_text("Розмову завершено")
    await expect(browser.page.get_by_role("button", name="Подзвонити")).to_be_enabled()
