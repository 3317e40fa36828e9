"""What the shop's answers have in common. What is read is typed and checked, what we do not read may change.

The shop writes a number as a number or as a string: everything here is decoded with ``strict=False``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from agent.phone import normalise

RowT = TypeVar("RowT")

Id = str | int
Quantity = Annotated[int, msgspec.Meta(ge=0)]
Money = Annotated[float, msgspec.Meta(ge=0, lt=10_000_000)]  # UAH; kopecks are not spoken
Price = Annotated[float, msgspec.Meta(gt=0, lt=1_000_000)]  # UAH for one thing that is sold
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]


class Pagination(msgspec.Struct, frozen=True):
    total_pages: int = 1


class Page(msgspec.Struct, Generic[RowT], frozen=True):
    data: list[RowT]
    pagination: Pagination = Pagination()


def phone_of(number: str) -> str:
    """One form for a customer's number, there and back; what cannot be read as a number stays as it is."""
    return normalise(number) or number


def clock_time(time: ClockTime) -> dt.time:
    return dt.time.fromisoformat(time)


def segment(part: str) -> str:
    """An id as one part of a path, whatever is in it."""
    return quote(part, safe="")


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
