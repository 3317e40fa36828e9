"""A ledger in memory that a crash, a full disk and a slow disk treat as they treat the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agent.ledger import Entry, LedgerFailed


class FakeLedger:
    """*durable* is what a successor would find. ``fails_next``: so many records are refused. ``sync_s``: how long one takes."""

    def __init__(self, entries: Sequence[Entry] = (), *, sync_s: float = 0.0) -> None:
        self.durable = list(entries)
        self.sync_s = sync_s
        self.fails_next = 0
        self._memory = list(entries)

    def find(self, key: str) -> Entry | None:
        return next((entry for entry in reversed(self._memory) if entry.key == key and entry.stage != "used"), None)

    def entries(self, *, call_id: str | None = None, number: str | None = None, since_ms: int = 0) -> Sequence[Entry]:
        return [
            entry
            for entry in self._memory
            if (entry.stage == "used" or not entry.key or entry is self.find(entry.key))
            and call_id in (None, entry.call_id)
            and number in (None, entry.number)
            and entry.at_ms >= since_ms
        ]

    def note(self, entry: Entry) -> None:
        self._memory.append(entry)

    async def record(self, entry: Entry) -> None:
        """What was noted before becomes durable as well: one disk, one order."""
        self._memory.append(entry)
        fails, self.fails_next = self.fails_next > 0, max(0, self.fails_next - 1)
        if not fails and not self.sync_s:
            self._sync()
        elif not fails:
            asyncio.get_running_loop().call_later(self.sync_s, self._sync)  # goes on when nobody waits any more
        await asyncio.sleep(self.sync_s)
        if fails:
            self._memory = [kept for kept in self._memory if kept is not entry]
            raise LedgerFailed("No space left on device")

    def after_a_crash(self) -> FakeLedger:
        """What the next process finds: everything recorded; of what was only noted, what a record came after."""
        return FakeLedger(self.durable, sync_s=self.sync_s)

    def _sync(self) -> None:
        self.durable = list(self._memory)
