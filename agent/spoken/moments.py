"""Dates, years and times of day.

    24 листопада, 24.11, 2026-11-24   двадцять четвертого листопада        на 24 листопада   на двадцять четверте листопада
    2019 року                         дві тисячі дев'ятнадцятого року
    о 10:00                           о десятій                            10:30             десята тридцять
    9:00-18:00                        з дев'ятої до вісімнадцятої

Hours are feminine ordinals (година), days neuter ones (число).
"""

from __future__ import annotations

import re

from agent.spoken.context import case_before
from agent.spoken.grammar import MONEY, UNITS, Case, Gender
from agent.spoken.numerals import cardinal, ordinal
from agent.spoken.rule import Rule

_YEAR_ROUND = "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня"
_MONTHS = _YEAR_ROUND.split()
_DASH = r"\s?[-–—]\s?"
_MORE = rf"(?:{_DASH}|\s*,\s*|\s+(?:і|й|та|або|чи|до)\s+)"
_STOP = r"(?:\.(?=\s*(?-i:[,;)а-яіїєґ])))?"  # the full stop of an abbreviation, unless it also ends the sentence
_YEAR = r"(?:19|20)\d{2}"
_YEAR_TAIL = rf"(?:,?\s+(?P<year>{_YEAR})(?!\d)(?:\s*(?:року|р(?!\w){_STOP}))?)?"

_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_DOTTED = re.compile(rf"(?<![\w.,/])(\d{{1,2}})\.(\d{{2}})(?:\.({_YEAR}|\d{{2}}))?(?!\d|[.,/]\d)(?:\s*(?:року|р(?!\w){_STOP}))?")
_NAMED = re.compile(
    rf"(?<![\w.,/])(?P<days>\d{{1,2}}(?:-?го)?(?:{_MORE}\d{{1,2}}(?:-?го)?)*)\s+(?P<month>{'|'.join(_MONTHS)})(?!\w){_YEAR_TAIL}",
    re.IGNORECASE,
)
_FROM_TO_DAY = re.compile(
    rf"\b(?P<of>з|із|зі|від)\s+(?P<first>\d{{1,2}})(?:-?го)?\s+по\s+(?P<last>\d{{1,2}})(?:-?(?:те|е))?\s+(?P<month>{'|'.join(_MONTHS)})(?!\w){_YEAR_TAIL}",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?<![\w.,/])(\d{1,2})(-?го)?\s+(числа|число)(?!\w)", re.IGNORECASE)
_MONTH_YEAR = re.compile(
    rf"\b((?:січ|лют|берез|квіт|трав|черв|лип|серп|верес|жовт|листопад|груд)\w*)\s+({_YEAR})(?!\d)(?!\s*(?:р\b|рок|рік|грн|₴|грив|шт))",
    re.IGNORECASE,
)
_YEARS = re.compile(
    rf"(?<![\w.,/-])(?P<a>{_YEAR})(?:{_DASH}(?P<b>{_YEAR}))?\s*(?P<word>року|роком|роках|років|роки|році|рік|рр|р)(?!\w){_STOP}",
    re.IGNORECASE,
)
_YEAR_CASES = {"року": Case.GENITIVE, "роком": Case.INSTRUMENTAL, "роках": Case.GENITIVE, "років": Case.GENITIVE, "році": Case.LOCATIVE}
_YEAR_CASES |= {"рік": Case.NOMINATIVE, "роки": Case.NOMINATIVE, "рр": Case.GENITIVE, "р": Case.GENITIVE}
_YEAR_WORDS = {"рр": "років", "р": "року"}

