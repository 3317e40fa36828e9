"""One way of reading: what it looks like, and how it is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[re.Match[str], str], str | None]
"""Of a match and the whole text around it: the words, or None when it is not what it looks like."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Its pattern never begins or ends inside a run of digits: a number is read by one rule alone."""

    pattern: re.Pattern[str]
    say: Say
