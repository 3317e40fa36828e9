"""When: days and hours as callers say them, given today."""

from __future__ import annotations

import datetime as dt
import re

from ops.standins.anthropic_api.brain.numbers import plain

_MONTHS = (
    *("січ|январ", "лют|феврал", "берез|март", "квіт|апрел", "трав|ма[йя]", "черв|июн"),
    *("лип|июл", "серп|август", "верес|сентябр", "жовт|октябр", "листопад|ноябр", "груд|декабр"),
)
_WEEKDAYS = ("понед", "вівтор|вторн", "серед[ау]|сред[ау]", "четвер|четверг", "п'?ятниц", "субот|суббот", "неділ|воскрес")
_MONTH_NAMES = (
    *("січня", "лютого", "березня", "квітня", "травня", "червня"),
    *("липня", "серпня", "вересня", "жовтня", "листопада", "грудня"),
)
_WEEKDAY_NAMES = ("понеділок", "вівторок", "середу", "четвер", "п'ятницю", "суботу", "неділю")
_AFTERNOON_UNTIL = 8  # "о третій" is 15:00: nobody fits tyres at three in the night

_HOUR = re.compile(
    r"(?:\bо|\bоб|\bна|\bв|\bу|\bпісля|\bк)? ?\b(?:(?P<half>пів на|половин\w+) (?P<halfhour>\d{1,2})|"
    r"(?P<hour>\d{1,2}) ?(?:: ?|\. ?| годин\w* | час\w* )?(?P<minute>[0-5]\d)?)\b(?P<after> ?(?:годин|час|ранк|утр|дня|вечор|вечер))?"
)
_DAY_OF_MONTH = re.compile(r"\b(\d{1,2}) ?(?:- ?)?(?:го )?(" + "|".join(_MONTHS) + r")\w*")
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


def day_in(text: str, today: dt.date) -> dt.date | None:
    """A day from today on; a weekday is the next one of that name."""
    said = plain(text)
    if re.search(r"післязавтра|послезавтра", said):
        return today + dt.timedelta(days=2)
    if re.search(r"\bзавтра", said):
        return today + dt.timedelta(days=1)
    if re.search(r"сьогодні|сегодня", said):
        return today
    if found := _DAY_OF_MONTH.search(said):
        return _next_date(int(found[1]), _month(found[2]), today)
    for index, pattern in enumerate(_WEEKDAYS):
        if re.search(rf"\b(?:{pattern})", said):
            return today + dt.timedelta(days=(index - today.weekday() - 1) % 7 + 1)
    if re.search(r"через тиждень|через неделю", said):
        return today + dt.timedelta(days=7)
    return None


def time_in(text: str, *, asked: bool) -> dt.time | None:
    """An hour, with its minutes where they are said; a bare number counts only when *asked* for an hour."""
    said = _DAY_OF_MONTH.sub(" ", plain(text))
    for found in _HOUR.finditer(said):
        half = found["half"] is not None
        hour, minute = int(found["halfhour"] or found["hour"]), int(found["minute"] or 0)
        if half:
            hour, minute = hour - 1, 30
        introduced = re.match(r"(?:о|об|в|у|к) ?\b", found[0]) or ":" in found[0] or found["after"] or half
        on_the_hour = found[0].startswith("на ") and 8 <= hour <= 20
        if not (asked or introduced or on_the_hour) or not 0 <= hour <= 23:
            continue
        if hour < _AFTERNOON_UNTIL and "ранк" not in said and "утр" not in said:
            hour += 12
        return dt.time(hour, minute)
    return None


def day_told(day: dt.date) -> str:
    """ "середу, 25 листопада": after "на"."""
    return f"{_WEEKDAY_NAMES[day.weekday()]}, {day.day} {_MONTH_NAMES[day.month - 1]}"


def today_in(system: str) -> dt.date | None:
    """Today as the system prompt tells it: an ISO date, or "22 листопада 2026"."""
    if found := _DATE.search(system):
        return dt.date(*map(int, found.groups()))
    if found := re.search(r"\b(\d{1,2}) (" + "|".join(_MONTH_NAMES) + r") (\d{4})", system):
        return dt.date(int(found[3]), _MONTH_NAMES.index(found[2]) + 1, int(found[1]))
    return None


def _month(named: str) -> int:
    return next(index for index, pattern in enumerate(_MONTHS, 1) if re.fullmatch(pattern, named))


def _next_date(day: int, month: int, today: dt.date) -> dt.date | None:
    for year in (today.year, today.year + 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None
