"""Sums, days and hours in a tool's result: digits that can be read out as they are; the voice makes words of them."""

from __future__ import annotations

import datetime as dt
import re

from agent.case import Case

_MONTHS = ("січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня")
_WEEKDAYS = ("понеділок", "вівторок", "середа", "четвер", "п'ятниця", "субота", "неділя")


def told(amount_uah: int, case: Case) -> str:
    """4690 -> "4690 грн"; the call remembers that this sum was told."""
    case.amounts_uah.add(amount_uah)
    return f"{amount_uah} грн"


def day(date: dt.date) -> str:
    """ "24 листопада": a year is never in doubt on the telephone."""
    return f"{date.day} {_MONTHS[date.month - 1]}"


def weekday_and_day(date: dt.date) -> str:
    return f"{_WEEKDAYS[date.weekday()]}, {day(date)}"


def hour(time: dt.time) -> str:
    return f"{time:%H:%M}"


def day_of(text: str | None) -> str | None:
    """The shop's ISO date or timestamp as a day; what is none stays as it is."""
    if text is None:
        return None
    try:
        return day(dt.date.fromisoformat(text[:10]))
    except ValueError:
        return text


def counted(count: int, one: str, few: str, many: str) -> str:
    """1 день, 2 дні, 5 днів, 11 днів, 21 день."""
    last, teens = count % 10, 10 < count % 100 < 20
    return f"{count} {one if last == 1 and not teens else few if 1 < last < 5 and not teens else many}"


def sums_in(text: str) -> set[int]:
    """The sums in UAH that a text names: "від 1 500 грн" has 1500."""
    return {int(re.sub(r"\s", "", found[1])) for found in _SUM.finditer(text)}


_SUM = re.compile(r"(?<![\d,.])(\d{1,3}(?:\s\d{3})+|\d+)\s?(?:грн|гривень|гривні|гривня|₴)")
