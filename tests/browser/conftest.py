"""A real Chromium for the pages, and the whole system behind them.

Where no Chromium can be had the tests fail with the reason; `ALLOW_NO_CHROMIUM=1` turns that into a skip.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page

from ops.devstack import DevStack, DevStackError
from ops.devstack.chromium_program import ChromiumProgram, find_chromium
from ops.system import System
from tests.acceptance.floor import Floor, open_floor
from tests.browser.chromium import open_chromium, open_page


@pytest.fixture(scope="session")
def chromium_program() -> ChromiumProgram:
    try:
        return find_chromium(lambda line: None)  # fetched before the first test
    except DevStackError as error:
        if os.environ.get("ALLOW_NO_CHROMIUM", "") not in ("", "0"):
            pytest.skip(f"no Chromium: {error}")
        pytest.fail(f"no Chromium (ALLOW_NO_CHROMIUM=1 skips these tests):\n{error}", pytrace=False)


@pytest.fixture
async def chromium(chromium_program: ChromiumProgram) -> AsyncIterator[Browser]:
    """A browser for one test, started anew (a second): it lives in the test's event loop."""
    async with open_chromium(chromium_program) as browser:
        yield browser


@pytest.fixture(scope="session")
def system(stack: DevStack) -> Iterator[System]:
    """Stand-ins, database and a controller (not yet started) on the session's private stack."""
    with System(stack, CALLS_TRANSFER_TIMEOUT_S="6", WEB_CALLS_PER_MINUTE="100", WORKER_STANDBY="false") as system:
        yield system


@pytest.fixture(scope="module")
def lent_system(system: System) -> Iterator[System]:
    """Other modules' tests start controllers of their own: two with one name would take the application from each other."""
    yield system
    if system.controller.running:
        system.controller.stop()


@pytest.fixture
async def floor(lent_system: System) -> AsyncIterator[Floor]:
    async with open_floor(lent_system) as floor:
        yield floor


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    async with open_page(chromium) as page:
        yield page
