"""The shop's fitting stations over HTTP: ``agent.shop.Fitting``. Writes here have no Idempotency-Key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypeGuard, get_args

import msgspec

from agent.adapters.shop_answers import ClockTime, Id, Money, Page, clock_time, given, phone_of, segment
from agent.adapters.shop_transport import Ask, ShopTransport
from agent.shop import Booking, BookingWish, DaySlots, FittingPrice, Service, Station


class StationRow(msgspec.Struct, frozen=True):
    id: Id
    name: str
    city: str
    address: str

    def station(self) -> Station:
        return Station(str(self.id), self.name, self.city, self.address)


class TimeRow(msgspec.Struct, frozen=True):
    time: ClockTime
    available: bool


class DayRow(msgspec.Struct, frozen=True):
    date: dt.date
    times: list[TimeRow]

    def day(self) -> DaySlots:
        return DaySlots(self.date, tuple(sorted(clock_time(slot.time) for slot in self.times if slot.available)))


class Slots(msgspec.Struct, frozen=True):
    """GET /fitting/stations/{id}/slots"""

    slots: list[DayRow]


class PriceRow(msgspec.Struct, frozen=True):
    service_type: str  # the shop may price what we do not book
    tire_diameter: int
    price: Money


class BookingRow(msgspec.Struct, frozen=True):
    id: Id
    station_id: Id
    date: dt.date
    time: ClockTime
    service_type: Service
    phone: str
    status: str
    station_name: str = ""

    def booking(self) -> Booking:
        return Booking(
            id=str(self.id),
            station_id=str(self.station_id),
            station_name=self.station_name,
            date=self.date,
            time=clock_time(self.time),
            service=self.service_type,
            phone=phone_of(self.phone),
            status=self.status,
        )


class HttpFitting:
    def __init__(self, transport: ShopTransport) -> None:
        self._transport = transport

    async def stations(self, city: str | None, *, request_id: str) -> Sequence[Station]:
        rows = await self._transport.rows(Ask("GET", "/fitting/stations", request_id, given({"city": city})), Page[StationRow])
        return [row.station() for row in rows]

    async def slots(
        self, station_id: str, *, date_from: dt.date, date_to: dt.date, service: Service, request_id: str
    ) -> Sequence[DaySlots]:
        """Day by day with the free times in order; a full day has none."""
        window = {"date_from": date_from.isoformat(), "date_to": date_to.isoformat(), "service_type": service}
        ask = Ask("GET", f"/fitting/stations/{segment(station_id)}/slots", request_id, window)
        return [row.day() for row in sorted((await self._transport.answer(ask, Slots)).slots, key=lambda row: row.date)]

    async def prices(self, *, station_id: str | None, diameter: int | None, request_id: str) -> Sequence[FittingPrice]:
        ask = Ask("GET", "/fitting/prices", request_id, given({"station_id": station_id, "tire_diameter": diameter}))
        rows = await self._transport.rows(ask, Page[PriceRow])
        return [FittingPrice(row.service_type, row.tire_diameter, round(row.price)) for row in rows if _ours(row.service_type)]

    async def bookings_of(self, phone: str, *, request_id: str) -> Sequence[Booking]:
        rows = await self._transport.rows(Ask("GET", _BOOKINGS, request_id, {"phone": phone_of(phone)}), Page[BookingRow])
        return [row.booking() for row in rows]

    async def book(self, wish: BookingWish, *, request_id: str) -> Booking:
        """Raises ``ShopFailed``; with ``outcome_unknown`` read the bookings back."""
        return (await self._transport.answer(Ask("POST", _BOOKINGS, request_id, body=_body(wish)), BookingRow)).booking()

    async def move(self, booking_id: str, wish: BookingWish, *, request_id: str) -> Booking:
        """Raises ``ShopFailed``; with ``outcome_unknown`` read the bookings back."""
        ask = Ask("PATCH", f"{_BOOKINGS}/{segment(booking_id)}", request_id, body=_body(wish))
        return (await self._transport.answer(ask, BookingRow)).booking()

    async def cancel(self, booking_id: str, *, request_id: str) -> None:
        """Raises ``ShopFailed``; with ``outcome_unknown`` read the bookings back."""
        await self._transport.send(Ask("DELETE", f"{_BOOKINGS}/{segment(booking_id)}", request_id))


_BOOKINGS = "/fitting/bookings"
_SERVICES = frozenset(get_args(Service))


def _ours(service: str) -> TypeGuard[Service]:
    return service in _SERVICES


def _body(wish: BookingWish) -> dict[str, Any]:
    return given(
        {
            "station_id": wish.station_id,
            "date": wish.date.isoformat(),
            "time": wish.time.strftime("%H:%M"),
            "service_type": wish.service,
            "phone": phone_of(wish.phone),
            "name": wish.name,
            "vehicle_info": wish.vehicle_info,
            "tire_diameter": wish.tire_diameter,
            "linked_order_id": wish.linked_order_id,
        }
    )
