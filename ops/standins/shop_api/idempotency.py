"""Idempotency keys: the same key and the same request within 24 h give the same thing back.

    key unknown or older than 24 h ─► the write is done, its result kept under the key
    key known, same request        ─► the result again, nothing is done
    key known, another request     ─► 422 idempotency_key_reused

A write that was refused keeps no key: it may be tried again with the same one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from ops.standins.shop_api.clock import Now
from ops.standins.shop_api.errors import ApiError

KEPT = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Kept:
    request: str
    result: str
    at: dt.datetime


class Keys:
    def __init__(self, now: Now) -> None:
        self._now = now
        self._kept: dict[uuid.UUID, _Kept] = {}

    def find(self, key: uuid.UUID, request: str) -> str | None:
        """What the first request with *key* made; raises ``ApiError`` when it was another request."""
        kept = self._kept.get(key)
        if kept is None or self._now() - kept.at >= KEPT:
            return None
        if kept.request != request:
            raise ApiError(422, "this Idempotency-Key was used for another request", "idempotency_key_reused")
        return kept.result

    def keep(self, key: uuid.UUID, request: str, result: str) -> None:
        self._kept[key] = _Kept(request, result, self._now())
