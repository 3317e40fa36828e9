"""What the ledger holds, in memory: found by key, by call and by number. Pure; time comes with the entries.

Of each write the newest entry, and every use of a tool.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.ledger import Entry

Slot = str | int  # the key of a write, or the sequence number of a use


class Kept(NamedTuple):
    sequence: int
    entry: Entry
    at_ms: int  # when it was kept, by a clock that nobody sets; the entry's own time may come from one that was


def slot_of(kept: Kept) -> Slot:
    return kept.entry.key if kept.entry.key and kept.entry.stage != "used" else kept.sequence


class LedgerIndex:
    def __init__(self) -> None:
        self._kept: dict[Slot, Kept] = {}
        self._aging: deque[Kept] = deque()  # of this life, the oldest first; those that were replaced, too
        self._of_call: dict[str, dict[Slot, Kept]] = {}
        self._of_number: dict[str, dict[Slot, Kept]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Kept]:
        return iter(self._kept.values())

    def restore(self, kept: Kept) -> None:
        """One of an earlier life, in the order of those lives."""
        self._take(slot_of(kept))
        self._keep(kept)

    def put(self, kept: Kept) -> Kept | None:
        """The entry of the same write that it replaces."""
        before = self._take(slot_of(kept))
        self._keep(kept)
        self._aging.append(kept)
        return before

    def forget(self, before_ms: int) -> None:
        """What was put before that moment."""
        while self._aging and self._aging[0].at_ms < before_ms:
            self._drop(self._aging.popleft())

    def forget_restored(self, newest: int, before_ms: int) -> None:
        """Of what has numbers up to *newest*, what was kept before that moment."""
        for kept in [kept for kept in self._kept.values() if kept.sequence <= newest and kept.at_ms < before_ms]:
            self._drop(kept)

    def undo(self, kept: Kept, before: Kept | None) -> None:
        """*kept* was never there, if nothing newer has replaced it."""
        if self._drop(kept) and before is not None:
            self._keep(before)

    def find(self, key: str) -> Entry | None:
        kept = self._kept.get(key)
        return None if kept is None else kept.entry

    def entries(self, *, call_id: str | None, number: str | None, since_ms: int) -> Sequence[Entry]:
        if call_id is not None:
            chosen = self._of_call.get(call_id, {})
        elif number is not None:
            chosen = self._of_number.get(number, {})
        else:
            chosen = self._kept
        return [
            kept.entry
            for kept in sorted(chosen.values(), key=lambda kept: kept.sequence)
            if kept.entry.at_ms >= since_ms and (number is None or kept.entry.number == number)
        ]

    def _keep(self, kept: Kept) -> None:
        slot = slot_of(kept)
        self._kept[slot] = kept
        self._of_call.setdefault(kept.entry.call_id, {})[slot] = kept
        self._of_number.setdefault(kept.entry.number, {})[slot] = kept

    def _take(self, slot: Slot) -> Kept | None:
        kept = self._kept.pop(slot, None)
        if kept is not None:
            for table, name in ((self._of_call, kept.entry.call_id), (self._of_number, kept.entry.number)):
                table[name].pop(slot, None)
                if not table[name]:
                    del table[name]
        return kept

    def _drop(self, kept: Kept) -> bool:
        if self._kept.get(slot_of(kept)) is not kept:
            return False
        self._take(slot_of(kept))
        return True
