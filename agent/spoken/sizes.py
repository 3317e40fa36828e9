"""Sizes of tyres and wheels: "215/55 R17" is "двісті п'ятнадцять на п'ятдесят п'ять, радіус сімнадцять"."""

from __future__ import annotations

import re

from agent.spoken.context import case_before, word_before
from agent.spoken.grammar import Case
from agent.spoken.numerals import cardinal
from agent.spoken.rule import Rule

_RIM = r"(?:Z?R|Р)\s?(?P<rim>1[0-9]|2[0-4])(?P<van>[CСcс])?(?!\w)"
_TYRE = re.compile(
    rf"(?<![\d/])(?P<width>\d{{3}})\s?[/\\]\s?(?P<profile>\d{{2}})(?!\d)(?:,?\s*(?:/\s?(?P<bare>1[0-9]|2[0-4])(?!\w)|{_RIM}))?"
)
_RADIUS = re.compile(rf"(?<!\w){_RIM}")
_INDEX = re.compile(r"(?<![\w.,/-])(?P<load>\d{2,3})(?P<speed>[HJKLMNPQRSTUVWYНТ])(?![\w])")
_SPEEDS = {"H": "аш", "Н": "аш", "J": "джей", "K": "ка", "L": "ель", "M": "ем", "N": "ен", "P": "пе", "Q": "кю", "R": "ер"}
_SPEEDS |= {"S": "ес", "T": "те", "Т": "те", "U": "у", "V": "ве", "W": "дабл-ю", "Y": "ігрек"}


def _say_tyre(match: re.Match[str], text: str) -> str:
    size = f"{cardinal(int(match['width']))} на {cardinal(int(match['profile']))}"
    rim = match["rim"] or match["bare"]
    return f"{size}, радіус {_rim(rim, match['van'])}" if rim else size


def _say_radius(match: re.Match[str], text: str) -> str:
    rim = _rim(match["rim"], match["van"])
    if word_before(text, match.start()).startswith(("радіус", "діаметр")):
        return rim
    return f"{'радіуса' if case_before(text, match.start()) is Case.GENITIVE else 'радіус'} {rim}"


def _rim(inches: str, van: str | None) -> str:
    return f"{cardinal(int(inches))}{' це' if van else ''}"


def _say_index(match: re.Match[str], text: str) -> str:
    return f"{cardinal(int(match['load']))} {_SPEEDS[match['speed']]}"


RULES = (Rule(_TYRE, _say_tyre), Rule(_RADIUS, _say_radius), Rule(_INDEX, _say_index))
