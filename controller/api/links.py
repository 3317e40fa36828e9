"""One-time links: an address of the console that logs somebody in, once.

The code stands behind ``#``: browsers do not send that, so it is in nobody's log, and a preview of the link does not use it up. The page at
/login posts it to /api/v1/session.
"""

from __future__ import annotations

from controller.api.tokens import Profile, TokenBook

PATH = "/login"


async def one_time_link(book: TokenBook, base_url: str, profile: Profile) -> str:
    """An address that is good once, within an hour. Raises ``DatabaseAway``."""
    made = await book.create_link(profile)
    return f"{base_url.rstrip('/')}{PATH}#{made.secret}"
