"""When operators are at work: pure, time is passed in.

    Hours.parse("mon-fri 09:00-18:00; sat 10:00-13:00,14:00-16:00", closed="2026-12-25; 2026-12-31..2027-01-02", zone="Europe/Kyiv")

Days are mon ... sun, alone, as a range or joined by commas, or daily; a day that is not named is closed; nothing named at all: always
open. An end is not inside: at 18:00 it is closed, and 24:00 is midnight. Times are those of the clock on the wall, so a day of 23 or 25
hours opens and closes when that clock says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"
ZONE = "Europe/Kyiv"
AHEAD_DAYS = 400  # how far the next change is looked for
MIDNIGHT = 24 * 60

_TIMES = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


class HoursError(ValueError):
    """What is not understood, and what would be; for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of the day's clock, the end not inside."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...] = ()  # monday first; empty: always open
    closed: tuple[tuple[date, date], ...] = ()  # both inside

    @classmethod
    def parse(cls, hours: str, closed: str = "", zone: str = ZONE) -> Hours:
        """Raises HoursError."""
        try:
            known = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise HoursError(f"{zone!r} is no time zone that this machine knows; write one as Europe/Kyiv") from error
        return cls(known, _week(hours), tuple(_dates(part) for part in _parts(closed)))

    def is_open(self, now: datetime) -> bool:
        """*now* must know its zone."""
        local = now.astimezone(self.zone)
        if any(first <= local.date() <= last for first, last in self.closed):
            return False
        minute = local.hour * 60 + local.minute
        return not self.week or any(span.start <= minute < span.end for span in self.week[local.weekday()])

    def next_change(self, now: datetime) -> datetime | None:
        """The first moment after *now* at which it opens or closes, by the clock of the zone; None: not within a year."""
        before = self.is_open(now)
        first = now.astimezone(self.zone).date()
        for day in (first + timedelta(days) for days in range(AHEAD_DAYS)):
            for moment in sorted(self._moments(day)):
                if moment > now and self.is_open(moment) != before:
                    return moment.astimezone(self.zone)
        return None

    def _moments(self, day: date) -> Iterator[datetime]:
        """Every moment of *day* at which something may change: midnight, starts and ends, and the clock itself when it jumps."""
        midnight = self._at(day, 0, fold=0)
        yield midnight
        for span in self.week[day.weekday()] if self.week else ():
            for minute in (span.start, span.end):
                yield self._at(day, minute, fold=0)
                yield self._at(day, minute, fold=1)
        tomorrow = self._at(day + timedelta(1), 0, fold=0)
        if self._offset(midnight) != self._offset(tomorrow):
            yield self._jump(midnight, tomorrow)

    def _at(self, day: date, minute: int, *, fold: int) -> datetime:
        days, rest = divmod(minute, MIDNIGHT)
        return datetime.combine(day + timedelta(days), time(rest // 60, rest % 60, fold=fold), self.zone).astimezone(UTC)

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self.zone).utcoffset()

    def _jump(self, before: datetime, after: datetime) -> datetime:
        """The minute between the two at which the clock was set."""
        offset = self._offset(before)
        while after - before > timedelta(minutes=1):
            middle = before + (after - before) // 2
            middle = middle.replace(second=0, microsecond=0)
            if middle <= before:
                break
            before, after = (middle, after) if self._offset(middle) == offset else (before, middle)
        return after


def _parts(text: str) -> list[str]:
    return [part for part in (part.strip() for part in re.split(r"[;\n]", text)) if part]


def _week(text: str) -> tuple[tuple[Span, ...], ...]:
    week: list[list[Span]] = [[] for _ in DAYS]
    parts = _parts(text.lower())
    for part in parts:
        days, _, times = part.partition(" ")
        named = _days(days, part)
        spans = [_span(one.strip(), part) for one in times.split(",")]
        for day in named:
            week[day] += spans
    for name, spans in zip(DAYS, week, strict=True):
        spans.sort(key=lambda span: span.start)
        if any(earlier.end > later.start for earlier, later in pairwise(spans)):
            raise HoursError(f"{name} is open twice at the same time")
    return tuple(tuple(spans) for spans in week) if parts else ()


def _days(text: str, part: str) -> set[int]:
    if text == DAILY:
        return set(range(7))
    days: set[int] = set()
    for one in text.split(","):
        first, dash, last = one.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise HoursError(f"{part!r} does not begin with days: write mon-fri, sat or mon,wed, then a space and the times")
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        if end < begin:
            raise HoursError(f"{part!r}: the week runs from mon to sun, so {one} is none of its parts")
        days |= set(range(begin, end + 1))
    return days


def _span(text: str, part: str) -> Span:
    found = _TIMES.fullmatch(text)
    if found is None:
        raise HoursError(f"{part!r}: {text or 'nothing'!r} is no time; write 09:00-18:00, several joined by commas")
    begin_hour, begin, end_hour, end = map(int, found.groups())
    span = Span(begin_hour * 60 + begin, end_hour * 60 + end)
    if begin > 59 or end > 59 or span.end > MIDNIGHT:
        raise HoursError(f"{part!r}: a day's clock runs from 00:00 to 24:00")
    if span.start >= span.end:
        raise HoursError(f"{part!r}: {text} ends before it begins; over midnight write two, to 24:00 and from 00:00")
    return span


def _dates(text: str) -> tuple[date, date]:
    first, dots, last = (one.strip() for one in text.partition(".."))
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError as error:
        raise HoursError(f"{text!r} is no date; write 2026-12-25, or 2026-12-31..2027-01-02, several joined by semicolons") from error
    if end < begin:
        raise HoursError(f"{text!r} ends before it begins")
    return begin, end
