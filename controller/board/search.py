"""What somebody looks for in past calls: words as the database folds them, numbers, and where they are in a text. Pure.

"на шини"           ─►  word "win" of "шини"            small words say nothing, endings change
"067 214 38 90"     ─►  one word, a number in full      however it is written
"12345"             ─►  a word of digits: an order, or a part of a number
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from controller.words import fold, words_of

FULL = 9  # digits of a number without its country
_NUMBER = re.compile(r"\+?[\d\s().-]{4,}")
_WORD = re.compile(r"[\w'’ʼ]+")


@dataclass(frozen=True, slots=True)
class Word:
    text: str  # folded; any word that begins with it is one
    tail: str = ""  # of a number in full: its last nine digits

    @property
    def digits(self) -> bool:
        return self.text.isdigit()


def wanted(q: str) -> list[Word]:
    """What of *q* is worth looking for; nothing of an empty one."""
    if _NUMBER.fullmatch(q.strip()):
        return [_word(re.sub(r"\D", "", q))]
    asked = [word.stem for word in words_of(q)] or re.findall(r"[a-z0-9]+", fold(q))
    return [_word(word) for word in dict.fromkeys(asked)]


def marks(text: str, words: list[Word]) -> list[list[int]]:
    """[from, to) of each word in *text* that is one of *words*."""
    found = []
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        if any(folded.startswith(word.text) for word in words):
            found.append([match.start(), match.end()])
    return found


def _word(text: str) -> Word:
    return Word(text, text[-FULL:] if text.isdigit() and len(text) >= FULL else "")
