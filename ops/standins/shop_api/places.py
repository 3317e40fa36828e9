"""Where the shop is and what it charges there, read from ``places.json``; typed, immutable, checked when it is loaded."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import msgspec

SEED = Path(__file__).with_name("places.json")

Service = Literal["tire_change", "balancing", "alignment", "storage"]
SUNDAY = 6


class City(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    also: tuple[str, ...]  # as Russian speakers and Latin letters have it
    days: int  # until an order arrives


class PickupPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    city: str
    address: str


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    city: str
    address: str
    services: tuple[Service, ...]
    slot_minutes: int


class Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cities: tuple[City, ...]
    other_city_days: int
    delivery_uah_a_tyre: int
    delivery_free_from_uah: int  # of the goods
    pickup_points: tuple[PickupPoint, ...]
    stations: tuple[Station, ...]
    opens: dt.time
    closes: dt.time
    days_ahead: int  # slots are given out for so many days, today not counted
    prices: dict[Service, dict[int, int]]  # UAH for four wheels, by diameter in inches

    def __post_init__(self) -> None:
        used = {point.city for point in self.pickup_points} | {station.city for station in self.stations}
        strays = used - {city.name for city in self.cities}
        if strays:
            raise ValueError(f"unknown cities: {sorted(strays)}")

    def city_named(self, said: str) -> str:
        """The shop's name of a city, or *said* itself when it has none: "Киев" -> "Київ"."""
        wanted = _plain(said)
        return next((c.name for c in self.cities if wanted in map(_plain, (c.name, *c.also))), said.strip())

    def in_city(self, place_city: str, said: str | None) -> bool:
        return said is None or _plain(place_city) == _plain(self.city_named(said))

    def delivery_days(self, said: str) -> int:
        name = self.city_named(said)
        return next((c.days for c in self.cities if c.name == name), self.other_city_days)

    def delivery_cost(self, tyres: int, subtotal_uah: int) -> int:
        """UAH to an address; a pickup costs nothing."""
        return 0 if subtotal_uah >= self.delivery_free_from_uah else tyres * self.delivery_uah_a_tyre

    def point(self, point_id: str) -> PickupPoint | None:
        return next((point for point in self.pickup_points if point.id == point_id), None)

    def station(self, station_id: str) -> Station | None:
        return next((station for station in self.stations if station.id == station_id), None)

    def open_on(self, day: dt.date) -> bool:
        return day.weekday() != SUNDAY

    def times(self, station: Station) -> list[dt.time]:
        """When work may begin at *station* on an open day; the last of it ends at closing time."""
        opens, closes = (t.hour * 60 + t.minute for t in (self.opens, self.closes))
        return [dt.time(*divmod(minute, 60)) for minute in range(opens, closes - station.slot_minutes + 1, station.slot_minutes)]


def _plain(name: str) -> str:
    return name.strip().removeprefix("м.").strip().casefold()


def load(path: Path = SEED) -> Places:
    """Raises ``msgspec.ValidationError`` naming the field that is wrong."""
    return msgspec.json.decode(path.read_bytes(), type=Places)
