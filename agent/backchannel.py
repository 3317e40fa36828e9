"""Sounds of listening: words that tell us "go on" and do not ask for the floor.

Pure. The field calls them backchannels. The same words are also answers ("так"); which of the two they are depends on when they come,
and that is the turn machine's business.
"""

from __future__ import annotations

import re

_UKRAINIAN = "ага угу мгм гм хм ммм мм м а о ось так таак да еге авжеж звісно ясно зрозуміло зрозумів зрозуміла добре гаразд окей точно"
_RUSSIAN = "ясненько понятно понял поняла хорошо ладно конечно точно"
_BACKCHANNELS = frozenset(f"{_UKRAINIAN} {_RUSSIAN}".split())
_MOST = 4  # a longer run of them is said to somebody
_WORD = re.compile(r"[\w'’ʼ]+")


def is_backchannel(text: str) -> bool:
    """Whether *text* is nothing but such words: "ага", "так-так", "угу, добре"; "так, але дорого" is not."""
    words = _WORD.findall(text.lower())
    return 0 < len(words) <= _MOST and all(word in _BACKCHANNELS for word in words)
