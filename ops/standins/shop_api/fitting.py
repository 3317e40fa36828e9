"""/fitting/stations, their slots, /fitting/prices and /fitting/bookings."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ops.standins.shop_api.booking_book import Wish
from ops.standins.shop_api.errors import ApiError, told
from ops.standins.shop_api.orders import InCity
from ops.standins.shop_api.paging import Asked, Page, page_of
from ops.standins.shop_api.phones import Phone
from ops.standins.shop_api.places import Service, Station
from ops.standins.shop_api.state import Shop

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Diameter = Annotated[int, Field(ge=13, le=22)]
Name = Annotated[str, StringConstraints(max_length=100)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=50)]
VehicleInfo = Annotated[str, StringConstraints(max_length=200)]
WEEK = dt.timedelta(days=6)
LONGEST = dt.timedelta(days=31)


class SlotsAsked(Asked):
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    service_type: Service | None = None


class PricesAsked(Asked):
    station_id: str | None = Field(None, min_length=1)
    tire_diameter: Diameter | None = None


class CustomerAsked(Asked):
    phone: Phone


class StationRow(BaseModel):
    id: str
    name: str
    city: str
    address: str
    services: list[Service]


class Time(BaseModel):
    time: Clock
    available: bool


class Day(BaseModel):
    date: dt.date
    times: list[Time]


class Slots(BaseModel):
    station_id: str
    slots: list[Day]


class Price(BaseModel):
    """UAH for four wheels."""

    station_id: str
    service_type: Service
    tire_diameter: int
    price: int


class Prices(BaseModel):
    data: list[Price]


class NewBooking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    station_id: Id
    date: dt.date
    time: Clock
    service_type: Service
    phone: Phone
    name: Name = ""
    vehicle_info: VehicleInfo | None = None
    tire_diameter: Diameter | None = None
    linked_order_id: Id | None = None


def _absent() -> Any:
    """A default that the OpenAPI page does not show, as null is no value of these."""
    return None


class BookingChange(BaseModel):
    """What is not given stays as it is."""

    model_config = ConfigDict(extra="forbid")

    station_id: Id = Field(default_factory=_absent)
    date: dt.date = Field(default_factory=_absent)
    time: Clock = Field(default_factory=_absent)
    service_type: Service = Field(default_factory=_absent)
    phone: Phone = Field(default_factory=_absent)
    name: Name = Field(default_factory=_absent)
    vehicle_info: VehicleInfo | None = None
    tire_diameter: Diameter | None = None
    linked_order_id: Id | None = None


class BookingRow(BaseModel):
    id: str
    station_id: str
    station_name: str
    date: dt.date
    time: Clock
    service_type: Service
    phone: str
    name: str
    vehicle_info: str | None
    tire_diameter: int | None
    linked_order_id: str | None
    status: Literal["booked", "cancelled"]


def router(shop: Shop) -> APIRouter:
    routes = APIRouter(prefix="/fitting", tags=["fitting"])

    def station_or_404(station_id: str) -> Station:
        station = shop.places.station(station_id)
        if station is None:
            raise ApiError(404, f"there is no station {station_id!r}")
        return station

    def known_order(order_id: str | None) -> None:
        if order_id is not None and all(order.id != order_id for order in shop.orders.all()):
            raise ApiError(422, f"there is no order {order_id!r}", "unknown_order")

    @routes.get("/stations", response_model=Page[StationRow], responses=told())
    async def stations(query: Annotated[InCity, Query()]) -> dict[str, Any]:
        found = [station for station in shop.places.stations if shop.places.in_city(station.city, query.city)]
        return page_of([StationRow.model_validate(station, from_attributes=True) for station in found])

    @routes.get("/stations/{station_id}/slots", response_model=Slots, responses=told(404))
    async def slots(station_id: str, query: Annotated[SlotsAsked, Query()]) -> dict[str, Any]:
        """From today and for a week unless told; closed days and days for which no slots are given out are left out."""
        station = station_or_404(station_id)
        if query.service_type is not None and query.service_type not in station.services:
            raise ApiError(422, f"{station.id} does not do {query.service_type}", "service_not_offered")
        first = query.date_from or shop.now().date()
        last = query.date_to or min(first, dt.date.max - WEEK) + WEEK
        if not dt.timedelta(0) <= last - first <= LONGEST:
            raise ApiError(422, f"date_to must be 0 to {LONGEST.days} days after date_from", "bad_period")
        return {"station_id": station.id, "slots": shop.bookings.slots(station, first, last)}

    @routes.get("/prices", response_model=Prices, responses=told(404))
    async def prices(query: Annotated[PricesAsked, Query()]) -> dict[str, Any]:
        asked = shop.places.stations if query.station_id is None else [station_or_404(query.station_id)]
        rows = [
            {"station_id": station.id, "service_type": service, "tire_diameter": diameter, "price": price}
            for station in asked
            for service in station.services
            for diameter, price in shop.places.prices[service].items()
            if query.tire_diameter in (None, diameter)
        ]
        return {"data": rows}

    @routes.get("/bookings", response_model=Page[BookingRow], responses=told())
    async def of_customer(query: Annotated[CustomerAsked, Query()]) -> dict[str, Any]:
        """All of a customer's, the cancelled ones too, in the order in which they were made."""
        return page_of([booking.shown() for booking in shop.bookings.of(query.phone)])

    @routes.post("/bookings", response_model=BookingRow, status_code=201, responses=told(400))
    async def book(body: NewBooking) -> dict[str, Any]:
        known_order(body.linked_order_id)
        return shop.bookings.book(Wish(**_typed(body.model_dump()))).shown()

    @routes.patch("/bookings/{booking_id}", response_model=BookingRow, responses=told(400, 404))
    async def change(booking_id: str, body: BookingChange) -> dict[str, Any]:
        booking = shop.bookings.get(booking_id)
        given = body.model_dump(exclude_unset=True)
        known_order(given.get("linked_order_id"))
        shop.bookings.move(booking, replace(booking.wish, **_typed(given)))
        return booking.shown()

    @routes.delete("/bookings/{booking_id}", status_code=204, responses=told(404))
    async def cancel(booking_id: str) -> None:
        """Once: of a booking that was cancelled before there is nothing left to cancel, 404."""
        shop.bookings.cancel(shop.bookings.get(booking_id))

    return routes


def _typed(given: dict[str, Any]) -> dict[str, Any]:
    """*given* with its time as a time of day."""
    return {name: dt.time.fromisoformat(value) if name == "time" else value for name, value in given.items()}
