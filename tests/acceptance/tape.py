"""What a telephone heard, word for word: its frames, and the marked phrases among them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from audiosocket.audio import SLIN16, AudioFormat
from ops.caller.ear import Ear
from ops.standins.phrasebook import by_ident, phrase
from ops.standins.phrasebook.mark import MarkFinder, at_mark_rate
from tests.waiting import until

_RATE_HZ = 16_000
_PATIENCE_S = 60.0
_AGAIN_S = 1.5  # after its end: it will not come any more


class Tape:
    """Runs from now on. A mark survives only whole: a phrase that is named here came through without a lost frame in its mark."""

    def __init__(self, ear: Ear) -> None:
        self.frames: list[bytes] = []
        self.phrases: list[str] = []
        self._marks = MarkFinder()
        ear.also = self._hear

    @property
    def pcm(self) -> bytes:
        return b"".join(self.frames)

    def heard(self, key: str) -> bool:
        return key in self.phrases

    async def hears(self, key: str, say: Callable[[bytes], Awaitable[object] | None], audio: AudioFormat = SLIN16) -> None:
        """A phrase that is said somewhere else with *say*, in *audio*, arrives here; raises TimeoutError.

        It is said again until it has arrived whole: while a bridge is being joined, and on a busy machine, Asterisk loses a frame now and
        then, and people say it again, too.
        """
        pcm = phrase(key).pcm(audio)
        async with asyncio.timeout(_PATIENCE_S):
            while not self.heard(key):
                if (saying := say(pcm)) is not None:
                    await saying
                with suppress(TimeoutError):
                    await until(lambda: self.heard(key), audio.duration_ms(len(pcm)) / 1000 + _AGAIN_S)

    def _hear(self, frame: bytes) -> None:
        self.frames.append(frame)
        for mark in self._marks.feed(at_mark_rate(frame, _RATE_HZ)):
            if mark.ident is not None:
                self.phrases.append(by_ident()[mark.ident].key)
