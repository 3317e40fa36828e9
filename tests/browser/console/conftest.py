"""One browser for all tests of the console, a profile of its own for each, and the fake board behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page

from ops.devstack.chromium_program import ChromiumProgram
from tests.browser.chromium import open_chromium, open_page
from tests.browser.console.fake_board import FakeBoard, open_board


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_program: ChromiumProgram) -> AsyncIterator[Browser]:
    async with open_chromium(chromium_program) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    async with open_page(chromium) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def board() -> AsyncIterator[FakeBoard]:
    """The console's real files, and an API behind them that says what a test wants it to say; a supervisor is logged in."""
    async with open_board(FakeBoard()) as board:
        yield board
