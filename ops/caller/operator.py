"""A simulated operator's telephone: it answers when the queue rings it, and hears the caller."""

from __future__ import annotations

from typing import Protocol

from audiosocket.line import Line
from ops.caller.ear import Ear


class _Ringing(Protocol):
    """An AudioSocket leg that is expected and not there yet."""

    async def line(self, *, timeout_s: float) -> Line: ...

    def cancel(self) -> None: ...


class OperatorPhone:
    """One handset on an operator's desk; it takes one call."""

    def __init__(self, name: str, ringing: _Ringing, ear: Ear) -> None:
        """*ear* listens from the moment in which we take the call."""
        self.name = name
        self.ear = ear
        self._ringing = ringing
        self._line: Line | None = None

    async def answered(self, within_s: float = 30.0) -> None:
        """Wait until the queue rang and we took the call; raises ``LineNotOpened`` when it did not ring in time."""
        self._line = await self._ringing.line(timeout_s=within_s)

    def say(self, pcm: bytes) -> None:
        """Begin to say *pcm* to the caller."""
        playback = self._talking().play()
        playback.feed(pcm)
        playback.finish()

    def hang_up(self) -> None:
        """Put the handset down, or take it off the hook for good when it never rang."""
        if self._line is None:
            self._ringing.cancel()
        else:
            self._line.close()

    async def ended(self) -> None:
        await self._talking().closed()

    def _talking(self) -> Line:
        if self._line is None:
            raise RuntimeError(f"operator {self.name} has no call yet: await answered() first")
        return self._line
