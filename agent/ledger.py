"""The ledger: what this system has done in the world, so that it does it once and within its limits.

    begun ──► done         the shop took it: the first result, for every repetition
      │  └──► refused      nothing was written
      └─────► unknown      no answer came: settled by reading back, or by the same idempotency key, before any retry

It is local, outlives the process and needs no database: limits and "was it done?" are answered while PostgreSQL is down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

Stage = Literal["used", "begun", "done", "refused", "unknown"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="entry.1"):
    """One line. ``used`` counts a tool use; all other stages are about the write that *key* names."""

    call_id: str
    number: str  # the caller's, +380...; empty when withheld
    intent: str  # the tool's name
    stage: Stage
    at_ms: int  # Unix time
    key: str = ""  # of call, intent and canonical arguments
    result: dict[str, Any] = {}  # what the tool told the model; with ``done``


class LedgerFailed(Exception):
    """It could not be made durable: then nothing may be written to the shop."""


class Ledger(Protocol):
    def find(self, key: str) -> Entry | None:
        """The newest entry of a write."""

    def entries(self, *, call_id: str | None = None, number: str | None = None, since_ms: int = 0) -> Sequence[Entry]:
        """The newest entry of each write and every use, of a call or of a caller's number, in order; kept for two days at least."""

    def note(self, entry: Entry) -> None:
        """Keep it; at once in memory, on the disk soon after. Never waits and never raises."""

    async def record(self, entry: Entry) -> None:
        """Keep it; returns after fdatasync. Raises ``LedgerFailed``."""