_CLOCK = r"([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?"
_TIME = re.compile(rf"(?<![\w:.,])(?:(?P<at>об?)\s+)?{_CLOCK}(?:{_DASH}{_CLOCK})?(?![\d:])(?:\s*год(?!\w){_STOP})?", re.IGNORECASE)
_TIME_BEFORE = re.compile(rf"(?:\bоб?\s+)?{_CLOCK}(?:\s*,|\s+(?:і|й|та|або|чи))+\s*$", re.IGNORECASE)
_DOTTED_TIME = re.compile(r"\b(об?)\s+([01]?\d|2[0-4])\.([0-5]\d)(?![\d.])", re.IGNORECASE)
_AT_HOUR = re.compile(
    rf"\b(об?)\s+([01]?\d|2[0-4])(?!\d|[.,:/]\d)(?=\s*(?:годин|год\b|ранку|вечора|дня|ночі|$|[,.;!?)]|(?:і|й|та|або|чи)\b))"
    rf"(?P<short>\s*год(?!\w){_STOP})?",
    re.IGNORECASE,
)
_FROM_TO_HOUR = re.compile(
    r"\b(з|із)\s+(\d{1,2})\s+до\s+(\d{1,2})(?!\d|[.,:/]\d)(?=\s*(?:годин|год\b|$|[,.;!?)]|щодня|без\b|у\b|в\b))", re.IGNORECASE
)
_HOUR = re.compile(r"(?<![\w.,:/])(\d{1,2})\s+(година|годину|годині|години)(?!\w)", re.IGNORECASE)
_SUFFIXED = re.compile(
    r"(?<![\w.,/])(\d{1,4})[-–](й|ий|ій|го|ого|ього|му|ому|м|им|а|я|та|ша|га|тя|ї|ої|у|ту|гу|шу|ю|е|те|ше|ге|є|х|ти|ми|ма)(?!\w)"
)  # small letters only: "22-А" is a house
_M, _F, _N = Gender
_SUFFIXES: dict[str, tuple[Gender, Case]] = {
    **dict.fromkeys(("й", "ий", "ій"), (_M, Case.NOMINATIVE)),
    **dict.fromkeys(("го", "ого", "ього"), (_M, Case.GENITIVE)),
    **dict.fromkeys(("му", "ому"), (_M, Case.DATIVE)),
    **dict.fromkeys(("м", "им"), (_M, Case.INSTRUMENTAL)),
    **dict.fromkeys(("а", "я", "та", "ша", "га", "тя"), (_F, Case.NOMINATIVE)),
    **dict.fromkeys(("ї", "ої"), (_F, Case.GENITIVE)),
    **dict.fromkeys(("у", "ту", "гу", "шу", "ю"), (_F, Case.ACCUSATIVE)),
    **dict.fromkeys(("е", "те", "ше", "ге", "є"), (_N, Case.NOMINATIVE)),
}
_COUNT_SUFFIXES = {"х": Case.GENITIVE, "ти": Case.GENITIVE, "ми": Case.GENITIVE, "ма": Case.INSTRUMENTAL}
_MEASURE = re.compile(
    rf"\s?(?:{'|'.join(re.escape(unit) for unit in (*MONEY, *UNITS))}|грив|бар|атм|літр|відсот|тис|мет|міл)", re.IGNORECASE
)


def day_and_month(day: int, month: int, case: Case = Case.GENITIVE) -> str | None:
    """None where the calendar has no such day."""
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return f"{ordinal(day, Gender.NEUTER, case)} {_MONTHS[month - 1]}"


def year_words(year: int, case: Case = Case.GENITIVE) -> str:
    return ordinal(year, Gender.MASCULINE, case)


def clock(hour: int, minute: int, case: Case = Case.NOMINATIVE) -> str:
    hours = ordinal(hour, Gender.FEMININE, case)
    if not minute:
        return hours
    return f"{hours} {'нуль ' if minute < 10 else ''}{cardinal(minute, Gender.FEMININE)}"


def _at(hour: int, like: str) -> str:
    """ "о" or, before "одинадцятій", "об"; as *like* in upper or lower case."""
    word = "об" if hour == 11 else "о"
    return word.capitalize() if like[0].isupper() else word


def _date_case(text: str, start: int) -> Case:
    return Case.ACCUSATIVE if re.search(r"\b(?:на|по|через)\s+$", text[:start], re.IGNORECASE) else Case.GENITIVE


def _say_iso(match: re.Match[str], text: str) -> str | None:
    year, month, day = map(int, match.groups())
    said = day_and_month(day, month, _date_case(text, match.start()))
    return f"{said} {year_words(year)} року" if said and 1900 <= year < 2100 else None


def _say_dotted(match: re.Match[str], text: str) -> str | None:
    day, month, year = match.groups()
    if year is None and _MEASURE.match(text, match.end()):
        return None
    said = day_and_month(int(day), int(month), _date_case(text, match.start()))
    if said is None or year is None:
        return said
    return f"{said} {year_words(int(year) if len(year) == 4 else 2000 + int(year))} року"


def _say_named(match: re.Match[str], text: str) -> str | None:
    case = _date_case(text, match.start())
    if any(not 1 <= int(day) <= 31 for day in re.findall(r"\d+", match["days"])):
        return None
    days = re.sub(r"(\d+)(?:-?го)?", lambda day: ordinal(int(day.group(1)), Gender.NEUTER, case), match["days"])
    days = re.sub(r"\s?[-–—]\s?", " — ", days)
    year = f" {year_words(int(match['year']))} року" if match["year"] else ""
    return f"{days} {match['month']}{year}"


def _say_from_to_day(match: re.Match[str], text: str) -> str | None:
    first, last = int(match["first"]), int(match["last"])
    if not (1 <= first <= 31 and 1 <= last <= 31):
        return None
    days = f"{ordinal(first, Gender.NEUTER, Case.GENITIVE)} по {ordinal(last, Gender.NEUTER, Case.ACCUSATIVE)}"
    year = f" {year_words(int(match['year']))} року" if match["year"] else ""
    return f"{match['of']} {days} {match['month']}{year}"


