from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from controller.hours import DAYS, Hours, HoursError

KYIV = ZoneInfo("Europe/Kyiv")
SHOP = Hours.parse("mon-fri 09:00-18:00; sat 10:00-13:00,14:00-16:00", closed="2026-12-25; 2026-12-31..2027-01-02")


def kyiv(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KYIV)


@pytest.mark.parametrize(
    ("when", "open_"),
    [
        ("2026-11-23 08:59:59", False),  # a Monday
        ("2026-11-23 09:00", True),
        ("2026-11-23 17:59:59", True),
        ("2026-11-23 18:00", False),
        ("2026-11-28 13:30", False),  # the lunch of a Saturday
        ("2026-11-28 14:00", True),
        ("2026-11-29 12:00", False),  # a Sunday
        ("2026-12-25 12:00", False),  # a Friday, closed
        ("2026-12-31 12:00", False),
        ("2027-01-02 12:00", False),
        ("2027-01-04 12:00", True),
    ],
)
def test_the_shop_is_open_by_the_clock_on_its_wall(when: str, open_: bool) -> None:
    assert SHOP.is_open(kyiv(when)) is open_


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ("2026-11-23 08:00", "2026-11-23 09:00"),
        ("2026-11-23 12:00", "2026-11-23 18:00"),
        ("2026-11-27 19:00", "2026-11-28 10:00"),
        ("2026-11-28 12:00", "2026-11-28 13:00"),
        ("2026-11-28 16:00", "2026-11-30 09:00"),
        ("2026-12-24 18:30", "2026-12-26 10:00"),
        ("2026-12-30 20:00", "2027-01-04 09:00"),
    ],
)
def test_it_tells_when_it_opens_or_closes_next(now: str, change: str) -> None:
    assert SHOP.next_change(kyiv(now)) == kyiv(change)


def test_without_hours_it_is_always_open_but_on_days_that_are_closed() -> None:
    always = Hours.parse("")
    assert always.is_open(kyiv("2026-11-29 03:00"))
    assert always.next_change(kyiv("2026-11-29 03:00")) is None
    but_christmas = Hours.parse("", closed="2026-12-25")
    assert but_christmas.next_change(kyiv("2026-12-24 12:00")) == kyiv("2026-12-25 00:00")
    assert but_christmas.next_change(kyiv("2026-12-25 12:00")) == kyiv("2026-12-26 00:00")


def test_a_whole_day_ends_at_midnight_and_the_next_begins_there() -> None:
    around = Hours.parse("daily 00:00-24:00")
    assert around.is_open(kyiv("2026-11-23 23:59:59"))
    assert around.next_change(kyiv("2026-11-23 12:00")) is None


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ("2027-03-27 20:00+02:00", "2027-03-28 06:00+00:00"),  # the clock has gone forward: nine is an hour earlier
        ("2026-10-24 20:00+03:00", "2026-10-25 07:00+00:00"),  # and back: an hour later
    ],
)
def test_in_the_night_in_which_the_clocks_are_set_it_opens_by_the_new_time(now: str, change: str) -> None:
    daily = Hours.parse("daily 09:00-18:00")
    assert daily.next_change(datetime.fromisoformat(now)) == datetime.fromisoformat(change)


def test_an_opening_that_the_clock_jumps_over_happens_at_the_jump() -> None:
    bakery = Hours.parse("daily 03:30-12:00")
    assert bakery.next_change(datetime(2027, 3, 28, 0, 0, tzinfo=UTC)) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "closed", "zone", "word"),
    [
        ("9-18", "", "Europe/Kyiv", "days"),
        ("mon", "", "Europe/Kyiv", "no time"),
        ("mon 9-18", "", "Europe/Kyiv", "09:00-18:00"),
        ("mon 18:00-09:00", "", "Europe/Kyiv", "midnight"),
        ("mon 09:00-25:00", "", "Europe/Kyiv", "24:00"),
        ("mon 09:61-18:00", "", "Europe/Kyiv", "24:00"),
        ("sat-mon 09:00-18:00", "", "Europe/Kyiv", "week"),
        ("mon 09:00-18:00; mon-fri 10:00-12:00", "", "Europe/Kyiv", "twice"),
        ("", "25.12.2026", "Europe/Kyiv", "2026-12-25"),
        ("", "2027-01-02..2026-12-31", "Europe/Kyiv", "before"),
        ("", "", "Kyiv", "time zone"),
    ],
)
def test_what_is_not_understood_is_told_in_words(hours: str, closed: str, zone: str, word: str) -> None:
    with pytest.raises(HoursError, match=word):
        Hours.parse(hours, closed, zone)


_minutes = some.integers(0, 24 * 60)
_spans = some.tuples(_minutes, _minutes).filter(lambda span: span[0] < span[1])
_weeks = some.dictionaries(some.sampled_from(DAYS), _spans, max_size=7)
_zones = some.sampled_from(("Europe/Kyiv", "UTC", "America/New_York", "Australia/Lord_Howe"))
_moments = some.integers(0, 2 * 365 * 24 * 3600).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
_days = some.lists(some.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=3)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@given(_weeks, _days, _zones, _moments)
def test_nothing_changes_before_the_next_change_and_something_does_at_it(
    week: dict[str, tuple[int, int]], closed: list[date], zone: str, now: datetime
) -> None:
    text = "; ".join(f"{day} {clock(start)}-{clock(end)}" for day, (start, end) in week.items())
    hours = Hours.parse(text, "; ".join(map(str, closed)), zone)
    change = hours.next_change(now)
    before = hours.is_open(now)
    until = change or now + timedelta(days=8)
    step = max((until - now) / 50, timedelta(seconds=1))
    moment = now
    while moment < until:
        assert hours.is_open(moment) is before
        moment += step
    if change is not None:
        assert change > now
        assert hours.is_open(change) is not before
        assert hours.is_open(change - timedelta(seconds=1)) is before or change - timedelta(seconds=1) < now
