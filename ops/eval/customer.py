"""A scripted customer: what he says of his own, what he answers when he is asked, and what must be true when he has hung up.

    Customer(
        "delivery_to_poltava",
        says=("winter_205_55_r16", "take_four"),
        answers={"name": "name_olena", "delivery": "delivery_poltava", "address": "address_post", "confirm": "confirm_yes"},
        expect=Expect(uses=(Use("search_tires", {"width": 205}),), orders=(Ordered(4, city="Полтава"),)),
    )

Phrases are keys of the phrasebook. *says* are taken in order, whenever the agent asks nothing that he has an answer to; an ``Interrupt``
is said into the agent's speech. Which of several answers to a question he gives grows with how often it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ops.caller.script import Interrupt, Press

Language = Literal["uk", "ru", "mixed"]
Ending = Literal["goodbye", "operator"]

# What a question of the agent is about; the first that fits counts.
QUESTIONS: Final[Mapping[str, re.Pattern[str]]] = {
    topic: re.compile(pattern, re.IGNORECASE)
    for topic, pattern in {
        "name": r"ім'я|звати|прізвищ|звертат",
        "year": r"\bрок[уи]|\bрік",
        "quantity": r"скільки (?:шин|штук|вам)",
        "phone": r"номер телефону",
        "delivery": r"(?:достав\w+|адрес\w*|пошт\w+|кур'?єр\w*).* (?:чи|або) |самовив[іо]|заберете",
        "point": r"пункт",
        "station": r"станці",
        "city": r"міст[оіа]",
        "address": r"адрес",
        "day": r"\bден[ьн]|\bдат[ауи]|\bдня\b|\bколи",
        "hour": r"годин|\bчас",
        "diameter": r"діаметр|радіус",
        "season": r"сезон|літні, зимові|зимові (?:чи|або) літні",
        "model": r"\bяка модель",
        "size": r"розмір",
        "confirm": r"підтвердж|оформл|все (?:вірно|правильно)|записуємо|записати|переносимо|перенести|скасувати|скасовуємо|бронюємо",
    }.items()
}


def question_in(heard: str) -> str | None:
    """What the last sentence of the agent's turn asks for, if it is one of ``QUESTIONS``."""
    sentences = [part for part in re.split(r"(?<=[.!?])\s+(?=[^\d])", heard.strip()) if part]
    asked = next((part for part in reversed(sentences) if part.endswith("?")), sentences[-1] if sentences else "")
    return next((topic for topic, pattern in QUESTIONS.items() if pattern.search(asked)), None)


@dataclass(frozen=True, slots=True)
class Use:
    """A tool that must have worked, with at least these arguments."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A confirmed order that the call left behind; None = whatever."""

    quantity: int
    city: str | None = None
    pickup_point_id: str | None = None
    payment_method: str | None = "cod"
    size: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking that stands after the call."""

    station_id: str
    time: str
    weekday: int | None = None  # 0 = Monday
    service_type: str = "tire_change"


@dataclass(frozen=True, slots=True)
class Expect:
    """*orders* and *bookings* are all of them: nothing is written that is not named here."""

    uses: tuple[Use, ...] = ()
    orders: tuple[Ordered, ...] = ()
    bookings: tuple[Booked, ...] = ()
    refused: tuple[str, ...] = ()  # tools that must not have worked
    ends: Ending = "goodbye"


@dataclass(frozen=True, slots=True)
class ShopHas:
    """A row that is there before he rings; his number is added."""

    what: Literal["orders", "bookings"]
    row: Mapping[str, Any]


Line = str | Interrupt | Press


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    says: Sequence[Line]
    expect: Expect
    answers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    language: Language = "uk"
    before: tuple[ShopHas, ...] = ()
    bye: str = "no_thanks"
    topic: str = ""  # its file's name, filled in by ``scripts``
