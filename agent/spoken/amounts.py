"""Money, measures and counted things, and every number that no other rule has read.

4 690,50 грн   чотири тисячі шістсот дев'яносто гривень п'ятдесят копійок
від 3000 грн   від трьох тисяч гривень
4 шини         чотири шини         2 шини   дві шини         на 4 шинах   на чотирьох шинах
2-3 дні        два-три дні         3000-5000 грн   від трьох тисяч до п'яти тисяч гривень
"""

from __future__ import annotations

import re
import unicodedata

from agent.spoken.codes import in_groups
from agent.spoken.context import case_before, noun_after, word_before
from agent.spoken.grammar import HRYVNIA, KOPIYKA, MONEY, SCALES, UNITS, Case, Gender, Noun
from agent.spoken.numerals import BEYOND, cardinal, decimal
from agent.spoken.rule import Rule

_NUMBER = r"(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+)(?:[.,]\d+)?(?!\d)"
_BEGINS = r"(?<!\w)(?<!\d[.,/])"
_SIGN = r"(?P<sign>(?<![\w)\ue000])[+−-])?"
_STOP = r"(?:\.(?=\s*(?-i:[,;)а-яіїєґ])))?"  # the full stop of an abbreviation, unless it also ends the sentence
_DASH = r"\s?[-–—]\s?"


