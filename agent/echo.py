"""Our own words, come back: what the recogniser hears of us in the caller's microphone.

    we say        "... обробляє автоматизована система. Чим можу допомогти?"
    it hears                   "автоматизована система чим можу помогти  мені потрібні шини"
                               └─────────── of ours, in our order ─────┘ └── his ────────┘

Pure. Words in the order in which we are saying them are ours if he has made no sound of his own; with one, only a run of four is: nobody
repeats us so while we speak, but one or two may well be his ("Мішлен чи Нокіан?" - "Мішлен"). What he began to say after we had ended is
his, whatever it repeats ("Дякую, до побачення!"). Recognisers err, so words count as the same when they are alike.
"""

from __future__ import annotations

import re
from collections import deque

_WORD = re.compile(r"[\w'’ʼ-]+")
_KEPT_MS = 2_500  # after our words were heard: the way there and back, and the recogniser's time
_RUN = 3  # words
_RUN_WITH_SOUND = 4
_MISSED = 2  # of our words may be missing between two that were heard
_ALIKE = 0.7
_SAID_MAX = 4  # clauses; one or two sound, and the search must stay short


class Echo:
    """What we said lately. Times are milliseconds of any one clock that never goes back."""

    def __init__(self) -> None:
        self._said: deque[_Clause] = deque(maxlen=_SAID_MAX)

    def began(self, text: str) -> None:
        """The words of *text* begin to be heard."""
        self._said.append(_Clause(_words(text)))

    def ended(self, text: str, now_ms: int) -> None:
        """They are over, or were cut."""
        words = _words(text)
        for clause in self._said:
            if clause.ended_ms is None and clause.words == words:
                clause.ended_ms = now_ms

    def strip(self, heard: str, now_ms: int, *, his_sound_ms: int | None) -> str:
        """*heard* without what is ours at its beginning; *his_sound_ms*: when the sound it came with began, None if we noticed none."""
        while self._said and self._said[0].is_past(now_ms - _KEPT_MS):
            self._said.popleft()
        said = [word for clause in self._said if not clause.is_past(now_ms - _KEPT_MS) for word in clause.words]
        if not said or (his_sound_ms is not None and all(clause.is_past(his_sound_ms) for clause in self._said)):
            return heard
        tokens = _words(heard)
        ours = _leading_run(tokens, said)
        if not ours or ours < (min(_RUN, len(tokens)) if his_sound_ms is None else _RUN_WITH_SOUND):
            return heard
        if ours == len(tokens):
            return ""
        return heard[[match.end() for match in _WORD.finditer(heard)][ours - 1] :].lstrip(" .,!?…:;-—–")


class _Clause:
    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.ended_ms: int | None = None  # None: it sounds

    def is_past(self, at_ms: int) -> bool:
        return self.ended_ms is not None and self.ended_ms < at_ms


def _words(text: str) -> list[str]:
    return [match.group().lower() for match in _WORD.finditer(text)]


def _leading_run(tokens: list[str], said: list[str]) -> int:
    """How many of *tokens*, from the first on, are of *said* in its order; one wrong among three right ones is the recogniser's."""
    best = 0
    # Of the first two tokens one is right; most often none is alike to anything, and that must cost next to nothing.
    for start in (n for n, word in enumerate(said) if any(_alike(token, word) for token in tokens[:2])):
        at, matched, length = start, 0, 0
        for number, token in enumerate(tokens):
            found = next((n for n in range(at, min(at + 1 + _MISSED, len(said))) if _alike(token, said[n])), None)
            if found is not None:
                at, matched, length = found + 1, matched + 1, number + 1
            elif number - length >= 1:
                break  # two wrong ones in a row are his
        if matched * 4 >= length * 3:
            best = max(best, length)
    return best


def _alike(heard: str, said: str) -> bool:
    """The same, or long words that differ in one place only."""
    if heard == said:
        return True
    longer, shorter = max(len(heard), len(said)), min(len(heard), len(said))
    if shorter < 4 or shorter < longer * _ALIKE:
        return False
    same_head = next((n for n in range(shorter) if heard[n] != said[n]), shorter)
    same_tail = next((n for n in range(shorter - same_head) if heard[-1 - n] != said[-1 - n]), shorter - same_head)
    return same_head + same_tail >= longer * _ALIKE
