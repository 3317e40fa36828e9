"""What a conversation has come to: what he wants done, what is known of it, what was asked and said last.

What he wants done stands on a small pile of goals: a question asked in the middle of an order is answered first, then the order goes on.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.facts import Facts
from ops.standins.anthropic_api.brain.intents import Intent
from ops.standins.anthropic_api.brain.wishes import Wishes
from ops.standins.anthropic_api.brain.world import Offer, Place, Result, World


class Goal(enum.Enum):
    ORDER = enum.auto()
    STATUS = enum.auto()
    VISIT = enum.auto()  # book a fitting
    MOVE = enum.auto()
    CANCEL = enum.auto()
    MY_VISITS = enum.auto()
    FITTING_PRICE = enum.auto()
    POINTS = enum.auto()
    SIZES = enum.auto()


@dataclass(slots=True)
class Situation:
    """The end of the conversation so far."""

    today: dt.date
    facts: Facts = field(default_factory=Facts)
    new_facts: bool = False  # his last words told something new about the tyres
    chosen: int = 0  # index of the offer under discussion
    said: str = ""  # his last words; empty when the last message only brings results
    intents: Sequence[Intent] = ()  # of his last words
    results: Sequence[Result] = ()  # what the last message brings
    told: str = ""  # our last words
    asked: Ask | None = None  # what his last words answer
    cheaper_than: int | None = None  # UAH; he found this too dear
    wishes: Wishes = field(default_factory=Wishes)
    new_wishes: bool = False  # his last words told something new of what is under way
    goals: list[Goal] = field(default_factory=list)  # the last is worked on
    new_goal: bool = False
    abandoned: bool = False
    world: World = field(default_factory=World)
    point: Place | None = None  # chosen to pick the order up at
    station: Place | None = None
    visit: int = 0  # index of the booking he means

    @property
    def goal(self) -> Goal | None:
        return self.goals[-1] if self.goals else None

    @property
    def offers(self) -> Sequence[Offer]:
        return self.world.offers

    @property
    def offer(self) -> Offer | None:
        return self.offers[self.chosen] if self.chosen < len(self.offers) else None

    @property
    def searchable(self) -> bool:
        return self.facts.size is not None or self.facts.model is not None

    @property
    def says_no(self) -> bool:
        return Intent.NO in self.intents or self.abandoned

    @property
    def agrees(self) -> bool:
        """To what we asked, and without changing anything."""
        return bool(self.said) and Intent.YES in self.intents and not (self.says_no or self.new_wishes or self.new_facts)
