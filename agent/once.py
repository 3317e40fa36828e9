"""Each write to the shop happens once, however often the model asks for it and whatever breaks meanwhile.

    key = call, intent, canonical arguments              ledger                     shop
    ── find(key): done ─────────► the first result       (after another write of the call it is looked whether it still stands)
    ── begun or unknown ─ look ─► found: done
    │                     not there, and the last request is over: nothing happened, as below
    │                     not there yet, or look fails: "unknown" is said, nothing is sent
    ── nothing yet ─────────────► record(begun) ─► act(idempotency key) ─┬─► record(done)
    └─ begun or unknown, and nothing to look at: the same, same key      ├─► record(refused)      nothing happened
                                                                         └─► look, record(done | refused | unknown)

Rule 1: no request without a durable ``begun``. Rule 2: two uses of one key wait for each other. Rule 3: what is not known is said.
Rule 4: not to find a thing proves that it did not happen only once the request for it is over: the shop has answered it, or
        ``settle_s`` went by. Until then a repetition might be a second order.
Rule 5: after an unknown outcome only an answer that speaks of the write itself settles it. That a repetition was not taken (busy,
        no connection, not signed in) says nothing of the first request.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import structlog

from agent.errors import ShopFailed
from agent.ledger import Entry, Ledger, LedgerFailed, Stage

LOOK_S = 2.0  # for reading back in the use that failed: the caller has waited for the failure already
LOOK_AGAIN_S = 1.0
ANSWERED = frozenset({500})  # the shop itself ended the request; 502 and 504 come from somebody before it
ABOUT_THE_WRITE = frozenset({400, 404, 422})  # a repetition was weighed and refused, so the first had not been taken

_NAMESPACE = uuid.UUID("7d0c1c0e-6f0b-5c39-9a57-2f4b8a4a1d11")

Result = dict[str, Any]
Act = Callable[[uuid.UUID], Awaitable[Result]]
Look = Callable[[], Awaitable[Result | None]]

log = structlog.get_logger(__name__)


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
        return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()

    @property
    def idempotency_key(self) -> uuid.UUID:
        return uuid.uuid5(_NAMESPACE, self.key)


@dataclass(frozen=True, slots=True)
class Written:
    result: Result
    again: bool  # it was done before: this is the first result
    stands: Result | None = None  # what *look* has just read back, where it was asked about a write that was done


class Once:
    """One for all calls of a process. *settle_s*: within it the shop takes a request or never does, whoever has stopped waiting."""

    def __init__(self, ledger: Ledger, *, clock_ms: Callable[[], int], settle_s: float = 5.0) -> None:
        self.ledger = ledger
        self._clock_ms = clock_ms
        self._settle_s = settle_s
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # each lives as long as somebody holds or awaits it

    async def do(self, write: Write, act: Act, *, look: Look | None = None) -> Written:
        """The result of *write*, which *act* performs; *look* reads back whether it stands, ``None`` if it does not.

        Without *look* the shop must honour the idempotency key that *act* gets. Takes at most ``settle_s`` and ``LOOK_S`` longer than
        *act*. Raises ``ShopFailed``, with ``outcome_unknown`` while nobody knows whether it happened, without it when nothing happened;
        and ``LedgerFailed``: nothing was sent. Cancelled within *act*, the next use settles it.
        """
        async with self._locks.setdefault(write.key, asyncio.Lock()):
            known = self.ledger.find(write.key)
            if known is not None and known.stage == "done" and (look is None or not self._followed(known)):
                return Written(dict(known.result), again=True)
            open_ = known if known is not None and known.stage in ("begun", "unknown") else None
            if known is not None and known.stage != "refused" and look is not None:
                found = await self._read_back(look, over_s=self._remaining_s(open_), patience_s=self._settle_s)
                if found is not None and open_ is not None:
                    await self._close(write, "done", found)
                    return Written(found, again=True)
                if found is not None:
                    return Written(dict(known.result), again=True, stands=found)
                open_ = None
            return await self._attempt(write, act, look, open_)

    async def _attempt(self, write: Write, act: Act, look: Look | None, open_: Entry | None) -> Written:
        """*open_*: of an earlier attempt whose outcome only a repetition with its key can tell."""
        was_over = self._remaining_s(open_) == 0
        await self._begin(write, open_)
        try:
            result = await act(write.idempotency_key)
        except ShopFailed as failed:
            if open_ is not None and not (was_over and failed.status in ABOUT_THE_WRITE) and not failed.outcome_unknown:
                failed = _unknown(str(failed), failed)
            if failed.outcome_unknown and look is not None:
                return await self._settle(write, failed, look)
            await self._close(write, "unknown" if failed.outcome_unknown else "refused")
            raise failed from failed.__cause__
        except asyncio.CancelledError:
            self.ledger.note(self._entry(write, "unknown"))  # as "begun" says, too; but the request was under way until now
            raise
        await self._close(write, "done", result)
        return Written(result, again=False)

    async def _settle(self, write: Write, failed: ShopFailed, look: Look) -> Written:
        """The request just failed without telling whether it was taken: perhaps the shop can tell at once."""
        try:
            found = await self._read_back(look, over_s=0 if failed.status in ANSWERED else self._settle_s, patience_s=LOOK_S)
        except ShopFailed:
            await self._close(write, "unknown")
            raise failed from failed.__cause__
        except asyncio.CancelledError:
            self.ledger.note(self._entry(write, "unknown"))
            raise
        if found is None:
            await self._close(write, "refused")
            raise ShopFailed(str(failed), status=failed.status, retryable=failed.retryable) from failed
        await self._close(write, "done", found)
        return Written(found, again=False)

    async def _read_back(self, look: Look, *, over_s: float, patience_s: float) -> Result | None:
        """What *look* finds; ``None``: it did not happen and will not, for the request is over in *over_s*.

        Raises ``ShopFailed`` with ``outcome_unknown`` if neither is known after *patience_s*.
        """
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while True:
            passed_s = loop.time() - began_s  # asked before looking: what happens in between is seen
            try:
                async with asyncio.timeout(LOOK_S):
                    found = await look()
            except (ShopFailed, TimeoutError) as failed:
                raise _unknown("whether it happened could not be read back", failed) from failed
            if found is not None:
                return found
            if passed_s >= over_s:
                return None
            pause_s = max(0.0, min(LOOK_AGAIN_S, over_s - (loop.time() - began_s)))
            if loop.time() - began_s + pause_s > patience_s:
                raise _unknown("it has not happened yet, and still may", None)
            await asyncio.sleep(pause_s)

    def _remaining_s(self, open_: Entry | None) -> float:
        """How long the shop may still take a request of which the ledger last heard with *open_*."""
        if open_ is None:
            return 0.0
        passed_s = (self._clock_ms() - open_.at_ms) / 1000
        return min(max(0.0, self._settle_s - passed_s), self._settle_s)  # a clock that was set back must not lock the write for ever

    def _followed(self, done: Entry) -> bool:
        """Whether a later write of the same call may have undone it: the caller took another slot, and wants the first again."""
        mine = self.ledger.entries(call_id=done.call_id, since_ms=done.at_ms)
        return any(entry.stage not in ("used", "refused") and entry.key != done.key for entry in mine)

    async def _begin(self, write: Write, open_: Entry | None) -> None:
        try:
            await self.ledger.record(self._entry(write, "begun"))
        except LedgerFailed as failed:
            if open_ is not None:
                raise _unknown(f"the ledger cannot be written: {failed}", None) from failed
            raise
        except asyncio.CancelledError:
            self.ledger.note(self._entry(write, "refused" if open_ is None else "unknown"))  # nothing was sent now
            raise

    async def _close(self, write: Write, stage: Stage, result: Result | None = None) -> None:
        """What is known is true whether the disk takes it or not; should it be lost, the durable ``begun`` has it settled again."""
        entry = self._entry(write, stage, result)
        try:
            await self.ledger.record(entry)
        except LedgerFailed as failed:
            log.error("ledger_entry_not_durable", intent=write.intent, stage=stage, reason=str(failed))
            self.ledger.note(entry)

    def _entry(self, write: Write, stage: Stage, result: Result | None = None) -> Entry:
        return Entry(
            call_id=write.call_id,
            number=write.number,
            intent=write.intent,
            stage=stage,
            at_ms=self._clock_ms(),
            key=write.key,
            result=result or {},
        )


def _unknown(message: str, failed: BaseException | None) -> ShopFailed:
    status = failed.status if isinstance(failed, ShopFailed) else None
    return ShopFailed(message, status=status, retryable=True, outcome_unknown=True)
