"""The whole system for the acceptance tests, and what must hold after each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from ops.devstack import DevStack
from ops.system import System
from tests.acceptance.floor import Floor, open_floor

LONGEST = (
    "test_provider_failures.py",
    "test_controller_killed.py",
    "test_drain_workers.py",
    "test_ari_cut.py",
    "test_talk_feel.py",
    "test_transfer_nobody.py",
    "test_database_outage.py",
    "test_asterisk_failures.py",
    "test_warm_transfer.py",
    "test_eval.py",
    "test_sip.py",
    "test_drain.py",
)
"""They begin first: a file is one worker's, and a long one that begins last keeps all others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def system(stack: DevStack) -> Iterator[System]:
    """Stand-ins, database and a controller (not yet started) on the session's private stack."""
    with System(stack, CALLS_TRANSFER_TIMEOUT_S="6", WORKER_STANDBY="false") as system:  # its start would take a core from each test
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
