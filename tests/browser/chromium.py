"""Starting Chromium for a test, and what must not happen in its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from ops.devstack.chromium_program import ChromiumProgram


@asynccontextmanager
async def open_chromium(program: ChromiumProgram, arguments: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """A headless browser with *arguments* of its own; gone with all its processes afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program.executable, args=list(arguments), timeout=30_000)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page in a profile of its own, Ukrainian, 1280 x 800. A script that breaks or is forbidden something fails the test."""
    context = await browser.new_context(locale="uk-UA", viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    with watched(page):
        yield page
    await context.close()


@contextmanager
def watched(page: Page) -> Iterator[list[str]]:
    """Fails at its end when a script of the page broke or its content security policy forbade something; yields what was found so far."""
    wrong: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            wrong.append(message.text)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", on_console)
    yield wrong
    assert not wrong, f"in the page: {wrong}"
