"""Strangers' words at a terminal: pure.

A caller's name, what a model wrote, an answer of the shop: each may hold characters that a terminal obeys (colour, clear, retitle, answer
back) or that turn the line around (U+202E). They are shown as signs instead: ESC as ␛, what has no sign of its own as �.
"""

from __future__ import annotations

import re

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and line feed, in eight bits too; what changes the direction of writing; half a character."""


def printable(text: str) -> str:
    """The same text with nothing in it that a terminal obeys."""
    return _OBEYED.sub(_sign, text)


def printable_json(encoded: str) -> str:
    """The same JSON value; such characters stand in strings alone, so that they may be escaped there."""
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded)


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"
