"""Tokens, sessions and links in PostgreSQL: made, found, listed, revoked. What they look like: ``bearer``.

token (cc_) ── POST /session ──► session (cs_), at most 12 hours, never longer than its token; gone when the token is revoked
link (co_)  ── POST /session ──► session; the link is used up
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.api.bearer import LINK, SESSION, TOKEN, digest, new_secret
from controller.api.database import QUERIES, Asked
from controller.api.identity import Role
from controller.journal.queries import Row

SESSION_LASTS = timedelta(hours=12)
LINK_LASTS = timedelta(hours=1)
ASK_S = 2.0
PERSON = r"[^\x00-\x1f\x7f]{1,60}"
TELEPHONE = r"([A-Za-z0-9]+/[A-Za-z0-9@._:+-]{1,80})?"
"""Technology and resource, nothing of a dial string besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a token says of the person who holds it."""

    person: str
    role: Role
    telephone: str = ""
    numbers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A token or session that was good when it was looked up."""

    id: str
    profile: Profile
    expires_at: datetime | None
    parent: str | None = None  # of a session: the token or link it came from


@dataclass(frozen=True, slots=True)
class Made:
    """*secret* is shown once and kept nowhere."""

    secret: str
    held: Held


class TokenBook:
    """Every method raises ``DatabaseAway``."""

    def __init__(self, database: Asked) -> None:
        self._database = database

    async def find(self, secret_hash: bytes) -> Held | None:
        rows = await self._ask("find_token", hash=secret_hash)
        return _held(rows[0]) if rows else None

    async def stands(self, token_id: str) -> bool:
        """Whether it would still be found."""
        return bool(await self._ask("token_stands", id=token_id))

    async def create(self, profile: Profile, lasts: timedelta | None) -> Made:
        """A token; None: until it is revoked."""
        return await self._create(new_secret(TOKEN), profile, None if lasts is None else datetime.now(UTC) + lasts, once=False)

    async def create_link(self, profile: Profile, lasts: timedelta = LINK_LASTS) -> Made:
        """What goes behind the # of the login page's address."""
        return await self._create(new_secret(LINK), profile, datetime.now(UTC) + lasts, once=True)

    async def open_session(self, token_id: str) -> Made | None:
        """A session of a token; None if the token is none any more."""
        return await self._open("open_session", parent=token_id)

    async def use_link(self, link: str) -> Made | None:
        """The one session of a link; None if it was used, is over, or never was."""
        return await self._open("use_link", link=digest(link))

    async def revoke(self, token_id: str) -> bool:
        """And its sessions; False if there is none. Twice changes nothing."""
        if not await self._ask("token_exists", id=token_id):
            return False
        await self._ask("revoke_token", id=token_id)
        await self._ask("revoke_sessions", id=token_id)
        return True

    async def listed(self) -> list[Row]:
        """Tokens and links without sessions, newest first: the columns of ``list_tokens``."""
        return await self._ask("list_tokens")

    async def _create(self, secret: str, profile: Profile, expires_at: datetime | None, *, once: bool) -> Made:
        id_ = str(uuid.uuid4())
        await self._ask(
            "put_token",
            id=id_,
            hash=digest(secret),
            person=profile.person,
            role=profile.role.value,
            telephone=profile.telephone,
            numbers=profile.numbers,
            expires_at=expires_at,
            once=once,
        )
        return Made(secret, Held(id=id_, profile=profile, expires_at=expires_at))

    async def _open(self, statement: str, **key: object) -> Made | None:
        secret = new_secret(SESSION)
        rows = await self._ask(statement, id=str(uuid.uuid4()), hash=digest(secret), expires_at=datetime.now(UTC) + SESSION_LASTS, **key)
        await self._ask("forget_sessions")
        return Made(secret, _held(rows[0])) if rows else None

    async def _ask(self, statement: str, **parameters: object) -> list[Row]:
        return await self._database.fetch(QUERIES[statement], parameters, timeout_s=ASK_S)


def _held(row: dict[str, Any]) -> Held:
    profile = Profile(person=row["person"], role=Role(row["role"]), telephone=row["telephone"] or "", numbers=row["numbers"])
    parent = row["parent"]
    return Held(id=str(row["id"]), profile=profile, expires_at=row["expires_at"], parent=None if parent is None else str(parent))
