"""Whether what is spoken reaches the callers in time: frames that were skipped because they were late, of the latest ten seconds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog

from controller.board.board import Board

EVERY_S = 2.0
STOP_S = 2.0
_LOOKS = 6  # ten seconds between the first and the last
_DUE_MIN = 100  # frames; of fewer one that is late is no sign

log = structlog.get_logger(__name__)

Media = Mapping[str, int]
"""A call's frames so far: frames_due, frames_skipped."""


class Sound:
    """Pure."""

    def __init__(self) -> None:
        self._looks: dict[str, deque[tuple[int, int]]] = {}

    def look(self, media: Iterable[tuple[str, Media]]) -> dict[str, int]:
        """By call the percentage of the frames that did not go out, where enough were due to tell."""
        now = dict(media)
        self._looks = {call: self._looks.get(call, deque(maxlen=_LOOKS)) for call in now}
        lost: dict[str, int] = {}
        for call, frames in now.items():
            looks = self._looks[call]
            looks.append((frames.get("frames_due", 0), frames.get("frames_skipped", 0)))
            due, skipped = looks[-1][0] - looks[0][0], looks[-1][1] - looks[0][1]
            if due >= _DUE_MIN:
                lost[call] = round(100 * skipped / due)
        return lost


@asynccontextmanager
async def watch_sound(board: Board, media: Callable[[], Iterable[tuple[str, Media]]], *, every_s: float = EVERY_S) -> AsyncIterator[None]:
    """*media* gives every live call's frames, by call id."""

    async def run() -> None:
        sound = Sound()
        while True:
            try:
                for call, percent in sound.look(media()).items():
                    board.audio(call, percent)
            except Exception:  # the task's edge: a mistake here must not end the looking
                log.exception("sound_watch_failed")
            await asyncio.sleep(every_s)

    task = asyncio.create_task(run(), name="sound-watch")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=STOP_S)
