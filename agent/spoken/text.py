"""Written text into the words a voice says, and back: how much of the written text was heard.

    Michelin за   4690 грн,                     є 4 шини.
    Мішлен   за   чотири тисячі ... гривень,    є чотири шини.
    └ reading ┘   └─────── reading ────────┘      └ ...

Pure. The rules are asked in order; what one has read is hidden from the next, so that each stretch is read once. Text between the
readings is the same in both.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

from agent.spoken import amounts, codes, moments, names, sizes
from agent.spoken.numerals import cardinal
from agent.spoken.rule import Rule

RULES: tuple[Rule, ...] = (*names.RULES, *sizes.RULES, *codes.RULES, *moments.RULES, *amounts.RULES)
_HIDDEN = "\ue000"  # neither a letter nor a digit nor a space
_ANYTHING_TO_READ = re.compile(r"[A-Za-z\u00c0-\u024f0-9]")


@dataclass(frozen=True, slots=True)
class Reading:
    """``text[start:end]`` is said as *words*."""

    start: int
    end: int
    words: str


@functools.lru_cache(maxsize=512)  # what is being said is asked for ten times a second: how much of it was heard
def readings(text: str) -> tuple[Reading, ...]:
    """In the order of the text, none overlapping."""
    if not _ANYTHING_TO_READ.search(text) and not any(map(str.isdigit, text)):
        return ()
    found: list[Reading] = []
    hidden = text
    for rule in RULES:
        at = 0
        while match := rule.pattern.search(hidden, at):
            words = rule.say(match, text)
            if words is None or match.start() == match.end():
                at = match.start() + 1
                continue
            found.append(Reading(match.start(), match.end(), words))
            hidden = hidden[: match.start()] + _HIDDEN * len(match.group(0)) + hidden[match.end() :]
            at = match.end()
    found += [Reading(at, at + 1, cardinal(unicodedata.digit(char))) for at, char in enumerate(hidden) if char.isdigit()]  # such as ²
    return tuple(_apart(text, sorted(found, key=lambda reading: reading.start)))


def spoken(text: str) -> str:
    """*text* as the voice should say it: no digit is left."""
    pieces, at = [], 0
    for reading in readings(text):
        pieces += [text[at : reading.start], reading.words]
        at = reading.end
    return "".join([*pieces, text[at:]])


def heard_part(text: str, heard_ms: int, total_ms: int) -> str:
    """The words of the written *text* that had been said whole after *heard_ms* of *total_ms*, in proportion to their spoken length.

    A price that was cut in its middle was not heard.
    """
    if heard_ms <= 0 or total_ms <= 0:
        return ""
    if heard_ms >= total_ms:
        return text
    reach = _written_reach(text, len(spoken(text)) * heard_ms // total_ms)
    if reach < len(text) and text[reach].isspace():
        return text[:reach].rstrip()
    return text[:reach].rpartition(" ")[0].rstrip()


def _written_reach(text: str, said: int) -> int:
    """Where in *text* the first *said* characters of its spoken form end; the beginning of a reading that is not complete."""
    at = 0
    for reading in readings(text):
        between = reading.start - at
        if said <= between:
            return at + said
        said -= between
        if said < len(reading.words):
            return reading.start
        said -= len(reading.words)
        at = reading.end
    return min(at + said, len(text))


def _apart(text: str, found: list[Reading]) -> list[Reading]:
    """With spaces where two words would run together: "4690грн", "RS3"."""
    parted: list[Reading] = []
    for index, reading in enumerate(found):
        words = reading.words
        before = parted[-1].words if parted and parted[-1].end == reading.start else text[: reading.start]
        if before[-1:].isalnum() and words[:1].isalnum():
            words = f" {words}"
        followed = index + 1 < len(found) and found[index + 1].start == reading.end
        if not followed and text[reading.end : reading.end + 1].isalnum() and words[-1:].isalnum():
            words = f"{words} "
        parted.append(Reading(reading.start, reading.end, words))
    return parted
