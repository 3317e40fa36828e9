"""The whole system for the acceptance tests, and what must hold after each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from ops.devstack import DevStack
from ops.system import System
from tests.acceptance.floor import Floor, open_floor


@pytest.fixture(scope="session")
def system(stack: DevStack) -> Iterator[System]:
    """Stand-ins, database and a controller (not yet started) on the session's private stack."""
    with System(stack, CALLS_TRANSFER_TIMEOUT_S="6", WORKER_STANDBY="false") as system:  # its start would take a core from each test
        yield system


@pytest.fixture(scope="package", autouse=True)
def controller_leaves(system: System) -> Iterator[None]:
    """Tests elsewhere are the application themselves: two with one name would take it from each other."""
    yield
    if system.controller.running:
        system.controller.stop()


@pytest.fixture(scope="module", autouse=True)
def settings_of_a_module_leave(system: System) -> Iterator[None]:
    yield
    if system.controller.running and system.controller.overrides:
        system.controller.stop()


@pytest.fixture
async def floor(system: System) -> AsyncIterator[Floor]:
    async with open_floor(system) as floor:
        yield floor
