"""The numbers in a text, written in digits or in words, Ukrainian or Russian.

    "разом 18 150 грн"                      18150
    "чотири тисячі п'ятсот гривень"         4500
    "до пяти тысяч", "18 тисяч"             5000, 18000
    "двадцять четвертого, о десятій"        24, 10         an ordinal ends a number

Pure, and generous: a form that nobody uses is still understood as long as it can mean nothing else.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass

_GAP = "[ \\u00a0\\u202f.]"  # between groups of digits
_TOKEN = re.compile(rf"\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d)|\d+(?:,\d+)?|[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_JOINT = re.compile(r"[\s\u00ad-]*")  # what may stand between two words of one number

_ENDINGS = r"(?:ь|и|ьма|ьох|ьом|ьома|ю|ью|ма|ох|ом|ти)?"
_ORDINAL = r"(?:ий|ій|а|я|у|ю|ої|ьої|ого|ього|ому|ьому|им|ім|ою|ьою|е|є)"
_HUNDREDS = r"(?:сот|ст[оаи]|сті|ста[мх]|стами|мастами|мстам|стам)"

_UNITS: dict[int, str] = {
    0: r"нул(?:ь|я|ю|ем|і)|нол[ьяю]",
    1: r"од(?:ин|на|не|но|ну|ного|нієї|ній|ною|нією|ним|ному|ной|ного)",
    2: r"дв(?:а|і|е|ох|ом|ома|ух|ум|умя|оє|ое)",
    3: r"тр(?:и|ьох|ьом|ьома|ех|ёх|ем|емя|оє|ое)",
    4: r"чотир(?:и|ьох|ьом|ма|ьома)|четыр(?:е|ех|ёх|ем|ьмя)|четверо",
    5: r"п'?ят(?:ь|и|ьма|ьох|ьом|ьома|ью|еро)",
    6: r"шіст(?:ь|ьма|ьох|ьом)|шест(?:ь|и|ью|еро)",
    7: r"сім(?:ома|ох|ом)?|сем(?:ь|и|ью|еро)",
    8: r"вісім|вісьм(?:а|ома|ох)|восьми|восем(?:ь|ью)",
    9: r"дев'?ят(?:ь|и|ьма|ьох|ьом|ью)",
    10: r"десят(?:ь|и|ьма|ьох|ьом|ью|еро|ка)",
}
_TEENS = {  # Ukrainian and Russian stems
    11: ("одинадцят", "одиннадцат"),
    12: ("дванадцят", "двенадцат"),
    13: ("тринадцят", "тринадцат"),
    14: ("чотирнадцят", "четырнадцат"),
    15: ("п'?ятнадцят", "пятнадцат"),
    16: ("шістнадцят", "шестнадцат"),
    17: ("сімнадцят", "семнадцат"),
    18: ("вісімнадцят", "восемнадцат"),
    19: ("дев'?ятнадцят", "девятнадцат"),
    20: ("двадцят", "двадцат"),
    30: ("тридцят", "тридцат"),
}
_TENS = {
    40: r"сорока?",
    50: r"п'?ят(?:ь|и)?десят\w{0,3}",
    60: r"ш(?:іст|есть|ести)десят\w{0,3}",
    70: r"с(?:ім|емь|еми)десят\w{0,3}",
    80: r"в(?:ісім|осемь|осьми)десят\w{0,3}",
    90: r"дев'?яност[оа]",
}
_HUNDRED = {
    100: r"ст[оа]|сотн[яюі]",
    200: rf"дв(?:і|е|ох|ом|ома|ух|ум){_HUNDREDS}",
    300: rf"тр(?:и|ьох|ьом|ьома|ех|ёх){_HUNDREDS}",
    400: rf"(?:чотир(?:и|ьох|ьом|ма)|четыр(?:е|ех|ёх)){_HUNDREDS}",
    500: rf"п'?ят(?:ь|и|ьма)?{_HUNDREDS}",
    600: rf"(?:шіст(?:ь|ьма)?|шест(?:ь|и)){_HUNDREDS}",
    700: rf"(?:сім|сьома|сем(?:ь|и)){_HUNDREDS}",
    800: rf"(?:вісім|вісьма|восьми|восемь){_HUNDREDS}",
    900: rf"дев'?ят(?:ь|и|ьма)?{_HUNDREDS}",
}
_SCALES = {1_000: r"тисяч\w{0,3}|тыс[яе]ч\w{0,3}|тис|тыс", 1_000_000: r"мільйон\w{0,3}|миллион\w{0,3}|млн"}
_ORDINALS = {
    1: "перш",
    2: "друг",
    3: "трет",
    4: "четверт",
    5: "п'?ят",
    6: "шост",
    7: "сьом",
    8: "восьм",
    9: "дев'?ят",
    10: "десят",
    **{value: stem for value, (stem, _) in _TEENS.items()},
}
_CARDINAL = [
    (value, re.compile(forms))
    for value, forms in {
        **_UNITS,
        **{value: rf"(?:{'|'.join(stems)}){_ENDINGS}" for value, stems in _TEENS.items()},
        **_TENS,
        **_HUNDRED,
        **_SCALES,
    }.items()
]
_ORDINAL_FORMS = [(value, re.compile(rf"{stem}{_ORDINAL}")) for value, stem in _ORDINALS.items()]
_LARGEST = 1e15
"""No sum of a shop; digits without end are this much."""
_ONE_AND_A_HALF = re.compile(r"півтор[аи]|полтор[аы]")


@dataclass(frozen=True, slots=True)
class Number:
    value: int
    start: int  # in the text
    end: int
    ordinal: bool = False  # "десята", "четвертого"


def numbers_in(text: str) -> list[Number]:
    """In the order of the text."""
    found: list[Number] = []
    making: _Making | None = None
    for match in _TOKEN.finditer(text):
        part = _read(match)
        joined = making is not None and _JOINT.fullmatch(text, making.end, match.start()) is not None
        if making is not None and (part is None or not joined or not making.takes(part)):
            found.append(making.number)
            making = None
        if part is None:
            continue
        if making is None:
            making = _Making(part)
        else:
            making.take(part)
    return [*found, making.number] if making is not None else found


@dataclass(frozen=True, slots=True)
class _Part:
    value: float
    start: int
    end: int
    ordinal: bool = False
    digits: bool = False


class _Making:
    """A number that is being put together: its thousands are closed, *rest* is open below them."""

    def __init__(self, first: _Part) -> None:
        self.start, self.end = first.start, first.end
        self.ordinal = first.ordinal
        self._digits = first.digits
        self._scaled = first.value in _SCALES and not first.digits
        self._closed = int(first.value) if self._scaled else 0
        self._rest = 0.0 if self._scaled else first.value
        self._bare = first.value  # of the last word

    @property
    def number(self) -> Number:
        return Number(int(self._closed + self._rest), self.start, self.end, self.ordinal)

    def takes(self, part: _Part) -> bool:
        scale = part.value in _SCALES and not part.ordinal
        if part.digits or part.value == 0 or (self.ordinal and not (scale and self._bare == 7)):  # "сьома": by seven, or the seventh
            return False
        if scale:
            return bool(self._rest) and (not self._closed or part.value < self._closed)
        if self._digits or self._rest != int(self._rest) or (self._bare == 0 and not self._scaled):
            return False
        rest, value = int(self._rest), part.value
        if value >= 100:
            return rest == 0
        if value >= 10:
            return rest % 100 == 0
        return rest % 10 == 0 and rest % 100 != 10

    def take(self, part: _Part) -> None:
        self.end, self.ordinal, self._bare = part.end, part.ordinal, part.value
        if part.value in _SCALES and not part.ordinal:
            self._closed += int(self._rest * part.value)
            self._rest, self._scaled, self._digits = 0.0, True, False
        else:
            self._rest += part.value


def _read(match: re.Match[str]) -> _Part | None:
    word, start, end = match.group().lower(), match.start(), match.end()
    if word[0].isdecimal():
        return _Part(min(float(re.sub(_GAP, "", word).replace(",", ".")), _LARGEST), start, end, digits=True)
    word = re.sub("[’ʼ`]", "'", word)
    meaning = _meaning(word)
    return _Part(meaning[0], start, end, meaning[1]) if meaning else None


@functools.lru_cache(maxsize=8_192)  # about sixty forms a word, in the event loop: most words come again
def _meaning(word: str) -> tuple[float, bool] | None:
    """The value, and whether it is an ordinal's; None for a word that is no number."""
    if _ONE_AND_A_HALF.fullmatch(word):
        return 1.5, False
    forms = itertools.chain(((value, False, form) for value, form in _CARDINAL), ((value, True, form) for value, form in _ORDINAL_FORMS))
    return next(((value, ordinal) for value, ordinal, form in forms if form.fullmatch(word)), None)
