"""What Alembic runs around the revisions: one connection, one transaction, one migration at a time."""

from __future__ import annotations

import logging.config
import os
from typing import Any

import psycopg
import sqlalchemy
from alembic import context

LOCK = 0x63616C6C63746C  # "callctl": two programs that start at once must not both migrate
CONNECT_TIMEOUT_S = 10


def database_url() -> str:
    url = context.config.attributes.get("dsn") or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit(
            "DATABASE_URL is not set. Example: DATABASE_URL=postgresql://user:password@host:5432/database alembic upgrade head"
        )
    return str(url)


def run_offline() -> None:
    """``alembic upgrade head --sql``: print the statements for a database that others look after."""
    context.configure(url="postgresql+psycopg://", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    # psycopg itself reads the string, so that every form that libpq knows works and nothing is quoted twice.
    dsn = database_url()
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn, connect_timeout=CONNECT_TIMEOUT_S, application_name="callctl-migrations"),
        poolclass=sqlalchemy.pool.NullPool,
    )
    tell = context.config.attributes.get("tell", lambda _: None)

    def told(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:  # Alembic gives them by these names
        tell(f"{step.up_revision_id}  {step.up_revision.doc}")

    with engine.connect() as connection:
        context.configure(connection=connection, on_version_apply=told)
        with context.begin_transaction():
            if not connection.execute(sqlalchemy.text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}).scalar():
                tell("Another program is changing the schema; waiting for it ...")
                connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.run_migrations()


if context.config.config_file_name is not None:
    logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)
if context.is_offline_mode():
    run_offline()
else:
    run_online()
