"""What a reader wants to see, and how much of it he may. Pure.

Readers with equal filters share the work: a filter is a value, and a batch keeps what it made for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from controller.log_stream.line import Line
from controller.masking import HIDDEN, KEY_LINES, NUMBER_FIELDS, Masking, without_key

LEVELS = {"": ("", "warn", "err"), "warn": ("warn", "err"), "err": ("err",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    call: str = ""  # empty: all
    sources: frozenset[str] = frozenset()  # empty: all
    level: str = ""  # at least
    text: str = ""  # anywhere in the line as the reader sees it, in any case
    numbers: bool = False  # telephone numbers in full

    @property
    def everything(self) -> bool:
        return not (self.call or self.sources or self.level or self.text)

    def picks(self, line: Line) -> bool:
        """By everything but the text. A gap concerns everybody; an end is told by whoever follows that call."""
        if line.kind != "line":
            return line.kind == "gap"
        if self.call and line.call != self.call:
            return False
        return (not self.sources or line.source in self.sources) and line.level in LEVELS[self.level]


class View:
    """A filter at work: called with a line it gives the JSON that its readers see, or None."""

    def __init__(self, chosen: Filter, masking: Masking) -> None:
        self.filter = chosen
        self.text = chosen.text.casefold()
        self._masking = masking

    def __call__(self, line: Line) -> bytes | None:
        return self.json_of(line) if self.picks(line) else None

    def picks(self, line: Line, text: str | None = None) -> bool:
        """*text* is what ``text_of`` makes of the line, if it is known already."""
        if not self.filter.picks(line):
            return False
        return not self.text or line.kind != "line" or self.text in (self.text_of(line) if text is None else text)

    def json_of(self, line: Line) -> bytes:
        return line.json if self.filter.numbers or line.kind != "line" else masked(line.json, self._masking)

    def text_of(self, line: Line) -> str:
        """Where the text is looked for: the line as the reader sees it, so that nobody finds by it what he may not see."""
        return self.json_of(line).decode().casefold()


_QUOTED = tuple(f'"{name}"'.encode() for name in NUMBER_FIELDS)
_KEYS = tuple(f'"{name}"'.encode() for name in KEY_LINES)
SHOWN_DIGITS = 4


def masked(json: bytes, masking: Masking) -> bytes:
    """The same object with every text in it masked. Nearly all lines need nothing, and to see that is fifty times cheaper."""
    rest = json[json.find(b'"src"') :]  # before it are ids and times of ours, whose digits look like telephones
    whole, key = any(name in rest for name in _QUOTED), any(name in rest for name in _KEYS)
    if not whole and not key and b"\\" not in rest and not masking.touches(rest.decode()):
        return json
    value = masking.value(without_key(msgspec.json.decode(json)))
    return msgspec.json.encode(_without_numbers(value) if whole else value)


def _without_numbers(value: Any) -> Any:
    """Also a foreign or an incomplete number is one, where the field's name says so."""
    if isinstance(value, dict):
        return {name: _hidden(inner) if name in NUMBER_FIELDS else _without_numbers(inner) for name, inner in value.items()}
    return [_without_numbers(inner) for inner in value] if isinstance(value, list) else value


def _hidden(number: Any) -> Any:
    if not isinstance(number, str) or HIDDEN in number or len(number) <= SHOWN_DIGITS:
        return number
    return HIDDEN + number[-SHOWN_DIGITS:]
