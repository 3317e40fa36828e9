"""Tokens: what a person holds, and what of it is kept. Pure.

    cc_<43 characters>   a token, for programs and for people who paste it once; Authorization: Bearer cc_...
    cs_<43 characters>   a browser's session, in a cookie that no script can read
    co_<43 characters>   a link that opens one session, once

Each is 256 random bits. Kept is its SHA-256 alone: it is looked up by that, so that nothing is compared that an attacker could learn
piece by piece, and nothing slow is needed, since there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

TOKEN, SESSION, LINK = "cc_", "cs_", "co_"
_SHAPE = re.compile(r"c[cso]_[A-Za-z0-9_-]{43}")


def new_secret(kind: str) -> str:
    return kind + secrets.token_urlsafe(32)


def is_secret(text: str, kind: str) -> bool:
    return text.startswith(kind) and _SHAPE.fullmatch(text) is not None


def digest(secret: str) -> bytes:
    """32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def csrf_of(session: str) -> str:
    """What only the page can know to which the session was given: made from the cookie's value, which it cannot be turned back into."""
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()[:32]


def same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
