"""Numbers typed on the telephone: keys in, a whole number out.

    key ... key  ──►  "#", or nothing for ``PAUSE_MS``, or ``DIGITS_MAX`` of them  ──►  the digits
                      "*" begins anew; other keys mean nothing

Pure. A number of zeros only is no number: key 0 asks for a human, and that is not the conversation's to decide (it works without one).
"""

from __future__ import annotations

import re

PAUSE_MS = 3_000
DIGITS_MAX = 20

_TYPED = re.compile(r"\(набрано на клавіатурі\) (\d+)")


def in_words(digits: str) -> str:
    """A typed number as a caller's turn. It is data: the model is told that nobody said it."""
    return f"(набрано на клавіатурі) {digits}" if digits.strip("0") else ""


def typed_in(text: str) -> str:
    """The last number in a caller's turn that ``in_words`` has written there; empty if there is none."""
    return "".join(_TYPED.findall(text)[-1:])


class Keypad:
    """Times are milliseconds of any one clock that never goes back."""

    def __init__(self) -> None:
        self._digits = ""
        self._until_ms: int | None = None

    @property
    def digits(self) -> str:
        """Those of a number that is not whole yet."""
        return self._digits

    @property
    def deadline_ms(self) -> int | None:
        """When ``tick`` is due."""
        return self._until_ms

    def press(self, key: str, now_ms: int) -> str | None:
        """A key went down; the digits once they are whole, possibly none."""
        if key == "#":
            return self._take()
        if key == "*":
            self._digits = ""
        elif key.isascii() and key.isdigit():
            self._digits += key
        self._until_ms = now_ms + PAUSE_MS
        return self._take() if len(self._digits) >= DIGITS_MAX else None

    def tick(self, now_ms: int) -> str | None:
        """Time passed; the digits if he has stopped typing, possibly none."""
        return self._take() if self._until_ms is not None and now_ms >= self._until_ms else None

    def _take(self) -> str:
        digits, self._digits, self._until_ms = self._digits, "", None
        return digits
