"""The database's schema and its changes; Alembic runs them, SQLAlchemy appears nowhere else.

migrations.upgrade("postgresql://...")     what `callctl db upgrade`, the tests and the demo call
alembic upgrade head                       the same by hand, with DATABASE_URL set
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def head() -> str:
    """The newest revision: the one that this program works with."""
    return str(ScriptDirectory(str(Path(__file__).parent)).get_current_head())


def upgrade(dsn: str, revision: str = "head", tell: Callable[[str], None] = lambda _: None) -> None:
    """Bring the schema of the database at *dsn* (any libpq connection string) to *revision*.

    Safe to call from several processes at once: they queue behind an advisory lock. One transaction: cut short, nothing of it
    has happened. *tell* hears how it goes. Blocks; call it from a thread where an event loop runs. Raises
    ``sqlalchemy.exc.SQLAlchemyError``, ``psycopg.Error``, or ``alembic.util.exc.CommandError`` for a revision that is not known.
    """
    config = _config(dsn)
    config.attributes["tell"] = tell
    command.upgrade(config, revision)


def downgrade(dsn: str, revision: str = "base") -> None:
    """Undo the changes after *revision*; ``base`` leaves an empty database, without any data."""
    command.downgrade(_config(dsn), revision)


def _config(dsn: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["dsn"] = dsn
    return config
