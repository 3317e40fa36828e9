"""Tokens that were good a moment ago, so that PostgreSQL is not asked at each request and its outage locks out nobody who was just working.

    known and looked up within 5 s ──────────────► good
    else PostgreSQL ─┬─ knows it ────────────────► good, for 5 s
                     ├─ knows none ──────────────► not good, and forgotten
                     └─ away ─┬─ good within 1 h ► good, and not asked again for 5 s
                              └─ else ───────────► DatabaseAway

So a revocation takes effect within 5 s while PostgreSQL answers, and at once in the process that did it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from controller.api.bearer import digest
from controller.api.problems import DatabaseAway
from controller.api.tokens import Held, TokenBook

FRESH_S = 5.0
STALE_S = 3600.0
KNOWN = 1_000


@dataclass(slots=True)
class _Entry:
    held: Held
    good_at: float
    ask_again_at: float
    gone: bool = False
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Keyring:
    def __init__(
        self, book: TokenBook, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._book = book
        self._clock = clock
        self._now = now
        self._known: OrderedDict[bytes, _Entry] = OrderedDict()

    def knows(self, secret: str) -> bool:
        """Whether it was good within the last hour, without asking anybody."""
        entry = self._known.get(digest(secret))
        return entry is not None and self._usable(entry)

    async def find(self, secret: str) -> Held | None:
        """Whose it is; None if it is no good. Raises ``DatabaseAway`` when that cannot be told."""
        key = digest(secret)
        entry = self._known.get(key)
        if entry is None:
            held = await self._book.find(key)
            if held is not None:
                self._remember(key, held)
            return held
        self._known.move_to_end(key)
        async with entry.asking:  # one question for all who come with it at once
            if not entry.gone and self._clock() >= entry.ask_again_at:
                await self._ask_again(key, entry)
        return None if entry.gone or not self._usable(entry) else entry.held

    async def stands(self, token_id: str) -> bool:
        """Whether the holder of an open stream may go on reading; while PostgreSQL is away, yes."""
        try:
            return await self._book.stands(token_id)
        except DatabaseAway:
            return True

    def forget(self, token_id: str) -> None:
        """It was revoked, and its sessions with it."""
        for key, entry in tuple(self._known.items()):
            if token_id in (entry.held.id, entry.held.parent):
                self._drop(key, entry)

    async def _ask_again(self, key: bytes, entry: _Entry) -> None:
        try:
            held = await self._book.find(key)
        except DatabaseAway:
            if not self._usable(entry):
                self._drop(key, entry)
                raise
        else:
            if held is None:
                self._drop(key, entry)
                return
            entry.held, entry.good_at = held, self._clock()
        entry.ask_again_at = self._clock() + FRESH_S

    def _usable(self, entry: _Entry) -> bool:
        expires_at = entry.held.expires_at
        return self._clock() - entry.good_at < STALE_S and (expires_at is None or self._now() < expires_at)

    def _drop(self, key: bytes, entry: _Entry) -> None:
        entry.gone = True
        if self._known.get(key) is entry:
            del self._known[key]

    def _remember(self, key: bytes, held: Held) -> None:
        now_s = self._clock()
        self._known[key] = _Entry(held, now_s, now_s + FRESH_S)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
