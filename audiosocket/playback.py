"""What whoever speaks holds in his hands: one stretch of speech, awaitable. The shell around ``playout.Stretch``."""

from __future__ import annotations

import asyncio

from audiosocket.playout import Playout, Stretch


class Playback:
    """One stretch of speech on a line: fed while it plays, heard to an exact millisecond."""

    def __init__(self, playout: Playout) -> None:
        self._started = asyncio.Event()  # or ended without
        self._ended = asyncio.Event()
        self._stretch: Stretch = playout.play(self._started.set, self._end)

    @property
    def heard_ms(self) -> int:
        """Milliseconds of this speech that left for the caller; padding is not counted."""
        return self._stretch.heard_ms

    def feed(self, pcm: bytes) -> None:
        """Add PCM in the line's format. Ignored once it is over; raises ValueError for half a sample or after ``finish``, PlayoutFull."""
        self._stretch.feed(pcm)

    def finish(self) -> None:
        """No more will be fed."""
        self._stretch.finish()

    async def started(self) -> bool:
        """Wait until its first frame left for the caller: True. False: it was hushed or finished empty, or the line closed, before that."""
        await self._started.wait()
        return self._stretch.heard_samples > 0

    async def done(self) -> int:
        """Wait until it was played to its end, hushed, or the line closed; the final ``heard_ms``."""
        await self._ended.wait()
        return self.heard_ms

    def _end(self) -> None:
        self._started.set()
        self._ended.set()
