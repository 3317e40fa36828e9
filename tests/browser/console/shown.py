"""The console as a test sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.console.fake_board import FakeBoard
from tests.browser.console.sample import OLENA
from tests.waiting import until

CALL = f"#live/{OLENA}"
ARMED_MS = 350


async def show(page: Page, board: FakeBoard, place: str = CALL, *, width: int = 1440, height: int = 900) -> Page:
    """The page at *place*, drawn, with the live stream open."""
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(board.base + place)
    await expect(page.locator(".row, #live-empty h2, .view:not(.live) h1").first).to_be_attached()
    await until(lambda: any(asked.startswith("stream") for asked in board.asked), timeout_s=5)
    return page


async def names(page: Page, where: str) -> list[str]:
    return await page.locator(f"{where} .row .who").all_inner_texts()


async def armed(page: Page) -> None:
    """What is pressed in a panel counts from now on."""
    await page.evaluate(f"() => new Promise(after => setTimeout(after, {ARMED_MS + 30}))")


async def wished(board: FakeBoard, path: str, count: int = 1) -> list[Any]:
    """The bodies of the wishes at *path*, as soon as there are *count*."""
    wishes: Callable[[], list[Any]] = lambda: [wish.body for wish in board.wishes if wish.path == path]  # noqa: E731 - asked again and again
    await until(lambda: len(wishes()) >= count, timeout_s=5)
    return wishes()
