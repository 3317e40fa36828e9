"""Whether a database may be seeded. Made-up customers among real ones would be a mess that no later run undoes, so every doubt is a no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from ops.seed.life import APP
from ops.seed.people import PREFIX

_ASKED = """
SELECT count(*) FILTER (WHERE app = %(app)s), count(*) FILTER (WHERE app <> %(app)s AND caller_id NOT LIKE %(ours)s) FROM calls
"""


class Refused(Exception):
    """In words."""


@dataclass(frozen=True, slots=True)
class Found:
    seeded: int  # calls of ours
    others: int  # calls from numbers that are not ours

    @classmethod
    async def look(cls, connection: psycopg.AsyncConnection[Any]) -> Found:
        """Raises ``psycopg.Error``."""
        row = await (await connection.execute(_ASKED, {"app": APP, "ours": f"{PREFIX}%"})).fetchone()
        assert row is not None
        return cls(*row)


def must_be_safe(environment: str, found: Found, *, anyway: bool) -> None:
    """Raises ``Refused``. *anyway*: somebody says that made-up calls may stand beside those of others; never in production."""
    if environment == "production":
        raise Refused("ENVIRONMENT is production, or is not set: the seed is for staging and development only. Nothing was changed.")
    if found.others and not found.seeded and not anyway:
        raise Refused(
            f"The database holds {found.others} calls that are not the seed's, and none of the seed's: it looks like somebody's. "
            "Nothing was changed. If it is the right one: --anyway."
        )
