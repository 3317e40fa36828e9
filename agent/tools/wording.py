"""Sums, days and hours in a tool's result: digits that can be read out as they are; the voice makes words of them."""

from __future__ import annotations

import datetime as dt

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


def weekday(date: dt.date) -> str:
    return _WEEKDAYS[date.weekday()]


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
