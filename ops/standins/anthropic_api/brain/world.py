"""What the tools brought: tyres, orders, places, hours and visits, read from their results whatever they call their fields."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Offer:
    """A tyre that a search brought."""

    id: str
    name: str
    size: str
    price: int  # UAH for one
    in_stock: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool brought back."""

    tool: str
    content: Mapping[str, Any]
    wanted: Mapping[str, Any] = field(default_factory=dict)  # the arguments it was used with

    @property
    def failed(self) -> bool:
        return "error" in self.content

    @property
    def error(self) -> str:
        return str(self.content.get("error", ""))


@dataclass(frozen=True, slots=True)
class Draft:
    """The order in the making."""

    id: str
    items: tuple[tuple[str, int], ...]  # tyre, how many
    total: int  # UAH, with delivery once that is known
    delivery: Mapping[str, str] = field(default_factory=dict)  # as it was given to the shop
    summary: str = ""  # in the shop's words, where it has some


@dataclass(frozen=True, slots=True)
class Place:
    """A fitting station or a pickup point."""

    id: str
    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name}, {self.address}" if self.address and self.address not in self.name else self.name


@dataclass(frozen=True, slots=True)
class Visit:
    """A booking of the caller's."""

    id: str
    station_id: str
    station: str
    date: str  # ISO
    time: str  # HH:MM
    service: str


@dataclass(slots=True)
class World:
    """As far as the conversation has shown it."""

    offers: Sequence[Offer] = ()  # of the last search that found some
    draft: Draft | None = None
    points: dict[str, list[Place]] = field(default_factory=dict)  # by city
    stations: dict[str, list[Place]] = field(default_factory=dict)
    slots: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # free hours by station and day
    visits: list[Visit] | None = None  # None: not asked yet

    def learn(self, result: Result) -> None:
        if result.failed:
            return
        wanted, content = result.wanted, result.content
        match result.tool:
            case "search_tires":
                self.offers = offers_in(result) or self.offers
            case "create_order_draft":
                items = tuple((str(i["tyre_id"]), int(i["quantity"])) for i in wanted.get("items", []))
                self.draft = Draft(_id(content, "order"), items, _total(content))
            case "update_order_delivery" if self.draft is not None:
                given = {key: str(value) for key, value in wanted.items() if key != "order_id"}
                self.draft = replace(
                    self.draft, delivery=given, total=_total(content) or self.draft.total, summary=str(content.get("summary", ""))
                )
            case "confirm_order":
                self.draft = None
            case "get_pickup_points":
                self.points[str(wanted.get("city", ""))] = places_in(content)
            case "get_fitting_stations":
                self.stations[str(wanted.get("city", ""))] = places_in(content)
            case "get_fitting_slots":
                asked_for = str(wanted.get("station_id", "")), str(wanted.get("date_from", ""))
                self.slots[asked_for] = []
                for day, hours in hours_in(content):
                    self.slots[asked_for[0], day] = hours
            case "get_customer_bookings":
                self.visits = visits_in(content)
            case "book_fitting" | "cancel_fitting":
                self.visits = None
                self.slots.clear()


def read_result(tool: str, wanted: Mapping[str, Any], block: Mapping[str, Any]) -> Result:
    content = block.get("content", "")
    text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
    try:
        value = json.loads(text)
    except ValueError:
        value = {"text": text}
    if not isinstance(value, dict):
        value = {"data": value}
    if block.get("is_error"):
        value.setdefault("error", text)
    return Result(tool, value, wanted)


def offers_in(result: Result) -> list[Offer]:
    """The tyres of a search's result, those in stock first: the first list of objects that have an id and a price."""
    for rows in _lists(result.content):
        if offers := [_offer(row) for row in rows if "id" in row and amount(row.get("price_uah", row.get("price", 0)))]:
            return sorted(offers, key=lambda offer: offer.in_stock <= 0)
    return []


def places_in(content: Mapping[str, Any]) -> list[Place]:
    return [_place(row) for rows in _lists(content) for row in rows if _id(row, "station", "point", "pickup_point")]


def hours_in(content: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Each day with its free hours."""
    for rows in _lists(content):
        for row in rows:
            hours = next((value for value in row.values() if isinstance(value, list)), [])
            free = [hour.get("time") if isinstance(hour, dict) else hour for hour in hours]
            yield _iso_day(row), [str(hour)[:5] for hour in free if hour]


def visits_in(content: Mapping[str, Any]) -> list[Visit]:
    return [
        _visit(row) for rows in _lists(content) for row in rows if row.get("status", "booked") not in ("cancelled", "done", "скасовано")
    ]


def amount(told: Any) -> int:
    """ "6290 грн" as a number; 0 where there is none."""
    found = re.search(r"\d[\d\s]*(?:\.\d+)?", str(told))
    return round(float(re.sub(r"\s", "", found[0]))) if found else 0


def _lists(content: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    for value in content.values():
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            yield value


def _offer(row: Mapping[str, Any]) -> Offer:
    name = row.get("name") or f"{row.get('brand', '')} {row.get('model', '')}".strip()
    stock = row.get("stock_quantity", row.get("in_stock", 0))
    return Offer(str(row["id"]), str(name), str(row.get("size", "")), amount(row.get("price_uah", row.get("price", 0))), int(stock))


def _place(row: Mapping[str, Any]) -> Place:
    address = str(row.get("address", ""))
    return Place(_id(row, "station", "point", "pickup_point"), str(row.get("name") or address), address)


def _visit(row: Mapping[str, Any]) -> Visit:
    station = row.get("station_name") or row.get("station") or row.get("address") or ""
    return Visit(
        _id(row, "booking"),
        str(row.get("station_id", "")),
        str(station),
        _iso_day(row),
        str(row.get("time", ""))[:5],
        str(row.get("service_type") or row.get("service") or ""),
    )


def _iso_day(row: Mapping[str, Any]) -> str:
    for value in row.values():
        if found := re.match(r"\d{4}-\d{2}-\d{2}", str(value)):
            return dt.date.fromisoformat(found[0]).isoformat()
    return str(row.get("date") or row.get("day") or "")


def _id(row: Mapping[str, Any], *kinds: str) -> str:
    keys = (*(f"{kind}_id" for kind in kinds), "id")
    return next((str(row[key]) for key in keys if row.get(key)), "")


def _total(content: Mapping[str, Any]) -> int:
    keys = ("total_uah", "total", "total_with_delivery", "subtotal_uah", "subtotal")
    return next((amount(content[key]) for key in keys if content.get(key)), 0)
