"""The whole system for the acceptance tests, and what must hold after each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from ops.caller.telephone import Exchange
from ops.devstack import DevStack
from ops.system import System
from tests.acceptance.floor import Floor


@pytest.fixture(scope="session")
def system(stack: DevStack) -> Iterator[System]:
    """Stand-ins, database and a controller (not yet started) on the session's private stack."""
    with System(stack, CALLS_TRANSFER_TIMEOUT_S="6") as system:
        yield system


@pytest.fixture
async def floor(system: System) -> AsyncIterator[Floor]:
    """Where a test dials and looks. Afterwards Asterisk must be empty and each call must have exactly one closed record."""
    system.standins.reset()
    if not system.controller.running:
        system.controller.start()
    async with Exchange(system.stack.asterisk) as exchange:
        floor = Floor(system, exchange)
        yield floor
        await floor.assert_all_over()
