"""PostgreSQL's clock, moved for one database: ``now()`` is looked up in a schema of ours first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from psycopg import sql


@contextmanager
def moved_clock(dsn: str, to: datetime) -> Iterator[None]:
    """Connections that are opened meanwhile believe that it is *to*."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute("CREATE SCHEMA moved")
        body = sql.SQL("SELECT {}::timestamptz").format(to.isoformat()).as_string(connection)
        connection.execute(sql.SQL("CREATE FUNCTION moved.now() RETURNS timestamptz LANGUAGE sql AS {}").format(body))
        connection.execute(sql.SQL("ALTER DATABASE {} SET search_path = public, moved, pg_catalog").format(database))
        try:
            yield
        finally:
            connection.execute(sql.SQL("ALTER DATABASE {} RESET search_path").format(database))
            connection.execute("DROP SCHEMA moved CASCADE")
