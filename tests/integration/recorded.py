"""Records put into a database as the journal puts them, without one."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from controller.journal.ids import moment
from controller.journal.partitions import TABLES
from controller.journal.queries import QUERIES
from controller.journal.records import Record
from controller.journal.rows import inserts, row_of


def put(dsn: str, records: Iterable[Record]) -> None:
    rows = [row_of(record) for record in records]
    with psycopg.connect(dsn) as connection:
        for at_ms in {row.at_ms // 86_400_000 * 86_400_000 for row in rows}:
            for table in TABLES:
                connection.execute(QUERIES["ensure_partition"], {"parent": table, "at": moment(at_ms)})
        for insert in inserts(rows):
            connection.execute(QUERIES[insert.statement], {"rows": insert.rows})
