"""When a fitting may be: from now on, and not so far ahead that a wrong year or month would pass."""

from __future__ import annotations

import datetime as dt
from typing import Any

from agent.guard.refusal import Refusal
from agent.tools.tool import Desk

AHEAD_MAX_DAYS = 60


def in_the_future(wanted: Any, desk: Desk) -> Refusal | None:
    """For tools with a ``date`` and ``time``, or with ``date_from`` and ``date_to``; what is not given is not checked."""
    now = desk.now()
    last = now.date() + dt.timedelta(days=AHEAD_MAX_DAYS)
    days = [day for name in ("date", "date_from", "date_to") if (day := getattr(wanted, name, None)) is not None]
    hour = getattr(wanted, "time", None)
    past = any(day < now.date() for day in days) or (hour is not None and any(_moment(day, hour, now) <= now for day in days))
    if past:
        return Refusal(f"Цей час уже минув: зараз {now:%Y-%m-%d %H:%M}. Перепитай день і годину.")
    if any(day > last for day in days):
        return Refusal(f"Так далеко наперед не записуємо: щонайпізніше {last:%Y-%m-%d}. Запропонуй ближчий день.")
    return None


def _moment(day: dt.date, hour: dt.time, now: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day, hour.replace(tzinfo=None), now.tzinfo)
