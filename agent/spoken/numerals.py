"""Whole numbers, ordinals and decimals in Ukrainian words, in every case and gender.

    4690, nominative       чотири тисячі шістсот дев'яносто
    4690, genitive         чотирьох тисяч шестисот дев'яноста
    24, ordinal, genitive  двадцять четвертого                  only the last word of an ordinal is declined

Pure. Forms after the Ukrainian orthography of 2019 and its declension of numerals.
"""

from __future__ import annotations

from agent.spoken.grammar import MILLIARD, MILLION, THOUSAND, Case, Gender, Noun

BEYOND = 10**12
"""The first number that has no words here."""

_ONE = (
    ("один", "одного", "одному", "один", "одним", "одному"),
    ("одна", "однієї", "одній", "одну", "однією", "одній"),
    ("одне", "одного", "одному", "одне", "одним", "одному"),
)
_TWO = (
    ("два", "двох", "двом", "два", "двома", "двох"),
    ("дві", "двох", "двом", "дві", "двома", "двох"),
    ("два", "двох", "двом", "два", "двома", "двох"),
)
_FORMS: dict[int, tuple[str, ...]] = {
    0: ("нуль", "нуля", "нулю", "нуль", "нулем", "нулі"),
    3: ("три", "трьох", "трьом", "три", "трьома", "трьох"),
    4: ("чотири", "чотирьох", "чотирьом", "чотири", "чотирма", "чотирьох"),
    5: ("п'ять", "п'яти", "п'яти", "п'ять", "п'ятьма", "п'яти"),
    6: ("шість", "шести", "шести", "шість", "шістьма", "шести"),
    7: ("сім", "семи", "семи", "сім", "сьома", "семи"),
    8: ("вісім", "восьми", "восьми", "вісім", "вісьма", "восьми"),
    9: ("дев'ять", "дев'яти", "дев'яти", "дев'ять", "дев'ятьма", "дев'яти"),
    10: ("десять", "десяти", "десяти", "десять", "десятьма", "десяти"),
    40: ("сорок", "сорока", "сорока", "сорок", "сорока", "сорока"),
    90: ("дев'яносто", "дев'яноста", "дев'яноста", "дев'яносто", "дев'яноста", "дев'яноста"),
    100: ("сто", "ста", "ста", "сто", "ста", "ста"),
    200: ("двісті", "двохсот", "двомстам", "двісті", "двомастами", "двохстах"),
    300: ("триста", "трьохсот", "трьомстам", "триста", "трьомастами", "трьохстах"),
    400: ("чотириста", "чотирьохсот", "чотирьомстам", "чотириста", "чотирмастами", "чотирьохстах"),
    500: ("п'ятсот", "п'ятисот", "п'ятистам", "п'ятсот", "п'ятьмастами", "п'ятистах"),
    600: ("шістсот", "шестисот", "шестистам", "шістсот", "шістьмастами", "шестистах"),
    700: ("сімсот", "семисот", "семистам", "сімсот", "сьомастами", "семистах"),
    800: ("вісімсот", "восьмисот", "восьмистам", "вісімсот", "вісьмастами", "восьмистах"),
    900: ("дев'ятсот", "дев'ятисот", "дев'ятистам", "дев'ятсот", "дев'ятьмастами", "дев'ятистах"),
}
_TEENS = "одинадцят дванадцят тринадцят чотирнадцят п'ятнадцят шістнадцят сімнадцят вісімнадцят дев'ятнадцят двадцят"
for _value, _stem in (*enumerate(_TEENS.split(), 11), (30, "тридцят")):
    _FORMS[_value] = (f"{_stem}ь", f"{_stem}и", f"{_stem}и", f"{_stem}ь", f"{_stem}ьма", f"{_stem}и")
for _value, _stem in ((50, "п'ятдесят"), (60, "шістдесят"), (70, "сімдесят"), (80, "вісімдесят")):
    _FORMS[_value] = (_stem, f"{_stem}и", f"{_stem}и", _stem, f"{_stem}ьма", f"{_stem}и")

