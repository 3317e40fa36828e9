"""One-time links: an address of the console that logs somebody in, once.

The code stands behind ``#``: browsers do not send that, so it is in nobody's log, and a preview of the link does not use it up. The page at
/login posts it to /api/v1/session.
"""

from __future__ import annotations

from controller.api.database import Pool
from controller.api.tokens import Made, Profile, TokenBook

PATH = "/login"


def address_of(base_url: str, link: Made) -> str:
    return f"{base_url.rstrip('/')}{PATH}#{link.secret}"


async def one_time_link(dsn: str, base_url: str, profile: Profile) -> str:
    """An address that is good once, within an hour: for the demo and for tests. Raises ``DatabaseAway``."""
    async with Pool.open(dsn, "callctl-link", connections=1) as database:
        return address_of(base_url, await TokenBook(database).create_link(profile))
