"""The console on the whole system: real calls are watched as they are spoken, interrupted, spoken into, transferred and ended."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Page, expect

from controller.api.identity import Role
from controller.api.links import one_time_link
from controller.api.tokens import Profile
from ops.caller.script import Interrupt, Listen, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor
from tests.browser.console.shown import armed

SENTENCE = "Одну хвилину, будь ласка, я перевірю для вас наявність на складі."
TALK = (Listen(), Say("winter_tyres_camry"), Interrupt("stop_wait", after_s=2.0), Listen())


async def enter(page: Page, floor: Floor, role: Role) -> str:
    """Logs in by a one-time link; the console's address."""
    url = floor.system.controller.api_url
    await page.goto(await one_time_link(floor.system.stack.postgres.dsn, url, Profile(person="olha", role=role, numbers=True)))
    await page.wait_for_url(f"{url}/")
    return url


async def dialled(page: Page, floor: Floor) -> Telephone:
    """A call that is open on the page, with the agent speaking."""
    telephone = await floor.dial()
    number = telephone.number
    await page.locator(".row a", has_text=f"{number[:4]} {number[4:6]} {number[6:9]} {number[9:11]} {number[11:]}").click()
    await expect(page.locator(".turn.agent").first).to_be_visible(timeout=15_000)
    return telephone


async def test_a_live_call_is_watched_interrupted_spoken_into_transferred_and_found_in_the_past(page: Page, floor: Floor) -> None:
    await page.set_viewport_size({"width": 1440, "height": 900})
    await enter(page, floor, Role.SUPERVISOR)
    await expect(page.locator("#live-empty h2")).to_be_visible()
    telephone = await dialled(page, floor)
    talk = asyncio.create_task(Talk(telephone).lead(TALK))
    await expect(page.locator(".turn.caller .interim")).to_be_visible(timeout=30_000)
    await expect(page.locator(".turn.caller p", has_text=phrase("winter_tyres_camry").text)).to_be_visible(timeout=15_000)
    await expect(page.locator(".turn.tool code", has_text="search_tires")).to_be_visible(timeout=15_000)
    await expect(page.locator(".turn.agent del").first).to_be_visible(timeout=30_000)
    await talk
    await expect(page.locator(".row .top")).to_have_text("зимові на Toyota Camry")
    await expect(page.locator(".cols")).to_be_visible()
    await expect(page.locator(".ev", has_text="TurnSpoken").first).to_be_attached()

    await page.keyboard.press("s")
    await page.fill("#ps-t", SENTENCE)
    await armed(page)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#panel")).to_have_count(0)
    said = page.locator(".turn.agent", has_text=SENTENCE)
    await expect(said.locator(".cutat")).to_contain_text("за вказівкою: olha", timeout=20_000)

    await page.keyboard.press("t")
    await page.fill("#pt-note", "Хоче чотири зимові шини")
    await armed(page)
    await page.click("#panel [data-do]")
    await expect(page.locator("#panel")).to_have_count(0)
    await expect(page.locator(".facts .now")).to_contain_text(re.compile("У черзі до оператора|З людиною"), timeout=30_000)
    await telephone.hang_up()
    await expect(page.locator(".facts .now")).to_contain_text("Завершено", timeout=15_000)
    await floor.record()

    await page.keyboard.press("2")
    await page.fill("#q-past", "зимові")
    row = page.locator(".prow").first
    await expect(row).to_contain_text("зимові на Toyota Camry", timeout=15_000)
    await row.locator("a").click()
    await page.click("#past-full")
    await expect(page.locator(".turn.agent", has_text=SENTENCE)).to_be_attached()
    await expect(page.locator(".ev").first).to_be_attached()


async def test_a_call_is_ended_from_the_page_with_a_goodbye_and_a_viewer_only_watches(page: Page, floor: Floor) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await enter(page, floor, Role.SUPERVISOR)
    telephone = await dialled(page, floor)
    await page.click("[data-act=hang]")
    await armed(page)
    await page.click("#panel [data-do=goodbye]")
    await expect(page.locator(".facts .now")).to_contain_text("Завершено", timeout=30_000)
    async with asyncio.timeout(20):
        await telephone.ended()
    record = await floor.record()
    assert record.call["ended_by"] == "supervisor"

    await enter(page, floor, Role.VIEWER)
    await page.click("[data-nav=health]")
    await expect(page.locator("[data-dep=postgres]")).to_contain_text("PostgreSQL")
    await expect(page.locator("[data-check], .acts")).to_have_count(0)
