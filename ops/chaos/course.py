"""What a customer in the middle of an order says next. Pure.

He answers what he was asked. Whoever could not be understood (the record that tells it may be away with PostgreSQL) is answered with what
would come next; who asks the same thing again and again is told that he wants a human.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from ops.chaos.plan import Stage
from ops.eval.customer import question_in

WANTS: Final[tuple[tuple[str, Stage], ...]] = (("winter_205_55_r16", "question"), ("take_four", "choice"))
ANSWERS: Final[dict[str, tuple[str, Stage]]] = {
    "name": ("name_olena", "name"),
    "delivery": ("delivery_poltava", "delivery"),
    "city": ("delivery_poltava", "delivery"),
    "address": ("address_post", "address"),
    "confirm": ("confirm_yes", "consent"),
    "quantity": ("four", "choice"),
}
ORDER: Final = (*WANTS, *(ANSWERS[topic] for topic in ("name", "delivery", "address", "confirm")))
BYES: Final = ("no_thanks", "thanks_bye")
HUMAN: Final = "operator"
AGAIN_MAX: Final = 3


class Course:
    """How far he has come. *brief*: he only asks, and orders nothing."""

    def __init__(self, *, brief: bool = False) -> None:
        self._order = ORDER[:1] if brief else ORDER
        self._said: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()

    def next(self, heard: str | None, *, impatient: bool = False) -> tuple[str, Stage | None] | None:
        """The phrase for what he *heard* (None: he does not know), and the stage that it begins; None: he hangs up."""
        key, stage = self._chosen(heard, impatient)
        if key is None:
            return None
        self._said[key] += 1
        return key, stage

    def _chosen(self, heard: str | None, impatient: bool) -> tuple[str | None, Stage | None]:
        if impatient:
            return (HUMAN if self._said[HUMAN] < AGAIN_MAX else None), None
        topic = question_in(heard) if heard is not None else None
        if topic in ANSWERS:
            self._asked[topic] += 1
            return (HUMAN, None) if self._asked[topic] > AGAIN_MAX else ANSWERS[topic]
        for key, stage in self._order:
            if not self._said[key]:
                return key, stage
        return next((bye for bye in BYES if not self._said[bye]), None), None
