"""Each write to the shop happens once, however often the model asks for it and whatever breaks meanwhile.

    key = call, intent, canonical arguments                     ledger                 shop
    ── find(key): done ────────────────► the first result
    ── begun or unknown ─► look() ─────► found: done, the first result
    │                                    not there, or nothing to look at: again, with the same idempotency key
    ── nothing yet ──────► record(begun) ─► write(idempotency key) ─► record(done | refused | unknown)

Rule 1: no request without a durable ``begun``. Rule 2: two uses of one key wait for each other. Rule 3: what is not known is said.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.errors import ShopFailed
from agent.ledger import Entry, Ledger, Stage

_NAMESPACE = uuid.UUID("7d0c1c0e-6f0b-5c39-9a57-2f4b8a4a1d11")


@dataclass(frozen=True, slots=True)
class Write:
    """One intent of one call. *arguments* are canonical: what makes it the same write, and nothing else."""

    call_id: str
    number: str
    intent: str
    arguments: Mapping[str, Any]

    @property
    def key(self) -> str:
        canonical = json.dumps([self.call_id, self.intent, self.arguments], sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def idempotency_key(self) -> uuid.UUID:
        return uuid.uuid5(_NAMESPACE, self.key)


@dataclass(frozen=True, slots=True)
class Written:
    result: dict[str, Any]
    again: bool  # it was done before: this is the first result


class Once:
    """One for all calls of a process."""

    def __init__(self, ledger: Ledger, *, clock_ms: Callable[[], int]) -> None:
        self.ledger = ledger
        self._clock_ms = clock_ms
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def do(
        self,
        write: Write,
        act: Callable[[uuid.UUID], Awaitable[dict[str, Any]]],
        *,
        look: Callable[[], Awaitable[dict[str, Any] | None]] | None = None,
    ) -> Written:
        """The result of *write*, which *act* performs; *look* reads back whether it happened, where the shop takes no idempotency key.

        Raises ``ShopFailed`` (with ``outcome_unknown`` while nobody knows whether it happened) and ``LedgerFailed`` (nothing was sent).
        """
        async with self._locks[write.key]:
            known = self.ledger.find(write.key)
            if known is not None and known.stage == "done":
                return Written(known.result, again=True)
            if known is not None and known.stage in ("begun", "unknown") and look is not None:
                found = await look()
                if found is not None:
                    await self._record(write, "done", found)
                    return Written(found, again=True)
            await self._record(write, "begun")
            try:
                result = await act(write.idempotency_key)
            except ShopFailed as failed:
                await self._record(write, "unknown" if failed.outcome_unknown else "refused")
                raise
            await self._record(write, "done", result)
            return Written(result, again=False)

    async def _record(self, write: Write, stage: Stage, result: dict[str, Any] | None = None) -> None:
        await self.ledger.record(
            Entry(
                call_id=write.call_id,
                number=write.number,
                intent=write.intent,
                stage=stage,
                at_ms=self._clock_ms(),
                key=write.key,
                result=result or {},
            )
        )
