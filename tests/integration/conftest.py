from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.devstack import DevStack
from tests.integration.database import migrated_database


@pytest.fixture
def dsn(stack: DevStack) -> Iterator[str]:
    """An empty database with our schema; a module may make its own, for all of its tests."""
    with migrated_database(stack, "of_a_test") as dsn:
        yield dsn
