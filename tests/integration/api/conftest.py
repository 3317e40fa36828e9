"""The API as it runs: real PostgreSQL, real journal; of calls only stand-ins. In the test's own event loop, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ops.devstack import DevStack
from tests.integration.api.house import House, open_house
from tests.integration.database import migrated_database


@pytest.fixture(scope="module")
def dsn(stack: DevStack) -> Iterator[str]:
    with migrated_database(stack, "api") as dsn:
        yield dsn


@pytest.fixture
async def house(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(dsn, tmp_path) as house:
        yield house
