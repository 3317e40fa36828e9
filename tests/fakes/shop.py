"""A shop that keeps what it is told: orders and bookings live in it, idempotency keys hold, and it fails or loses answers when told to."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from agent.errors import ShopFailed
from agent.shop import (
    Booking,
    BookingWish,
    DaySlots,
    Delivery,
    FittingPrice,
    Order,
    OrderDraft,
    Payment,
    PickupPoint,
    Service,
    Station,
    Stock,
    Tyre,
    TyreQuery,
)

X_ICE = Tyre("t1", "Michelin", "X-Ice Snow", "215/55 R17", "winter", 4500, True, 12)
STOCKS = (Stock("Київ", 8, None), Stock("Львів", 4, "2030-01-15"))
PICKUP_POINTS = (PickupPoint("p1", "Поштомат 12", "Київ", "вул. Хрещатик, 1"),)
STATIONS = (Station("s1", "Шиномонтаж на Подолі", "Київ", "вул. Нижній Вал, 5"),)
HOURS = tuple(dt.time(hour) for hour in range(9, 18))
DELIVERY_UAH = 150
FITTING_UAH = 1_200


class FakeShop:
    """*writes* are the requests that changed something, in order; *read* are the phones and ids whose data it gave out."""

    def __init__(self, *, offers: Sequence[Tyre] = (X_ICE,), stocks: Sequence[Stock] = STOCKS, latency_s: float = 0.2) -> None:
        self.offers = list(offers)
        self.stocks = stocks
        self.latency_s = latency_s
        self.fails: Exception | None = None  # before anything happens
        self.loses_answers = False  # the work is done, nobody learns it
        self.queries: list[TyreQuery] = []
        self.request_ids: list[str] = []
        self.placed: dict[str, Order] = {}
        self.booked: dict[str, Booking] = {}
        self.writes: list[tuple[str, str]] = []
        self.read: list[str] = []
        self.tyres = _Tyres(self)
        self.orders = _Orders(self)
        self.fitting = _Fitting(self)
        self._first_answers: dict[uuid.UUID, Order] = {}

    async def work(self, request_id: str) -> None:
        self.request_ids.append(request_id)
        await asyncio.sleep(self.latency_s)
        if self.fails is not None:
            raise self.fails

    def wrote(self, what: str, which: str) -> None:
        self.writes.append((what, which))
        if self.loses_answers:
            raise ShopFailed("the answer was lost", outcome_unknown=True)

    def once(self, key: uuid.UUID, act: Callable[[], Order]) -> Order:
        """The first answer to *key*; a lost one is remembered as well."""
        if key not in self._first_answers:
            order = act()
            self.placed[order.id] = self._first_answers[key] = order
            self.wrote("confirm_order" if order.status == "confirmed" else "create_order", order.id)
        return self._first_answers[key]

    def order(self, order_id: str) -> Order:
        if order_id not in self.placed:
            raise ShopFailed("no such order", status=404)
        return self.placed[order_id]

    def booking(self, booking_id: str) -> Booking:
        if booking_id not in self.booked:
            raise ShopFailed("no such booking", status=404)
        return self.booked[booking_id]


class _Tyres:
    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop

    async def search_tyres(self, query: TyreQuery, *, request_id: str) -> Sequence[Tyre]:
        self._shop.queries.append(query)
        await self._shop.work(request_id)
        return self._shop.offers

    async def vehicle_sizes(self, make: str, model: str, year: int, *, request_id: str) -> Sequence[str]:
        await self._shop.work(request_id)
        if (make, model) != ("Toyota", "Camry"):
            raise ShopFailed("no such car", status=404)
        return ("215/55 R17", "235/45 R18")

    async def availability(self, tyre_id: str, *, request_id: str) -> Sequence[Stock]:
        await self._shop.work(request_id)
        return self._shop.stocks


class _Orders:
    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop

    async def orders_of(self, phone: str, *, request_id: str) -> Sequence[Order]:
        await self._shop.work(request_id)
        self._shop.read.append(phone)
        return [order for order in reversed(self._shop.placed.values()) if order.phone == phone]

    async def find_order(self, number: str, *, request_id: str) -> Order | None:
        await self._shop.work(request_id)
        self._shop.read.append(number)
        return next((order for order in self._shop.placed.values() if order.number == number), None)

    async def order(self, order_id: str, *, request_id: str) -> Order:
        await self._shop.work(request_id)
        self._shop.read.append(order_id)
        return self._shop.order(order_id)

    async def create_order(self, draft: OrderDraft, *, idempotency_key: uuid.UUID, request_id: str) -> Order:
        await self._shop.work(request_id)
        return self._shop.once(idempotency_key, lambda: self._drafted(draft))

    def _drafted(self, draft: OrderDraft) -> Order:
        tyres = {tyre.id: tyre for tyre in self._shop.offers}
        if any(item.product_id not in tyres for item in draft.items):
            raise ShopFailed("no such product", status=422)
        count = len(self._shop.placed) + 1
        return Order(
            id=f"order-{count}",
            number=f"10{count:02}",
            phone=draft.phone,
            status="draft",
            status_label="чернетка",
            total_uah=sum(tyres[item.product_id].price_uah * item.quantity for item in draft.items),
            items_summary=", ".join(
                f"{tyres[item.product_id].brand} {tyres[item.product_id].model}, {item.quantity} шт." for item in draft.items
            ),
        )

    async def set_delivery(self, order_id: str, delivery: Delivery, *, request_id: str) -> Order:
        await self._shop.work(request_id)
        order = self._shop.order(order_id)
        total_uah = order.total_uah - (order.delivery_cost_uah or 0) + DELIVERY_UAH
        order = dataclasses.replace(order, delivery=delivery, delivery_cost_uah=DELIVERY_UAH, total_uah=total_uah, estimated_days=2)
        self._shop.placed[order_id] = order
        self._shop.wrote("set_delivery", order_id)
        return order

    async def confirm_order(
        self, order_id: str, *, payment: Payment, name: str, sms: bool, idempotency_key: uuid.UUID, request_id: str
    ) -> Order:
        await self._shop.work(request_id)
        confirmed = dataclasses.replace(self._shop.order(order_id), status="confirmed", status_label="підтверджено")
        return self._shop.once(idempotency_key, lambda: confirmed)

    async def pickup_points(self, city: str | None, *, request_id: str) -> Sequence[PickupPoint]:
        await self._shop.work(request_id)
        return [point for point in PICKUP_POINTS if city in (None, point.city)]


class _Fitting:
    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop

    async def stations(self, city: str | None, *, request_id: str) -> Sequence[Station]:
        await self._shop.work(request_id)
        return [station for station in STATIONS if city in (None, station.city)]

    async def slots(
        self, station_id: str, *, date_from: dt.date, date_to: dt.date, service: Service, request_id: str
    ) -> Sequence[DaySlots]:
        await self._shop.work(request_id)
        days = [date_from + dt.timedelta(days=day) for day in range((date_to - date_from).days + 1)]
        return [DaySlots(day, tuple(hour for hour in HOURS if not self._taken(station_id, day, hour))) for day in days]

    async def prices(self, *, station_id: str | None, diameter: int | None, request_id: str) -> Sequence[FittingPrice]:
        await self._shop.work(request_id)
        return [FittingPrice("tire_change", diameter or 17, FITTING_UAH)]

    async def bookings_of(self, phone: str, *, request_id: str) -> Sequence[Booking]:
        await self._shop.work(request_id)
        self._shop.read.append(phone)
        return [booking for booking in self._shop.booked.values() if booking.phone == phone]

    async def book(self, wish: BookingWish, *, request_id: str) -> Booking:
        await self._shop.work(request_id)
        return self._keep("book", f"booking-{len(self._shop.booked) + 1}", wish)

    async def move(self, booking_id: str, wish: BookingWish, *, request_id: str) -> Booking:
        await self._shop.work(request_id)
        self._shop.booking(booking_id)
        return self._keep("move", booking_id, wish)

    async def cancel(self, booking_id: str, *, request_id: str) -> None:
        await self._shop.work(request_id)
        self._shop.booked[booking_id] = dataclasses.replace(self._shop.booking(booking_id), status="cancelled")
        self._shop.wrote("cancel", booking_id)

    def _keep(self, what: str, booking_id: str, wish: BookingWish) -> Booking:
        if self._taken(wish.station_id, wish.date, wish.time):
            raise ShopFailed("the slot is taken", status=422)
        station = next((one for one in STATIONS if one.id == wish.station_id), None)
        if station is None:
            raise ShopFailed("no such station", status=404)
        booking = Booking(booking_id, station.id, station.name, wish.date, wish.time, wish.service, wish.phone, "booked")
        self._shop.booked[booking_id] = booking
        self._shop.wrote(what, booking_id)
        return booking

    def _taken(self, station_id: str, day: dt.date, hour: dt.time) -> bool:
        wanted = (station_id, day, hour)
        return any((one.station_id, one.date, one.time) == wanted and one.status == "booked" for one in self._shop.booked.values())
