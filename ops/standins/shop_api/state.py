"""Everything of the shop that changes, and the customers it opens with (``customers.json``, dates told from today)."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path
from typing import Annotated

import msgspec

from ops.standins.shop_api.articles import Article
from ops.standins.shop_api.articles import load as load_articles
from ops.standins.shop_api.booking_book import BookingBook, Wish
from ops.standins.shop_api.catalogue import Catalogue
from ops.standins.shop_api.clock import Now
from ops.standins.shop_api.errors import ApiError
from ops.standins.shop_api.idempotency import Keys
from ops.standins.shop_api.order_book import Order, OrderBook, Status
from ops.standins.shop_api.phones import normal
from ops.standins.shop_api.places import Places, Service
from ops.standins.shop_api.places import load as load_places
from ops.standins.shop_api.shelf import Shelf

WRITES = ("orders", "confirmed", "bookings", "moved", "cancelled")
SEED = Path(__file__).with_name("customers.json")


class SeedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    product_id: str
    quantity: int = 4


class SeedOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order that is simply there; nothing is taken off the stock for it. Without a city it is picked up."""

    phone: str
    items: tuple[SeedItem, ...] = (SeedItem("T1012"),)
    order_number: str | None = None  # None = the next one
    name: str = "Покупець"
    status: Status = "in_transit"
    days_ago: int = 1
    arrives_in_days: int = 1
    tracking_number: str | None = None
    city: str | None = None
    address: str = ""
    pickup_point_id: str | None = None


class SeedBooking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A booking on the given open day from today: 1 is the next one that is no Sunday."""

    phone: str
    station_id: str = "st-kyiv-1"
    in_open_days: int = 2
    time: Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "10:00"
    service_type: Service = "tire_change"
    name: str = "Покупець"
    vehicle_info: str | None = None
    tire_diameter: int | None = 16


class Customers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    orders: tuple[SeedOrder, ...]
    bookings: tuple[SeedBooking, ...]


class Shop:
    """What all routers share. ``reset`` replaces everything that changes."""

    def __init__(self, catalogue: Catalogue, now: Now) -> None:
        self.catalogue = catalogue
        self.now = now
        self.places: Places = load_places()
        self.articles: tuple[Article, ...] = load_articles()
        self._customers = msgspec.json.decode(SEED.read_bytes(), type=Customers)
        self.reset()

    def reset(self) -> None:
        self.shelf = Shelf(self.catalogue)
        self.keys = Keys(self.now)
        self.orders = OrderBook(self.shelf, self.places, self.now)
        self.bookings = BookingBook(self.places, self.now)
        for order in self._customers.orders:
            self.add_order(order, "seed")
        for booking in self._customers.bookings:
            self.add_booking(booking, "seed")

    def add_order(self, seed: SeedOrder, origin: str) -> Order:
        """Raises ``ApiError`` for an unknown product or pickup point, or a number that is taken."""
        if seed.pickup_point_id is not None and self.places.point(seed.pickup_point_id) is None:
            raise ApiError(422, f"there is no pickup point {seed.pickup_point_id!r}", "unknown_pickup_point")
        wanted = {item.product_id: item.quantity for item in seed.items}
        order = self.orders.draft(seed.phone, seed.name, wanted, origin=origin, order_number=seed.order_number)
        if seed.pickup_point_id is not None:
            self.orders.pick_up(order, seed.pickup_point_id)
        elif seed.city is not None:
            self.orders.deliver(order, seed.city, seed.address)
        today = self.now().date()
        order.status, order.tracking_number = seed.status, seed.tracking_number
        order.created_at = self.now() - dt.timedelta(days=seed.days_ago)
        if seed.status != "draft":
            order.arrives = today + dt.timedelta(days=seed.arrives_in_days)
            order.payment_method = "cod"
        return order

    def add_booking(self, seed: SeedBooking, origin: str) -> dict[str, object]:
        """Raises ``ApiError`` when the slot cannot be had."""
        day = self.bookings.open_day(seed.in_open_days)
        time = dt.time.fromisoformat(seed.time)
        wish = Wish(seed.station_id, day, time, seed.service_type, seed.phone, seed.name, seed.vehicle_info, seed.tire_diameter)
        return self.bookings.book(wish, origin).shown()

    def written(self) -> dict[str, dict[str, int]]:
        """By phone, what was really done through the API, each time it took effect."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for order in self.orders.all():
            counts[order.phone].update(orders=int(order.origin == "api"), confirmed=self.orders.confirmations[order.id])
        for booking in self.bookings.all():
            counts[booking.wish.phone].update(
                bookings=int(booking.origin == "api"), moved=self.bookings.moves[booking.id], cancelled=int(booking.status == "cancelled")
            )
        return {phone: {name: count[name] for name in WRITES} for phone, count in counts.items() if count.total()}

    def written_by(self, phone: str) -> dict[str, int]:
        return self.written().get(normal(phone), dict.fromkeys(WRITES, 0))
