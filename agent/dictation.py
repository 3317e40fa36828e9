"""What a supervisor has the agent say: made speakable, and kept until the agent may say it.

Pure. When it is said is the turn machine's matter (``agent.turn``); the caller is never talked into:

    asked while ...               as it is                          with *cut*
    we wait for the caller        at once                           at once
    we speak or think             after this reply                  now, and the reply is given up
    he speaks                     after the answer to it            after his words, in the answer's place
"""

from __future__ import annotations

import unicodedata
from collections import deque
from dataclasses import dataclass

TEXT_MAX = 500  # characters, half a minute of speech
WAITING_MAX = 3


@dataclass(frozen=True, slots=True)
class Dictation:
    """*text* to be said, and who wants it."""

    text: str
    by: str


def speakable(text: str) -> str:
    """*text* on one line, without control characters, cut at a word after ``TEXT_MAX``; empty if nothing in it can be said."""
    plain = " ".join("".join(" " if unicodedata.category(char).startswith("C") else char for char in text).split())
    if len(plain) > TEXT_MAX:
        plain = plain[: TEXT_MAX + 1].rpartition(" ")[0] or plain[:TEXT_MAX]
    return plain if any(char.isalnum() for char in plain) else ""


class Dictations:
    """Those that wait, in the order in which they are to be said."""

    def __init__(self) -> None:
        self._waiting: deque[Dictation] = deque()
        self._urgent = 0  # of them, from the front

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def full(self) -> bool:
        return len(self._waiting) >= WAITING_MAX

    @property
    def urgent(self) -> bool:
        """The next one does not wait for an answer of ours."""
        return self._urgent > 0

    @property
    def waiting(self) -> tuple[Dictation, ...]:
        return tuple(self._waiting)

    def add(self, dictation: Dictation, *, urgent: bool) -> None:
        """The urgent before the others, each kind in its order. What does not fit is not taken: ask ``full`` before."""
        if self.full:
            return
        if urgent:
            self._waiting.insert(self._urgent, dictation)
            self._urgent += 1
        else:
            self._waiting.append(dictation)

    def next(self) -> Dictation:
        self._urgent = max(0, self._urgent - 1)
        return self._waiting.popleft()
