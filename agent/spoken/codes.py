"""Numbers that nobody counts with: telephones, orders, waybills. They are read in groups, a leading zero aloud.

+380671234567   нуль шістдесят сім, сто двадцять три, сорок п'ять, шістдесят сім
№ 104523        номер сто чотири, п'ятсот двадцять три
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.spoken.context import word_before
from agent.spoken.numerals import cardinal
from agent.spoken.rule import Rule

_PHONE = re.compile(r"(?<![\w+])(?:\+?\s?38[\s(-]{0,3})?\(?(0[\s(-]?\d{2})\)?[\s-]{0,3}(\d{3})[\s-]?(\d{2})[\s-]?(\d{2})(?!\d)")
_FREE_PHONE = re.compile(r"(?<![\w+])0[\s-]?800[\s-]?(\d{3})[\s-]?(\d{3})(?!\d)")
_FOREIGN_PHONE = re.compile(r"(?<!\w)\+(\d[\d\s()-]{8,18}\d)(?!\d)")
_NUMBER_SIGN = re.compile(r"№\s*(?P<code>\w{0,4}?-?\d+(?:-\d+)*)(?![\d-]|[.,]\d)")
_NAMED = re.compile(
    r"\b(?P<name>замовлен\w+|бронюван\w+|запис\w*|накладн\w+|ТТН|номер\w*|код\w*|артикул\w*|цифр\w*|на)(?P<between>\s*(?::|—|–|-)?\s*)"
    r"(?P<code>(?:[A-Za-z]{1,4}-?)?\d{4,}(?:-\d+)*)(?![\d-]|[.,]\d)(?!\s?(?:грн|₴|гривень|гривні|тис|шт|км))",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"(?<![\w-])(?P<code>[A-ZА-ЯІЇЄҐ]{1,4}-?\d{4,}(?:-\d+)*)(?![\w-])")
_LONG = re.compile(r"(?<![\w.,:/-])(?P<code>\d{7,})(?!\d|[.,]\d)(?!\s?(?:грн|₴|гривень|км))")
_ENDS_WITH = re.compile(r"(?:закінчу\w+|останні)\s+\w*\s*$", re.IGNORECASE)
_SIZES = {4: (2, 2), 5: (2, 3), 6: (3, 3), 7: (3, 2, 2)}
_SPELLED_UP_TO = 3  # digits that are one number


def in_groups(digits: str, sizes: Iterable[int] = ()) -> str:
    """*digits* in groups of those *sizes*; without them as is usual for so many."""
    groups, at = [], 0
    for size in sizes or _usual(len(digits)):
        groups.append(_group(digits[at : at + size]))
        at += size
    return ", ".join(groups)


def _usual(count: int) -> tuple[int, ...]:
    if count <= _SPELLED_UP_TO:
        return (count,)
    return _SIZES.get(count) or ((2,) * (count // 2) if count % 2 == 0 else (3, *(2,) * ((count - 3) // 2)))


def _group(digits: str) -> str:
    rest = digits.lstrip("0")
    zeros = ["нуль"] * (len(digits) - len(rest))
    return " ".join([*zeros, cardinal(int(rest))] if rest else zeros)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _say_phone(match: re.Match[str], text: str) -> str:
    operator, *rest = match.groups()
    return ", ".join(_group(_digits(part)) for part in (operator, *rest))


def _say_free_phone(match: re.Match[str], text: str) -> str:
    return ", ".join(["нуль вісімсот", *(_group(part) for part in match.groups())])


def _say_foreign_phone(match: re.Match[str], text: str) -> str:
    return f"плюс {in_groups(_digits(match.group(1)))}"


def _say_code(code: str) -> str:
    """Letters stay, each run of digits in groups."""
    parts = re.findall(r"\d+|[^\W\d_]+", code)
    return ", ".join(in_groups(part) if part.isdigit() else part for part in parts)


def _say_number_sign(match: re.Match[str], text: str) -> str:
    named = word_before(text, match.start()).startswith("номер")
    return f"{'' if named else 'номер '}{_say_code(match['code'])}"


def _say_named(match: re.Match[str], text: str) -> str | None:
    if match["name"].lower() == "на" and not _ENDS_WITH.search(text[: match.start()]):
        return None
    return f"{match['name']}{match['between']}{_say_code(match['code'])}"


def _say_bare(match: re.Match[str], text: str) -> str:
    return _say_code(match["code"])


RULES = (
    Rule(_FREE_PHONE, _say_free_phone),
    Rule(_PHONE, _say_phone),
    Rule(_FOREIGN_PHONE, _say_foreign_phone),
    Rule(_NUMBER_SIGN, _say_number_sign),
    Rule(_NAMED, _say_named),
    Rule(_LETTERED, _say_bare),
    Rule(_LONG, _say_bare),
)
