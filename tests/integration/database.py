"""A database of a test's own on the private PostgreSQL: made, migrated, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import migrations
from ops.devstack import DevStack


@contextmanager
def migrated_database(stack: DevStack, name: str) -> Iterator[str]:
    """Its address."""
    dsn = stack.postgres.create_database(name)
    migrations.upgrade(dsn)
    yield dsn
    stack.postgres.drop_database(name)
