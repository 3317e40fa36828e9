"""Which recognised words belong to which turn of the caller.

Pure. A recogniser tells one segment at a time: interim texts, each replacing the last, then a final. A turn may be taken in the middle
of a segment, because we do not wait long for finals:

    interim "зимові"   interim "зимові шини"   ── taken: "зимові шини" ──►   final "зимові шини"            = a correction of that turn
                                                                              final "зимові шини на Камрі"   = the same, unless he has
                                                                              spoken since: then "на Камрі" are words of his next turn
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.ports import Heard


@dataclass(frozen=True, slots=True)
class Taken:
    """What he said in one turn, as far as it was recognised when the turn was taken."""

    text: str
    final: bool  # no correction can follow
    confidence: float | None = None
    language: str | None = None


class Words:
    def __init__(self) -> None:
        self._finals: list[str] = []  # whole segments of this turn
        self._interim = ""  # of the open segment, what no turn has taken
        self._used = 0  # words of the open segment that turns have taken
        self._skip = 0  # of these, the words that turns before the last one took
        self._taken_before: list[str] = []  # segments the last turn took whole
        self._spoken_since = False  # since the last turn was taken
        self._awaited = False  # he made a sound since the last final
        self._confidence: float | None = None
        self._language: str | None = None

    @property
    def any(self) -> bool:
        """There are words that no turn has taken."""
        return bool(self._finals or self._interim)

    @property
    def complete(self) -> bool:
        """There are words, all of them are final, and he has made no sound since that might be more words."""
        return bool(self._finals) and not self._interim and not self._awaited

    @property
    def text(self) -> str:
        """The words that no turn has taken."""
        return " ".join([*self._finals, self._interim] if self._interim else self._finals)

    def spoke(self) -> None:
        """The caller made a sound: what comes may be new."""
        self._spoken_since = self._awaited = True

    def hear(self, heard: Heard) -> Taken | None:
        """Take a result in; returns the corrected text of the last turn when that is what it was."""
        words = heard.text.split()
        old = words if self._used and not self._spoken_since else words[: self._used]
        new = " ".join(words[len(old) :])
        if not heard.final:
            self._used = max(self._used, len(old))
            self._interim = new
            return None
        owed, late = self._used > 0, old[self._skip :]
        self._used, self._skip, self._interim, self._awaited = 0, 0, "", False
        if new:
            self._finals.append(new)
            self._confidence, self._language = heard.confidence, heard.language
        if not owed or not late:
            return None
        return Taken(" ".join([*self._taken_before, *late]), True, heard.confidence, heard.language)

    def take(self) -> Taken:
        """End the turn: all words up to now are its text."""
        taken = Taken(self.text, not self._interim, self._confidence, self._language)
        self._skip = self._used
        if self._interim:
            self._used += len(self._interim.split())
        self._taken_before = list(self._finals)
        self._finals, self._interim, self._spoken_since = [], "", False
        self._confidence = self._language = None
        return taken

    def typed(self, text: str) -> None:
        """He typed: as good as a final."""
        self._finals.append(text)

    def drop(self) -> None:
        """Forget the words up to now: they belong to no turn. What follows them in the same segment is new."""
        self._used += len(self._interim.split())
        self._skip = self._used
        self._finals, self._interim, self._spoken_since = [], "", True
        self._confidence = self._language = None
