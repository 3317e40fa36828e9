"""The API as it runs: real PostgreSQL, real journal; of calls only stand-ins. In the test's own event loop, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import migrations
from ops.devstack import DevStack
from tests.integration.api.house import House, open_house


@pytest.fixture(scope="module")
def dsn(stack: DevStack) -> Iterator[str]:
    dsn = stack.postgres.create_database("api")
    migrations.upgrade(dsn)
    yield dsn
    stack.postgres.drop_database("api")


@pytest.fixture
async def house(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(dsn, tmp_path) as house:
        yield house
