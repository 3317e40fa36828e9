"""axe finds nothing in any view, light or dark, wide or narrow; and what axe cannot see."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.console.fake_board import FakeBoard, open_board
from tests.browser.console.sample import LIVE_TURN, OLENA
from tests.browser.console.shown import CALL, show

pytestmark = pytest.mark.asyncio(loop_scope="session")

VIEWS = {
    "list": "#live",
    "call": CALL,
    "past": "#past/4117?q=не+ті",
    "whole past call": "#past/4117/full",
    "operators": "#ops",
    "health": "#health",
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def faults(page: Page) -> list[tuple[str, list[str]]]:
    found = await Axe().run(page, options={"runOnly": TAGS})
    violations: list[dict[str, Any]] = found.response["violations"]
    return [(one["id"], [node["html"][:160] for node in one["nodes"][:5]]) for one in violations]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(page: Page, board: FakeBoard, scheme: Literal["light", "dark"], width: int) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await show(page, board, CALL, width=width)
    await board.emit("interim", {"call": OLENA, **LIVE_TURN})
    await expect(page.locator("#turn-13")).to_be_attached()
    found = {}
    for name, place in VIEWS.items():
        await page.evaluate("place => { location.hash = place; }", place)
        await expect(page.locator(f"#v-{place[1:].split('/')[0].split('?')[0]}")).to_be_visible()
        await expect(page.get_by_text("Завантажую…")).to_have_count(0)
        found[name] = await faults(page)
    assert found == {name: [] for name in VIEWS}


async def test_axe_finds_nothing_in_panels_help_strips_the_empty_page_and_the_login(page: Page, board: FakeBoard) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await show(page, board)
    found = {}
    for key in "tsox":
        await page.keyboard.press(key)
        await expect(page.locator("#panel")).to_be_visible()
        found[key] = await faults(page)
        await page.keyboard.press("Escape")
    await page.keyboard.press("l")
    await expect(page.locator(".strip.listen")).to_be_visible()
    await board.cut()
    await expect(page.locator("#lost")).to_be_visible()
    found["strips"] = await faults(page)
    await page.keyboard.press("?")
    found["help"] = await faults(page)
    async with open_board(FakeBoard(mode="empty")) as empty:
        await show(page, empty, "#live")
        found["empty"] = await faults(page)
        empty.signed_in = False
        await page.goto(f"{empty.base}login")
        await expect(page.locator("#token")).to_be_focused()
        found["login"] = await faults(page)
    assert found == {name: [] for name in found}


async def test_the_page_is_walked_by_tab_and_the_way_past_the_navigation_works(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.keyboard.press("Tab")
    await expect(page.locator("#skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    assert page.url.endswith(CALL), "the address is the state"
    await page.keyboard.press("Tab")
    await expect(page.locator("#q-live")).to_be_focused()


async def test_the_talk_is_no_live_region_and_unheard_words_are_marked_for_the_ear(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    assert await page.locator("#talk-s [aria-live], #evs[aria-live], .script[aria-live]").count() == 0
    await expect(page.locator("#turn-10 del")).to_contain_text("не почуто:")
    await expect(page.locator("#turn-10 del")).to_contain_text("кінець непочутого")


async def test_with_reduced_motion_nothing_moves_and_nothing_is_wider_than_a_narrow_screen(page: Page, board: FakeBoard) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await show(page, board, CALL, width=320, height=640)
    await board.emit("interim", {"call": OLENA, **LIVE_TURN})
    await expect(page.locator(".caret")).to_have_css("animation-name", "none")
    for place in (*VIEWS.values(), f"{CALL}?tab=lat", f"{CALL}?tab=log"):
        await page.evaluate("place => { location.hash = place; }", place)
        await expect(page.get_by_text("Завантажую…")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, place
