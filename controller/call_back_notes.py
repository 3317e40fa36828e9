"""What a call leaves behind for those who ring callers back: one note per call and number, by whom and how often it is made."""

from __future__ import annotations

from collections.abc import Callable

from agent.ports import CallBackWish
from controller.journal.ids import call_back_id
from controller.journal.records import CallBackNoted
from controller.record import Journal, now_ms


class CallBackNotes:
    """Satisfies ``agent.ports.CallBacks`` for one call."""

    def __init__(self, journal: Journal, call_id: str, *, clock_ms: Callable[[], int] = now_ms) -> None:
        self._journal = journal
        self._call_id = call_id
        self._clock_ms = clock_ms

    def note(self, wish: CallBackWish) -> None:
        at_ms = self._clock_ms()
        self._journal.append(
            CallBackNoted(
                call_id=self._call_id,
                id=call_back_id(self._call_id, wish.phone),
                at_ms=at_ms,
                phone=wish.phone,
                name=wish.name,
                why=wish.about,
                due_at_ms=None if wish.due is None else round(wish.due.timestamp() * 1000),
                revision=at_ms,
            )
        )
