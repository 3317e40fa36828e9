"""A connection whose UUID has not come yet."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

from audiosocket.frames import Kind, Message
from audiosocket.wire import Ending, Wire


class Arrival:
    """Its receiver until the first message."""

    def __init__(self, wire: Wire, *, identified: Callable[[Wire, uuid.UUID], None], refused: Callable[[Wire, Ending], None]) -> None:
        self._wire = wire
        self._identified = identified
        self._refused = refused
        self._timer: asyncio.TimerHandle | None = None

    def expire_in(self, uuid_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(uuid_s, self._wire.close, Ending("no UUID in time", orderly=False))

    def received(self, message: Message) -> None:
        self._stop_timer()
        if message.kind is Kind.UUID:
            self._identified(self._wire, message.leg_id())
        else:
            self._wire.close(Ending("UUID does not come first", orderly=False, detail=message.kind.name))

    def ended(self, ending: Ending) -> None:
        self._stop_timer()
        self._refused(self._wire, ending)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
