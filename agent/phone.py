"""Telephone numbers in one form: "+380671234567", so that two ways of writing a number are one customer.

    067 123-45-67   (067) 1234567   80671234567   +38 067 123 45 67   00380671234567   671234567   ──►  +380671234567
    +48 600 123 456 ──► +48600123456                                anonymous, 101, half a number ──►  ""

Source: Ukraine's numbering plan (nine digits behind +380, the first of them 3 to 9) and E.164 (at most fifteen digits).
"""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s().\-‐‑–/]")
_UKRAINIAN = re.compile(r"(?:(?:\+|00)?380|80|0)?([3-9]\d{8})")
_FOREIGN = re.compile(r"(?:\+|00)([1-9]\d{7,14})")


def normalise(number: str) -> str:
    """*number* as "+380XXXXXXXXX" (a foreign one as "+" and its digits), or "" when it is none."""
    bare = _SEPARATORS.sub("", number)
    if not bare.isascii():
        return ""
    if ukrainian := _UKRAINIAN.fullmatch(bare):
        return f"+380{ukrainian[1]}"
    foreign = _FOREIGN.fullmatch(bare)
    return f"+{foreign[1]}" if foreign and not foreign[1].startswith("380") else ""
