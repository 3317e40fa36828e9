"""What is of no month and is over all the same: call backs that were worked off, names of people who have not rung for so long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from psycopg import AsyncConnection

from controller.journal.partitions import Retention
from controller.journal.queries import QUERIES

log = structlog.get_logger(__name__)


async def forget(connection: AsyncConnection[Any], now: datetime, retention: Retention) -> dict[str, int]:
    """Kept as long as calls are; how many rows went, by table."""
    gone: dict[str, int] = {}
    for table in ("callbacks", "customers"):
        cursor = await connection.execute(QUERIES[f"forget_{table}"], {"before": now - retention.calls})
        if cursor.rowcount:
            gone[table] = cursor.rowcount
    if gone:
        log.info("customers_forgotten", **gone)
    return gone
