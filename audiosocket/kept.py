"""Lines that another process had, until somebody here claims them or nobody wants them."""

from __future__ import annotations

import asyncio
import uuid

import structlog

from audiosocket.line import Line

log = structlog.get_logger(__name__)


class KeptLines:
    def __init__(self, claim_s: float) -> None:
        """A line that nobody has claimed after *claim_s* is closed."""
        self._claim_s = claim_s
        self._unclaimed: dict[uuid.UUID, tuple[Line, asyncio.TimerHandle]] = {}

    @property
    def unclaimed(self) -> tuple[Line, ...]:
        return tuple(line for line, _ in self._unclaimed.values())

    def add(self, line: Line) -> None:
        timer = asyncio.get_running_loop().call_later(self._claim_s, self._expire, line)
        self._unclaimed[line.leg_id] = line, timer

    def claim(self, leg_id: uuid.UUID) -> Line | None:
        """The open line of that leg, once; from then on it is the claimer's to close."""
        line, timer = self._unclaimed.pop(leg_id, (None, None))
        if timer is not None:
            timer.cancel()
        return line

    def _expire(self, line: Line) -> None:
        log.warning("leg_not_claimed", leg=str(line.leg_id))
        line.close("kept, and not claimed in time", orderly=False)

    def closed(self, line: Line) -> None:
        """It ended; whether it was claimed or not, nobody shall have it now."""
        self.claim(line.leg_id)
