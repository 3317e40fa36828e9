"""A simulated telephone on somebody's desk, which Asterisk rings: it picks up, speaks and hears."""

from __future__ import annotations

from audiosocket.line import Line
from audiosocket.pending import Pending
from ops.caller.ear import Ear


class DeskPhone:
    """One handset; it takes one call. *endpoint* is what Asterisk dials."""

    def __init__(self, endpoint: str, ringing: Pending, ear: Ear) -> None:
        """*ear* listens from the moment in which it picks up."""
        self.endpoint = endpoint
        self.ear = ear
        self._ringing = ringing
        self._line: Line | None = None

    async def picked_up(self, within_s: float = 15.0) -> None:
        """Wait until it rang and took the call; raises ``LineNotOpened`` when it was not rung in time."""
        self._line = await self._ringing.line(timeout_s=within_s)

    @property
    def gone(self) -> bool:
        """It was put down, from whatever side."""
        return self._line is not None and self._line.reason is not None

    def say(self, pcm: bytes) -> None:
        """Begin to say *pcm*."""
        assert self._line is not None, "nobody picked up yet"
        playback = self._line.play()
        playback.feed(pcm)
        playback.finish()

    def put_down(self) -> None:
        """Hang up, or never pick up at all."""
        if self._line is None:
            self._ringing.cancel()
        else:
            self._line.close()
