"""What can be told from words alone, without the model: a wish for a human, a goodbye.

Pure, and deliberately simple: it must work when the model does not.
"""

from __future__ import annotations

import re

_HUMAN = re.compile(
    r"\b(оператор\w*|менеджер\w*|консультант\w*|жив(?:ого|ою|ої|ым|ой|ому)|люд(?:ин|ськ)\w*|человек\w*|люд(?:ей|ьми)|спеціаліст\w*|специалист\w*)\b",
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(r"\b(?:не|без)\s+(?:\w+\s+){0,2}?$", re.IGNORECASE)
_FAREWELL = re.compile(
    r"\b(до\s+побачення|до\s+свидания|на\s+все\s+добре|всього\s+(?:доброго|найкращого)|гарного\s+(?:дня|вечора)|бувайте|до\s+зустрічі|прощавайте)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"\b(дякую|спасибі|спасибо|добре|хорошо|ні|нет|все|всё|ясно|і|и|вам|дуже|велике|гаразд|ок)\b|[^\w]", re.IGNORECASE)


def wants_human(text: str) -> bool:
    """ "З'єднайте з оператором", "дайте живу людину", "позовите менеджера"; not "не треба оператора"."""
    return any(not _NOT_WANTED.search(text[: match.start()]) for match in _HUMAN.finditer(text))


def says_goodbye(text: str) -> bool:
    """Whether *text* ends with a goodbye: its last sentence has one and asks nothing."""
    last = re.split(r"(?<=[.!?…])\s+", text.strip())[-1]
    return bool(_FAREWELL.search(last)) and "?" not in last


def only_closes(text: str) -> bool:
    """A caller's answer to our goodbye that wants nothing more: "дякую, до побачення"."""
    return not _CLOSING.sub("", _FAREWELL.sub("", text)).strip()