def _any_of(words: tuple[str, ...]) -> str:
    """Letters end where a word ends; signs anywhere."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word) + (rf"(?!\w){_STOP}" if word[-1].isalpha() else "") for word in longest_first)


_NOUNS: dict[str, Noun] = {**UNITS, **MONEY}
_PER = {"год": " на годину", "шт": " за штуку", "міс": " на місяць", "день": " на день", "добу": " на добу", "л": " за літр"}
_QUANTITY = re.compile(
    rf"{_BEGINS}{_SIGN}(?P<a>{_NUMBER})(?:{_DASH}(?P<b>{_NUMBER}))?\s?(?:(?P<scale>тис|млн|млрд)(?!\w)\.?\s?)?"
    rf"(?:(?P<unit>{_any_of(tuple(_NOUNS))})(?:/(?P<per>{_any_of(tuple(_PER))}))?|(?P<plus>\+(?![\w+])))?",
    re.IGNORECASE,
)
_SIGN_FIRST = re.compile(rf"(?P<unit>[$€₴])\s?(?P<a>{_NUMBER})")
_TIMES = re.compile(r"(?:(?<=\d)|(?<=\d\s))[×xхXХ*](?=\s?(?P<right>\d+))")
_FRACTION = re.compile(r"(?<![\w/])(\d{1,6})/(\d{1,6})(?![\w/])")
_REST = re.compile(r"\d+")
_HYPHENATED_UP_TO = 20  # "два-три дні", but not "три тисячі-п'ять тисяч"
_SIGNS = {"+": "плюс ", "-": "мінус ", "−": "мінус "}
_LOCATIVE_UNITS = frozenset({"км", "м"})  # "у двох кілометрах"


class _Number:
    """A number as it is written: thousands may be apart, kopecks may follow."""

    def __init__(self, written: str, *, money: bool = False) -> None:
        digits = re.sub(r"[ \u00a0\u202f]", "", written)
        whole, _, fraction = digits.replace(",", ".").partition(".")
        if money and len(fraction) == 3:  # "4,690 грн" as in English
            whole, fraction = whole + fraction, ""
        self.digits = whole
        self.whole = int(whole)
        self.fraction = fraction.rstrip("0")
        self.cents = int(fraction[:2].ljust(2, "0")) if self.fraction else 0

    @property
    def plain(self) -> bool:
        """Can be counted with: no leading zero, not too long to have words."""
        return self.whole < BEYOND and (self.digits == "0" or not self.digits.startswith("0"))

    def words(self, gender: Gender, case: Case) -> str:
        if not self.plain:
            return in_groups(self.digits) + (f" кома {in_groups(self.fraction)}" if self.fraction else "")
        return decimal(self.whole, self.fraction, gender, case) if self.fraction else cardinal(self.whole, gender, case)

    def scaled(self, factor: int) -> _Number | None:
        """The number times *factor*, if whole."""
        shifted = f"{self.digits}{self.fraction.ljust(len(str(factor)) - 1, '0')}"
        return _Number(shifted.lstrip("0") or "0") if len(self.fraction) < len(str(factor)) else None


def _counted(number: _Number, noun: Noun, case: Case) -> str:
    if noun is HRYVNIA and number.cents:
        kopecks = f"{cardinal(number.cents, KOPIYKA.gender, case)} {KOPIYKA.after(number.cents, case)}"
        return f"{cardinal(number.whole, noun.gender, case)} {noun.after(number.whole, case)} {kopecks}" if number.whole else kopecks
    if not number.fraction:
        return f"{number.words(noun.gender, case)} {noun.after(number.whole, case)}"
    if number.fraction == "5" and number.whole == 0:
        return f"пів {noun.singular[Case.GENITIVE]}"
    if number.fraction == "5" and number.whole > 1:
        return f"{number.words(noun.gender, case)} {noun.after(number.whole, case)}"
    return f"{number.words(noun.gender, case)} {noun.singular[Case.GENITIVE]}"


def _say_quantity(match: re.Match[str], text: str) -> str | None:
    unit = (match["unit"] or "").rstrip(".").lower()
    noun = _NOUNS.get(unit)
    if match["scale"]:
        return _say_scaled(match, text, unit)
    if noun is None:
        return _say_number(match, text)
    a = _Number(match["a"], money=unit in MONEY)
    case = case_before(text, match.start())
    if unit in _LOCATIVE_UNITS and word_before(text, match.start()) in ("в", "у"):
        case = Case.LOCATIVE
    per = _PER.get((match["per"] or "").rstrip(".").lower(), "")
    if match["b"] is None:
        return _SIGNS.get(match["sign"] or "", "") + _counted(a, noun, case) + per
    b = _Number(match["b"], money=unit in MONEY)
    ahead, case = _range(a, b, noun.gender, case)
    return f"{ahead}{_counted(b, noun, case)}{per}"


def _say_scaled(match: re.Match[str], text: str, unit: str) -> str | None:
    """ "1,5 тис. грн" is fifteen hundred."""
    factor, scale = SCALES[match["scale"].lower()]
    noun, case = _NOUNS.get(unit), case_before(text, match.start())
    number = _Number(match["a"])
    if match["b"]:
        last = _Number(match["b"])
        ahead, case = _range(number, last, scale.gender, case)
        said = f"{ahead}{last.words(scale.gender, case)} {scale.after(last.whole, case)}"
        return f"{said} {noun.plural[Case.GENITIVE]}" if noun else said
    whole = number.scaled(factor)
    if noun and whole and whole.plain:
        return _counted(whole, noun, case)
    return _counted(number, scale, case) + (f" {noun.plural[Case.GENITIVE]}" if noun else "")


def _say_number(match: re.Match[str], text: str) -> str:
    """Without a unit: what follows in words may tell gender and case."""
    b = _Number(match["b"]) if match["b"] else None
    a = _Number(match["a"])
    space = " " if match.group(0)[-1].isspace() else ""
    gender, case = noun_after(text, match.end() - len(space), (b or a).whole)
    if case is None:
        case = case_before(text, match.start())
    sign = _SIGNS.get(match["sign"] or "", "")
    if b is None:
        return f"{sign}{a.words(gender, case)}{' плюс' if match['plus'] else ''}{space}"
    ahead, case = _range(a, b, gender, case)
    return f"{sign}{ahead}{b.words(gender, case)}{space}"


def _range(a: _Number, b: _Number, gender: Gender, case: Case) -> tuple[str, Case]:
    """What is said before the second number, and its case."""
    if max(a.whole, b.whole) <= _HYPHENATED_UP_TO and a.plain and b.plain:
        return f"{a.words(gender, case)}-", case
    if case is Case.NOMINATIVE and a.whole < b.whole:
        return f"від {a.words(gender, Case.GENITIVE)} до ", Case.GENITIVE
    return f"{a.words(gender, case)} — ", case


def _say_sign_first(match: re.Match[str], text: str) -> str:
    return _counted(_Number(match["a"], money=True), MONEY[match["unit"]], case_before(text, match.start()))


def _say_times(match: re.Match[str], text: str) -> str:
    """ "5x112" is five by 112, "4 × 4690" four at 4690."""
    return "на" if len(match["right"]) <= 3 else "по"


def _say_fraction(match: re.Match[str], text: str) -> str:
    first, second = (in_groups(part) for part in match.groups())
    return f"{first} дріб {second}"


def _say_rest(match: re.Match[str], text: str) -> str:
    digits = "".join(str(unicodedata.digit(char)) for char in match.group(0))
    return _Number(digits).words(Gender.MASCULINE, Case.NOMINATIVE)


RULES = (
    Rule(_TIMES, _say_times),
    Rule(_SIGN_FIRST, _say_sign_first),
    Rule(_FRACTION, _say_fraction),
    Rule(_QUANTITY, _say_quantity),
    Rule(_REST, _say_rest),
)
