"""Cut a stream of written words into clauses that can be spoken one by one.

Pure. A clause is a sentence; the first one of a reply may already end at a comma, so that the caller hears something early. Cuts never fall
inside a number ("4 500 грн", "2,5", "215/55 R17"), after an abbreviation that goes on ("ім. Шевченка") or an initial ("Т. Шевченка").
Where a cut falls depends only on the text, not on how it was split into pieces on its way.
"""

from __future__ import annotations

import re

# After these a sentence never ends.
_GOES_ON = {
    "ім",
    "вул",
    "м",
    "просп",
    "пл",
    "буд",
    "див",
    "напр",
    "о",
    "св",
    "бул",
    "обл",
    "р-н",
    "пров",
    "кв",
    "тел",
    "стор",
    "ст",
    "п",
    "с",
    "смт",
}
# After these it may: it does if a capital letter follows.
_MAY_END = {
    "грн",
    "шт",
    "тис",
    "млн",
    "млрд",
    "р",
    "рр",
    "год",
    "хв",
    "сек",
    "ін",
    "т",
    "д",
    "км",
    "см",
    "мм",
    "кг",
    "л",
    "коп",
    "дол",
    "дн",
}

_SENTENCE_END = ".!?…"
_CLAUSE_END = ",;:—–"
_LOOK_AHEAD = 5  # characters behind a space that tell whether it joins
_CLOSING = '»")”'


class ClauseSplitter:
    """Feed pieces of text; get clauses as they are complete; ``flush`` at the end."""

    def __init__(self, *, first_min: int = 14, later_min: int = 90, limit: int = 220) -> None:
        self._first_min = first_min  # characters before the first clause may end at a comma
        self._later_min = later_min  # the same of later clauses
        self._limit = limit  # a clause without any mark is cut at a space before this
        self._buffer = ""
        self._first = True

    def feed(self, text: str) -> list[str]:
        self._buffer = (self._buffer + text).lstrip()
        return self._cut_all(ended=False)

    def flush(self) -> list[str]:
        clauses = self._cut_all(ended=True)
        rest, self._buffer = self._buffer.strip(), ""
        return [*clauses, rest] if rest else clauses

    def _cut_all(self, *, ended: bool) -> list[str]:
        clauses = []
        while (end := self._boundary(ended)) is not None:
            clause, self._buffer = self._buffer[:end].strip(), self._buffer[end:].lstrip()
            if clause:
                clauses.append(clause)
                self._first = False
        return clauses

    def _boundary(self, ended: bool) -> int | None:
        """Where the first clause of the buffer ends, or None while that cannot be told."""
        text = self._buffer
        for at, char in enumerate(text):
            if at >= self._limit + _LOOK_AHEAD and (end := _last_gap(text, self._limit)) is not None:
                return end
            if char == "\n" and text[:at].strip():
                return at + 1
            if char not in _SENTENCE_END and char not in _CLAUSE_END:
                continue
            end = at + 1
            while end < len(text) and text[end] in _SENTENCE_END + _CLOSING:
                end += 1
            after = text[end:].lstrip(" ")
            if not after and not ended:
                return None  # what follows decides
            if not after or text[end] != " ":
                continue
            if self._ends_clause(text[:at], char, after):
                return end
        return None

    def _ends_clause(self, before: str, mark: str, after: str) -> bool:
        if mark in _CLAUSE_END:
            between_numbers = before.rstrip()[-1:].isdigit() and after[0].isdigit()
            return not between_numbers and len(before.strip()) >= (self._first_min if self._first else self._later_min)
        if mark in "!?…":
            return True
        return not _abbreviates(before, after)


def _abbreviates(before: str, after: str) -> bool:
    """Whether a full stop between *before* and *after* belongs to an abbreviation, an initial or an ordinal."""
    match = re.search(r"[\w'’-]+$", before)
    word = match.group() if match else ""
    if len(word) == 1 and word.isupper():
        return True
    if word.lower() in _GOES_ON:
        return True
    if word.lower() in _MAY_END or word.isdigit():
        return not after[0].isupper()
    return False


def _last_gap(text: str, before: int) -> int | None:
    """The last space before that index at which a clause may be cut by force."""
    for at in range(before - 1, 0, -1):
        if text[at] == " " and not _joins(text, at):
            return at
    return None


def _joins(text: str, at: int) -> bool:
    """Whether the space at *at* stands inside a number or a tyre's size."""
    return text[at - 1].isdigit() and bool(re.match(r" (\d|[RrРр]\d|грн|км|мм|см|шт)", text[at : at + _LOOK_AHEAD]))