_FIRST_ORDINALS = "нульов перш друг трет четверт п'ят шост сьом восьм дев'ят"
_ORDINAL_STEMS: dict[int, str] = {
    **dict(enumerate(_FIRST_ORDINALS.split())),
    **{value: forms[0].removesuffix("ь") for value, forms in _FORMS.items() if 10 <= value <= 80},
    **{value: forms[1] for value, forms in _FORMS.items() if value >= 200},
}
_ORDINAL_STEMS |= {40: "сороков", 90: "дев'яност", 100: "сот"}
_HARD = (("ий", "ого", "ому", "ий", "им", "ому"), ("а", "ої", "ій", "у", "ою", "ій"), ("е", "ого", "ому", "е", "им", "ому"))
_SOFT = (("ій", "ього", "ьому", "ій", "ім", "ьому"), ("я", "ьої", "ій", "ю", "ьою", "ій"), ("є", "ього", "ьому", "є", "ім", "ьому"))
_SCALES: tuple[tuple[int, Noun], ...] = ((10**9, MILLIARD), (10**6, MILLION), (10**3, THOUSAND))
_TENTHS = ("десята", "десятих"), ("сота", "сотих"), ("тисячна", "тисячних")


def cardinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    """0 <= *number* < ``BEYOND``; raises ValueError beyond."""
    if not 0 <= number < BEYOND:
        raise ValueError(f"no words for {number}")
    if number == 0:
        return _FORMS[0][case]
    words: list[str] = []
    rest = number
    for value, noun in _SCALES:
        count, rest = divmod(rest, value)
        if count and (count > 1 or words):
            words += _below_thousand(count, noun.gender, case)
        if count:
            words.append(noun.after(count, case))
    return " ".join([*words, *_below_thousand(rest, gender, case)])


def ordinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    """The same range; a whole number of thousands is one word up to 9000 ("двохтисячний")."""
    if number and number % 1000 == 0:
        return _thousandth(number, gender, case)
    last = _last_part(number)
    ahead = f"{cardinal(number - last)} " if number > last else ""
    endings = _SOFT if last == 3 else _HARD
    return ahead + _ORDINAL_STEMS[last] + endings[gender][case]


def decimal(whole: int, fraction: str, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    """*fraction* are the digits behind the comma, the last not 0. 2,5 is "два з половиною", 1,5 "півтора", other tenths are named."""
    if fraction == "5" and whole == 1:
        return "півтори" if gender is Gender.FEMININE else "півтора"
    if fraction == "5" and whole:
        return f"{cardinal(whole, gender, case)} з половиною"
    of_whole = "ціла" if _is_one(whole) else "цілих"
    if len(fraction) > len(_TENTHS):
        digits = " ".join(cardinal(int(digit)) for digit in fraction)
        return f"{cardinal(whole)} кома {digits}"
    one, many = _TENTHS[len(fraction) - 1]
    parts = int(fraction)
    return f"{cardinal(whole, Gender.FEMININE)} {of_whole} {cardinal(parts, Gender.FEMININE)} {one if _is_one(parts) else many}"


def _below_thousand(number: int, gender: Gender, case: Case) -> list[str]:
    words = []
    hundreds, rest = number // 100 * 100, number % 100
    if hundreds:
        words.append(_FORMS[hundreds][case])
    if rest > 20 and rest % 10:
        words.append(_FORMS[rest // 10 * 10][case])
        rest %= 10
    if rest == 1:
        words.append(_ONE[gender][case])
    elif rest == 2:
        words.append(_TWO[gender][case])
    elif rest:
        words.append(_FORMS[rest][case])
    return words


def _is_one(number: int) -> bool:
    return number % 10 == 1 and number % 100 != 11


def _last_part(number: int) -> int:
    """What the last word of the number stands for: 20 of 120, 4 of 124."""
    if number % 100 == 0:
        return number % 1000
    below_hundred = number % 100
    return below_hundred if below_hundred <= 20 or below_hundred % 10 == 0 else below_hundred % 10


def _thousandth(number: int, gender: Gender, case: Case) -> str:
    if number > 9000:
        return cardinal(number, gender, case)
    prefix = "" if number == 1000 else cardinal(number // 1000, case=Case.GENITIVE)
    return f"{prefix}тисячн{_HARD[gender][case]}"