def _say_day(match: re.Match[str], text: str) -> str | None:
    """ "24 числа", "до 2 числа", "на 24 число"; not "3 числа" on a tyre's side."""
    day, suffix, word = int(match.group(1)), match.group(2), match.group(3)
    counted = day in (2, 3, 4) and not suffix and case_before(text, match.start()) is not Case.GENITIVE
    if not 1 <= day <= 31 or (counted and word.lower() == "числа"):
        return None
    return f"{ordinal(day, Gender.NEUTER, Case.GENITIVE if word.lower() == 'числа' else Case.ACCUSATIVE)} {word}"


def _say_month_year(match: re.Match[str], text: str) -> str:
    return f"{match.group(1)} {year_words(int(match.group(2)))} року"


def _say_years(match: re.Match[str], text: str) -> str:
    word = match["word"].lower()
    case = _YEAR_CASES[word]
    years = " — ".join(year_words(int(year), case) for year in (match["a"], match["b"]) if year)
    return f"{years} {_YEAR_WORDS.get(word, match['word'])}"


def _time_case(text: str, start: int) -> Case:
    """A time in a list ("о 10:00, 11:30 або 14:00") stands in the case of the first."""
    before = _TIME_BEFORE.search(text[:start])
    if before is None:
        return case_before(text, start)
    if case_before(text, start) is Case.INSTRUMENTAL:  # "між 10:00 та 12:00"
        return Case.INSTRUMENTAL
    return Case.LOCATIVE if before.group(0)[0].lower() == "о" else _time_case(text, before.start())


def _say_time(match: re.Match[str], text: str) -> str:
    at, hour, minute, until, until_minute = match.groups()
    case = Case.LOCATIVE if at else _time_case(text, match.start())
    first = (int(hour), int(minute))
    prefix = f"{_at(first[0], at)} " if at else ""
    if until is None:
        return prefix + clock(*first, case)
    last = (int(until), int(until_minute))
    if case in (Case.NOMINATIVE, Case.GENITIVE):
        return f"{'з ' if case is Case.NOMINATIVE else ''}{clock(*first, Case.GENITIVE)} до {clock(*last, Case.GENITIVE)}"
    return f"{prefix}{clock(*first, case)} — {clock(*last, case)}"


def _say_dotted_time(match: re.Match[str], text: str) -> str:
    hour, minute = int(match.group(2)), int(match.group(3))
    return f"{_at(hour, match.group(1))} {clock(hour, minute, Case.LOCATIVE)}"


def _say_at_hour(match: re.Match[str], text: str) -> str:
    hour = int(match.group(2))
    return f"{_at(hour, match.group(1))} {clock(hour, 0, Case.LOCATIVE)}{' годині' if match['short'] else ''}"


def _say_from_to_hour(match: re.Match[str], text: str) -> str | None:
    first, last = int(match.group(2)), int(match.group(3))
    if not first < last <= 24:
        return None
    return f"{match.group(1)} {clock(first, 0, Case.GENITIVE)} до {clock(last, 0, Case.GENITIVE)}"


def _say_hour(match: re.Match[str], text: str) -> str | None:
    """An hour of the day, not a number of hours: "14 година", "до 18 години", but "2 години"."""
    hour, word = int(match.group(1)), match.group(2).lower()
    few = hour % 10 in (2, 3, 4) and not 11 <= hour <= 14
    lasts = hour == 1 and word in ("година", "годину")
    if hour > 24 or lasts or (word == "години" and few and case_before(text, match.start()) is not Case.GENITIVE):
        return None
    case = {"година": Case.NOMINATIVE, "годину": Case.ACCUSATIVE, "годині": Case.LOCATIVE, "години": Case.GENITIVE}[word]
    return f"{clock(hour, 0, case)} {match.group(2)}"


def _say_suffixed(match: re.Match[str], text: str) -> str:
    number, suffix = int(match.group(1)), match.group(2).lower()
    if suffix in _COUNT_SUFFIXES:
        return cardinal(number, case=_COUNT_SUFFIXES[suffix])
    gender, case = _SUFFIXES[suffix]
    if suffix in ("й", "ій") and re.search(r"\b(?:об?|в|у|на|по|при)\s+$", text[: match.start()], re.IGNORECASE):
        gender, case = Gender.FEMININE, Case.LOCATIVE
    return ordinal(number, gender, case)


RULES = (
    Rule(_ISO, _say_iso),
    Rule(_DOTTED_TIME, _say_dotted_time),
    Rule(_DOTTED, _say_dotted),
    Rule(_FROM_TO_DAY, _say_from_to_day),
    Rule(_NAMED, _say_named),
    Rule(_DAY, _say_day),
    Rule(_TIME, _say_time),
    Rule(_YEARS, _say_years),
    Rule(_MONTH_YEAR, _say_month_year),
    Rule(_AT_HOUR, _say_at_hour),
    Rule(_FROM_TO_HOUR, _say_from_to_hour),
    Rule(_HOUR, _say_hour),
    Rule(_SUFFIXED, _say_suffixed),
)
