"""The calls of one day: pure. A date and a number give the same calls whenever and wherever they are asked for, ids included.

A day is one of UTC, and it is over when it is seeded: so what a later run makes of it is all there already.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

from controller.journal.records import Record
from ops.seed.life import Life, Person
from ops.seed.people import HIDDEN, customers
from ops.seed.stories import STORIES, WITHOUT_NUMBER, Sold, Story, Visit, World

DAYS = 61
_A_DAY = (8, 14)
_AT_WEEKENDS = (3, 7)
_HOURS = range(6, 18)  # of UTC: 8 or 9 to 20 in the shop's
_HIDDEN_SHARE = 0.05
_LAST_MINUTE = 50  # the longest story ends within the day


@dataclass(frozen=True, slots=True)
class Day:
    date: dt.date
    calls: int
    records: tuple[Record, ...]
    sold: tuple[Sold, ...]
    visits: tuple[Visit, ...]


def days_before(today: dt.date, count: int = DAYS) -> Iterator[dt.date]:
    """The oldest first; *today* is not over."""
    return (today - dt.timedelta(days=ago) for ago in range(count, 0, -1))


def lived(date: dt.date, number: int) -> Day:
    """Everything that happened on *date*."""
    rng = random.Random(f"{number}/{date}")
    world = World(date)
    many = rng.randint(*(_AT_WEEKENDS if date.weekday() >= 5 else _A_DAY))
    moments = sorted(
        dt.timedelta(hours=rng.choice(_HOURS), minutes=rng.randrange(_LAST_MINUTE), seconds=rng.randrange(60)) for _ in range(many)
    )
    records: list[Record] = []
    midnight = dt.datetime.combine(date, dt.time(), dt.UTC)
    for moment in moments:
        caller, story = _who_and_why(rng)
        life = Life(rng, midnight + moment, caller)
        life.ring()
        story(life, world)
        records += life.records
    return Day(date, many, tuple(records), tuple(world.sold), tuple(world.visits))


def _who_and_why(rng: random.Random) -> tuple[Person, Story]:
    if rng.random() < _HIDDEN_SHARE:
        return HIDDEN, rng.choice(WITHOUT_NUMBER)
    return rng.choice(customers()), rng.choices(list(STORIES), list(STORIES.values()))[0]
