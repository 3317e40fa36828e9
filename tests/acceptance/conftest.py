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
    # A standby's start would take a core from each test; what one tries as a stranger is not held against the next one's friends.
    with System(stack, CALLS_TRANSFER_TIMEOUT_S="6", WORKER_STANDBY="false", API_FAILURES_PER_MINUTE="10000") as system:
        yield system


@pytest.fixture(scope="package", autouse=True)
def controller_leaves(system: System) -> Iterator[None]:
    """Tests elsewhere are the application themselves: two with one name would take it from each other."""
    yield
    _stop(system)


@pytest.fixture(scope="module", autouse=True)
def controller_stays_as_it_was(system: System) -> Iterator[None]:
    """A start takes seconds of both cores; one with settings of a module's own is none of the next one's business."""
    yield
    if not system.controller.as_usual:
        _stop(system)


def _stop(system: System) -> None:
    if system.controller.running:
        system.controller.stop()


@pytest.fixture
async def floor(system: System) -> AsyncIterator[Floor]:
    async with open_floor(system) as floor:
        yield floor
