"""Bookings at the fitting stations, without HTTP: one car a slot, from 9 to 18, not on Sundays, two weeks ahead.

booked ── moved ──► booked ── cancelled ──► cancelled: its id is gone for PATCH and DELETE, its row stays in the customer's list
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ops.standins.shop_api.clock import Now
from ops.standins.shop_api.errors import ApiError
from ops.standins.shop_api.phones import normal
from ops.standins.shop_api.places import Places, Service, Station


@dataclass(frozen=True, slots=True)
class Wish:
    station_id: str
    date: dt.date
    time: dt.time
    service_type: Service
    phone: str
    name: str = ""
    vehicle_info: str | None = None
    tire_diameter: int | None = None
    linked_order_id: str | None = None

    @property
    def slot(self) -> tuple[str, dt.date, dt.time]:
        return self.station_id, self.date, self.time


@dataclass(slots=True)
class Booking:
    id: str
    wish: Wish
    station_name: str
    origin: str  # seed, control or api
    status: Literal["booked", "cancelled"] = "booked"

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        wish = {**asdict(self.wish), "time": f"{self.wish.time:%H:%M}"}
        return {"id": self.id, "station_name": self.station_name, "status": self.status, **wish}


class BookingBook:
    """All bookings; every method that refuses raises ``ApiError`` and has changed nothing."""

    def __init__(self, places: Places, now: Now) -> None:
        self._places, self._now = places, now
        self._bookings: dict[str, Booking] = {}
        self.moves: Counter[str] = Counter()  # by booking id

    def all(self) -> list[Booking]:
        """In the order in which they were made."""
        return list(self._bookings.values())

    def of(self, phone: str) -> list[Booking]:
        return [booking for booking in self.all() if booking.wish.phone == normal(phone)]

    def get(self, booking_id: str) -> Booking:
        booking = self._bookings.get(booking_id)
        if booking is None or booking.status == "cancelled":
            raise ApiError(404, f"there is no booking {booking_id!r}, or it was cancelled")
        return booking

    def book(self, wish: Wish, origin: str = "api") -> Booking:
        wish = replace(wish, phone=normal(wish.phone))
        station = self._checked(wish, None)
        booking = Booking(f"bk-{len(self._bookings) + 5001}", wish, station.name, origin)
        self._bookings[booking.id] = booking
        return booking

    def move(self, booking: Booking, wish: Wish) -> None:
        """Any part of it may be another: the station, the time, the car."""
        wish = replace(wish, phone=normal(wish.phone))
        booking.station_name = self._checked(wish, booking).name
        booking.wish = wish
        self.moves[booking.id] += 1

    def cancel(self, booking: Booking) -> None:
        booking.status = "cancelled"

    def slots(self, station: Station, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
        """The open days from *first* to *last* with all their times, the free ones marked."""
        taken = self._taken(None)
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        return [
            {
                "date": day,
                "times": [
                    {"time": f"{time:%H:%M}", "available": (station.id, day, time) not in taken and not self._past(day, time)}
                    for time in self._places.times(station)
                ],
            }
            for day in days
            if self._places.open_on(day) and self._today <= day <= self._last_day
        ]

    def open_day(self, number: int) -> dt.date:
        """The *number*-th day from today on which the stations work; 1 is the next."""
        day = self._today
        while number > 0:
            day += dt.timedelta(days=1)
            number -= self._places.open_on(day)
        return day

    def _checked(self, wish: Wish, moved: Booking | None) -> Station:
        station = self._places.station(wish.station_id)
        if station is None:
            raise ApiError(422, f"there is no station {wish.station_id!r}", "unknown_station")
        if wish.service_type not in station.services:
            raise ApiError(422, f"{station.id} does not do {wish.service_type}", "service_not_offered")
        if self._past(wish.date, wish.time) and (moved is None or wish.slot != moved.wish.slot):
            raise ApiError(422, "this time is over", "slot_in_past")
        if wish.date > self._last_day:
            raise ApiError(422, f"slots are given out until {self._last_day}", "slot_too_far")
        if not self._places.open_on(wish.date) or wish.time not in self._places.times(station):
            raise ApiError(422, "the station has no such slot", "no_such_slot")
        if wish.slot in self._taken(moved):
            raise ApiError(422, "this slot is taken", "slot_taken")
        return station

    def _taken(self, but: Booking | None) -> set[tuple[str, dt.date, dt.time]]:
        return {booking.wish.slot for booking in self._bookings.values() if booking.status == "booked" and booking is not but}

    def _past(self, day: dt.date, time: dt.time) -> bool:
        return dt.datetime.combine(day, time) <= self._now()

    @property
    def _today(self) -> dt.date:
        return self._now().date()

    @property
    def _last_day(self) -> dt.date:
        return self._today + dt.timedelta(days=self._places.days_ahead)
