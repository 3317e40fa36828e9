"""Days and hours in what the agent said: does a sentence name this one, and no other?

    "завтра, 24 листопада, о 10:00"   "у вівторок о десятій"   "двадцять четвертого на 10 годину"      the same moment, on 23 November

Pure. Only forms in which an agent reads a booking out; a sentence that offers several hours names none.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection

from agent.guard.numbers import Number, numbers_in

_RELATIVE = ((re.compile(r"\bпіслязавтра"), 2), (re.compile(r"\bзавтра"), 1), (re.compile(r"\bсьогодні"), 0))
_WEEKDAYS = [
    re.compile(rf"\b{stem}")
    for stem in (r"понеділ", r"вівтор", r"серед(?:а|и|у|і|ою)\b", r"четвер(?:г\w*)?\b", r"п['’ʼ`]?ятниц", r"субот", r"неділ")
]
_MONTHS = ("січ", "лют", "берез", "квіт", "трав", "черв", "лип", "серп", "верес", "жовт", "листоп", "груд")
_MONTH = re.compile(rf"\s*(?:-?го\s+)?({'|'.join(_MONTHS)})[а-яіїє]*")
_DAY_MARK = re.compile(r"\s*(?:-?го\b|числа)")
_DOTTED = re.compile(r"\b([0-3]?\d)\.([01]\d)(?:\.\d{2,4})?\b")
_CLOCK = re.compile(r"\b([01]?\d|2[0-3])[:.]([0-5]\d)\b(?!\.\d)")
_HOUR_BEFORE = re.compile(r"\b(?:о|об|на|до|після|з|годин[аіу])\s+$")
_HOUR_AFTER = re.compile(r"\s*годин")
_HALF = re.compile(r"\b(?:о\s+)?(?:пів\s+на|половин[аіу])\s+$")


def names_day(text: str, day: dt.date, today: dt.date, *, beside: Collection[dt.date] = ()) -> bool:
    """*text* names *day*; naming another one too, except those *beside* it, is naming none."""
    named = _days(text.lower(), day, today, beside)
    return True in named and False not in named


def names_another_day(text: str, day: dt.date, today: dt.date) -> bool:
    return False in _days(text.lower(), day, today, ())


def _days(text: str, day: dt.date, today: dt.date, beside: Collection[dt.date]) -> list[bool | None]:
    """What *text* says in each of its ways of naming a day: this one, another one, none."""
    return [_relative(text, day, today, beside), _weekday(text, day, beside), _dated(text, day, beside)]


def names_hour(text: str, hour: dt.time, *, beside: Collection[dt.time] = ()) -> bool:
    """The same for an hour; "о другій" is 14:00 as well."""
    said = hours_in(text)
    wanted = _twelve(hour)
    return wanted in said and not said - {wanted, *(_twelve(other) for other in beside)}


def hours_in(text: str) -> set[tuple[int, int]]:
    """On a clock of twelve hours."""
    lower = text.lower()
    hours = {(int(match[1]) % 12, int(match[2])) for match in _CLOCK.finditer(lower) if not _is_date(lower, match)}
    taken = [match.span() for match in _CLOCK.finditer(lower)]
    numbers = [one for one in numbers_in(lower) if not any(start <= one.start < end for start, end in taken)]
    for at, number in enumerate(numbers):
        if not 0 <= number.value <= 24 or _MONTH.match(lower, number.end) or _DAY_MARK.match(lower, number.end):
            continue
        if _HALF.search(lower[: number.start]):
            hours.add(((number.value - 1) % 12, 30))
        elif _HOUR_BEFORE.search(lower[: number.start]) and (number.ordinal or _HOUR_AFTER.match(lower, number.end)):
            hours.add((number.value % 12, _minutes(numbers, at, lower)))
        elif _HOUR_AFTER.match(lower, number.end):
            hours.add((number.value % 12, 0))
        elif re.search(r"\b(?:о|об)\s+$", lower[: number.start]):
            hours.add((number.value % 12, _minutes(numbers, at, lower)))
    return hours


def _minutes(numbers: list[Number], at: int, text: str) -> int:
    """ "о десятій тридцять" """
    following = numbers[at + 1] if at + 1 < len(numbers) else None
    joined = following is not None and not text[numbers[at].end : following.start].strip()
    return following.value if joined and following is not None and following.value in range(5, 60, 5) else 0


def _is_date(text: str, match: re.Match[str]) -> bool:
    """ "24.11" looks like a clock's time only with a stop, and only up to month 12."""
    return match.group().find(".") > 0 and int(match[2]) <= 12 and not re.search(r"\b(?:о|об|на)\s+$", text[: match.start()])


def _twelve(hour: dt.time) -> tuple[int, int]:
    return hour.hour % 12, hour.minute


def _relative(text: str, day: dt.date, today: dt.date, beside: Collection[dt.date]) -> bool | None:
    said = {today + dt.timedelta(ahead) for form, ahead in _RELATIVE if form.search(text)}
    said -= {other for other in beside if other != day}
    return said == {day} if said else None


def _weekday(text: str, day: dt.date, beside: Collection[dt.date]) -> bool | None:
    """Whether the weekdays in *text* are this day's; None when there are none."""
    said = {number for number, form in enumerate(_WEEKDAYS) if form.search(text)}
    said -= {other.weekday() for other in beside} - {day.weekday()}
    return said == {day.weekday()} if said else None


def _dated(text: str, day: dt.date, beside: Collection[dt.date]) -> bool | None:
    """The same of dates: "24 листопада", "24-го", "24.11"."""
    said: set[tuple[int, int | None]] = set()
    for match in _DOTTED.finditer(text):
        if _is_date(text, match) and 1 <= int(match[2]) <= 12:
            said.add((int(match[1]), int(match[2])))
    for number in numbers_in(text):
        if not 1 <= number.value <= 31:
            continue
        if month := _MONTH.match(text, number.end):
            said.add((number.value, _MONTHS.index(month[1]) + 1))
        elif _DAY_MARK.match(text, number.end):
            said.add((number.value, None))
    said = {one for one in said if not any(_fits(one, other) for other in beside) or _fits(one, day)}
    return all(_fits(one, day) for one in said) if said else None


def _fits(said: tuple[int, int | None], day: dt.date) -> bool:
    return said[0] == day.day and said[1] in (None, day.month)
