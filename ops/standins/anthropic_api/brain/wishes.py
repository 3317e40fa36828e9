"""What a caller told about his order or visit, apart from the tyres themselves; grows from utterance to utterance."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, fields, replace

from ops.standins.anthropic_api.brain import details
from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.moments import day_in, time_in
from ops.standins.anthropic_api.brain.numbers import plain
from ops.standins.anthropic_api.brain.places import address_in, city_in

_HOW_MANY = {Ask.QUANTITY, Ask.CONFIRM_ORDER, Ask.CHANGE_ORDER}


@dataclass(frozen=True, slots=True)
class Wishes:
    """None = not said."""

    quantity: int | None = None
    name: str | None = None
    phone: str | None = None
    delivery: str | None = None  # courier, pickup
    city: str | None = None
    address: str | None = None
    payment: str | None = None  # cod, online
    order_number: str | None = None
    date: dt.date | None = None
    time: dt.time | None = None
    service: str | None = None
    diameter: int | None = None

    def updated(self, newer: Wishes) -> Wishes:
        """With what was said later; another city forgets the street."""
        base = replace(self, address=None) if newer.city and newer.city != self.city else self
        return replace(base, **{f.name: value for f in fields(newer) if (value := getattr(newer, f.name)) is not None})

    def with_number(self, said: str) -> Wishes:
        return replace(self, order_number=details.number_in(said))

    def typed(self, said: str) -> bool:
        """Digits alone that answer no question of ours: typed, and so an order's number."""
        return bool(re.fullmatch(r"[\d\s-]{4,12}", said)) and self == Wishes()


def wishes_in(said: str, asked: Ask | None, *, today: dt.date, ordering: bool, visiting: bool) -> Wishes:
    """Only what belongs to what is under way: an hour is no amount, a street no name."""
    address = address_in(said, asked=asked is Ask.ADDRESS) if ordering else None
    delivery = details.delivery_in(said) if ordering else None
    return Wishes(
        quantity=details.quantity_in(said, asked=asked in _HOW_MANY) if (ordering and not address) or asked is Ask.QUANTITY else None,
        name=details.name_in(said, asked=asked is Ask.NAME),
        phone=details.phone_in(said) if asked is Ask.PHONE else None,
        delivery=delivery or ("courier" if address else None),
        city=city_in(said),
        address=address,
        payment=details.payment_in(said) if ordering else None,
        date=day_in(said, today) if visiting or asked is Ask.DAY else None,
        time=time_in(said, asked=asked is Ask.HOUR or _only_a_number(said)) if visiting or asked is Ask.HOUR else None,
        service=details.service_in(said),
        diameter=details.diameter_in(said, asked=asked is Ask.DIAMETER),
    )


def _only_a_number(said: str) -> bool:
    return bool(re.fullmatch(r"(?:(?:ні|нет|так|да|краще|лучше|давайте|на|о|,) )*\d{1,2}", plain(said).strip(" .!")))
