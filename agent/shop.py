"""What the shop offers: values in and out, and one port per topic. Prices are whole UAH, dates and times are the shop's local ones.

    Shop ─┬─ tyres     catalogue, stock, a car's sizes      reads
          ├─ orders    draft ─► delivery ─► confirmed       writes: through ``agent.once`` alone
          └─ fitting   stations, slots, prices, bookings    writes: through ``agent.once`` alone

Every method raises ``ShopFailed``; its ``outcome_unknown`` tells whether a write may have happened. ``request_id`` travels to the shop
and into the logs. Source: the shop's API, /api/v1.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Season = Literal["summer", "winter", "all_season"]
Payment = Literal["cod", "online"]
Service = Literal["tire_change", "balancing", "alignment", "storage"]


@dataclass(frozen=True, slots=True)
class TyreQuery:
    width: int | None = None
    profile: int | None = None
    diameter: int | None = None
    season: Season | None = None
    brand: str | None = None
    vehicle_make: str | None = None
    vehicle_model: str | None = None
    vehicle_year: int | None = None
    max_price_uah: int | None = None


@dataclass(frozen=True, slots=True)
class Tyre:
    id: str
    brand: str
    model: str
    size: str  # "215/55 R17"
    season: str
    price_uah: int
    in_stock: bool
    stock_quantity: int


@dataclass(frozen=True, slots=True)
class Stock:
    warehouse: str
    quantity: int
    available_from: str | None  # ISO date; None = now


class Tyres(Protocol):
    async def search_tyres(self, query: TyreQuery, *, request_id: str) -> Sequence[Tyre]:
        """In stock first. A car without a size is looked up by its factory sizes; an unknown car is status 404."""

    async def vehicle_sizes(self, make: str, model: str, year: int, *, request_id: str) -> Sequence[str]:
        """The factory's sizes, its first choice first: "215/55 R17"; an unknown car is status 404."""

    async def availability(self, tyre_id: str, *, request_id: str) -> Sequence[Stock]: ...


@dataclass(frozen=True, slots=True)
class OrderItem:
    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """To an address, or to a pickup point; never both."""

    city: str | None = None
    address: str | None = None
    pickup_point_id: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    id: str
    number: str  # as customers know it
    phone: str  # of the customer who owns it
    status: str  # draft, confirmed, ...
    status_label: str  # the same in Ukrainian
    total_uah: int  # with delivery as far as it is known
    items_summary: str
    delivery: Delivery | None = None
    delivery_cost_uah: int | None = None
    estimated_days: int | None = None
    estimated_delivery: str | None = None  # ISO date
    tracking_number: str | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    phone: str
    name: str
    items: tuple[OrderItem, ...]
    call_id: str


@dataclass(frozen=True, slots=True)
class PickupPoint:
    id: str
    name: str
    city: str
    address: str


class Orders(Protocol):
    async def orders_of(self, phone: str, *, request_id: str) -> Sequence[Order]:
        """The customer's orders, the newest first."""

    async def find_order(self, number: str, *, request_id: str) -> Order | None:
        """By the number that customers know. Whose it is is the caller's business to check (``Order.phone``)."""

    async def order(self, order_id: str, *, request_id: str) -> Order: ...

    async def create_order(self, draft: OrderDraft, *, idempotency_key: uuid.UUID, request_id: str) -> Order:
        """Idempotent for 24 h by its key."""

    async def set_delivery(self, order_id: str, delivery: Delivery, *, request_id: str) -> Order:
        """No Idempotency-Key here: an unknown outcome is settled by ``order``."""

    async def confirm_order(
        self, order_id: str, *, payment: Payment, name: str, sms: bool, idempotency_key: uuid.UUID, request_id: str
    ) -> Order:
        """Idempotent for 24 h by its key."""

    async def pickup_points(self, city: str | None, *, request_id: str) -> Sequence[PickupPoint]: ...


@dataclass(frozen=True, slots=True)
class Station:
    id: str
    name: str
    city: str
    address: str


@dataclass(frozen=True, slots=True)
class DaySlots:
    date: dt.date
    free: tuple[dt.time, ...]


@dataclass(frozen=True, slots=True)
class FittingPrice:
    service: Service
    diameter: int
    price_uah: int


@dataclass(frozen=True, slots=True)
class BookingWish:
    """Who comes when, for what."""

    station_id: str
    date: dt.date
    time: dt.time
    service: Service
    phone: str
    name: str
    vehicle_info: str | None = None
    tire_diameter: int | None = None
    linked_order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    id: str
    station_id: str
    station_name: str
    date: dt.date
    time: dt.time
    service: Service
    phone: str
    status: str  # booked, cancelled, done


class Fitting(Protocol):
    """Bookings have no Idempotency-Key: an unknown outcome is settled by ``bookings_of``."""

    async def stations(self, city: str | None, *, request_id: str) -> Sequence[Station]: ...

    async def slots(
        self, station_id: str, *, date_from: dt.date, date_to: dt.date, service: Service, request_id: str
    ) -> Sequence[DaySlots]: ...

    async def prices(self, *, station_id: str | None, diameter: int | None, request_id: str) -> Sequence[FittingPrice]: ...

    async def bookings_of(self, phone: str, *, request_id: str) -> Sequence[Booking]:
        """All of a customer's, cancelled ones too."""

    async def book(self, wish: BookingWish, *, request_id: str) -> Booking: ...

    async def move(self, booking_id: str, wish: BookingWish, *, request_id: str) -> Booking: ...

    async def cancel(self, booking_id: str, *, request_id: str) -> None: ...


class Shop(Protocol):
    @property
    def tyres(self) -> Tyres: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def fitting(self) -> Fitting: ...
