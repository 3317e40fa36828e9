"""What a telephone heard, word for word: its frames, and the marked phrases among them."""

from __future__ import annotations

from ops.caller.ear import Ear
from ops.standins.phrasebook import by_ident
from ops.standins.phrasebook.mark import MarkFinder, at_mark_rate

_RATE_HZ = 16_000


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

    def _hear(self, frame: bytes) -> None:
        self.frames.append(frame)
        for mark in self._marks.feed(at_mark_rate(frame, _RATE_HZ)):
            if mark.ident is not None:
                self.phrases.append(by_ident()[mark.ident].key)
