"""A shop that behaves: it keeps orders, bookings and slots, knows its idempotency keys, and loses requests or answers when told to.

shop.mishaps.append("answer_lost")     the next write happens, nobody learns of it
shop.mishaps.append("request_lost")    the next write never arrives, and nobody learns of that either
shop.loses_answers = True              so every write does
shop.fails = ShopFailed(...)           everything fails before it begins
shop.searches_loosely = True           a search by number brings others' as well
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

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

T = TypeVar("T")
Mishap = Literal["request_lost", "answer_lost"]

X_ICE = Tyre("t1", "Michelin", "X-Ice Snow", "215/55 R17", "winter", 4500, True, 12)
STOCKS = (Stock("Київ", 8, None), Stock("Львів", 4, "2030-01-15"))
PICKUP_POINTS = (
    PickupPoint("p1", "Поштомат 12", "Київ", "вул. Хрещатик, 1"),
    PickupPoint("p2", "Відділення 3", "Львів", "вул. Городоцька, 174"),
)
STATIONS = (
    Station("s1", "Шиномонтаж на Подолі", "Київ", "вул. Нижній Вал, 5"),
    Station("s2", "Шиномонтаж на Городоцькій", "Львів", "вул. Городоцька, 174"),
)
HOURS = tuple(dt.time(hour) for hour in range(9, 18))
LABELS = {"draft": "чернетка", "confirmed": "підтверджено", "in_transit": "у дорозі"}
SIZES = {("toyota", "camry"): ("215/55 R17", "235/45 R18")}
DELIVERY_UAH = 150
FITTING_UAH = 1_200
ON_ITS_WAY = Order("o1", "10001", "+380671112233", "in_transit", LABELS["in_transit"], 18000, "Michelin X-Ice Snow 215/55 R17, 4 шт.")


class FakeShop:
    """*writes* are the requests that changed something, in order; *read* are the phones and ids whose data it gave out."""

    def __init__(self, *, offers: Sequence[Tyre] = (X_ICE,), stocks: Sequence[Stock] = STOCKS, latency_s: float = 0.2) -> None:
        self.offers = list(offers)
        self.stocks = stocks
        self.latency_s = latency_s
        self.fails: Exception | None = None
        self.loses_answers = False
        self.searches_loosely = False
        self.mishaps: deque[Mishap] = deque()
        self.queries: list[TyreQuery] = []
        self.request_ids: list[str] = []
        self.placed: dict[str, Order] = {}
        self.booked: dict[str, Booking] = {}
        self.cars_an_hour = 1
        self.fitting_uah = [FITTING_UAH]  # one price for each station
        self.writes: list[tuple[str, str]] = []
        self.read: list[str] = []
        self.drafted_for: list[str] = []  # names in requests for a draft
        self.tyres = _Tyres(self)
        self.orders = _Orders(self)
        self.fitting = _Fitting(self)
        self._by_key: dict[uuid.UUID, str] = {}

    async def work(self, request_id: str) -> None:
        self.request_ids.append(request_id)
        await asyncio.sleep(self.latency_s)
        if self.fails is not None:
            raise self.fails

    async def write(self, request_id: str, effect: Callable[[], T]) -> T:
        """*effect* happens at one instant, in the middle of the request: who is cancelled does not know on which side."""
        self.request_ids.append(request_id)
        await asyncio.sleep(self.latency_s / 2)
        if self.fails is not None:
            raise self.fails
        mishap = self.mishaps.popleft() if self.mishaps else "answer_lost" if self.loses_answers else None
        if mishap == "request_lost":
            raise ShopFailed("the connection broke", outcome_unknown=True)
        result = effect()
        await asyncio.sleep(self.latency_s / 2)
        if mishap == "answer_lost":
            raise ShopFailed("the answer was lost", outcome_unknown=True)
        return result

    def once(self, key: uuid.UUID, what: str, act: Callable[[], Order]) -> Order:
        """The same order back for the same key."""
        if key in self._by_key:
            return self.placed[self._by_key[key]]
        order = act()
        self._by_key[key] = order.id
        return self.place(what, order)

    def place(self, what: str, order: Order) -> Order:
        self.placed[order.id] = order
        self.writes.append((what, order.id))
        return order

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
        sizes = _sizes(query)
        return [tyre for tyre in self._shop.offers if query.season in (None, tyre.season) and (sizes is None or tyre.size in sizes)]

    async def vehicle_sizes(self, make: str, model: str, year: int, *, request_id: str) -> Sequence[str]:
        await self._shop.work(request_id)
        if (sizes := SIZES.get((make.lower(), model.lower()))) is None:
            raise ShopFailed("no such car", status=404)
        return sizes

    async def availability(self, tyre_id: str, *, request_id: str) -> Sequence[Stock]:
        await self._shop.work(request_id)
        if all(tyre.id != tyre_id for tyre in self._shop.offers):
            raise ShopFailed("no such tyre", status=404)
        return self._shop.stocks


def _sizes(query: TyreQuery) -> Sequence[str] | None:
    if query.width and query.profile and query.diameter:
        return [f"{query.width}/{query.profile} R{query.diameter}"]
    return SIZES.get((query.vehicle_make.lower(), query.vehicle_model.lower()), ()) if query.vehicle_make and query.vehicle_model else None


class _Orders:
    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop

    async def orders_of(self, phone: str, *, request_id: str) -> Sequence[Order]:
        await self._shop.work(request_id)
        self._shop.read.append(phone)
        return [order for order in reversed(self._shop.placed.values()) if order.phone == phone or self._shop.searches_loosely]

    async def find_order(self, number: str, *, request_id: str) -> Order | None:
        await self._shop.work(request_id)
        self._shop.read.append(number)
        return next((order for order in self._shop.placed.values() if order.number == number), None)

    async def order(self, order_id: str, *, request_id: str) -> Order:
        await self._shop.work(request_id)
        self._shop.read.append(order_id)
        return self._shop.order(order_id)

    async def create_order(self, draft: OrderDraft, *, idempotency_key: uuid.UUID, request_id: str) -> Order:
        self._shop.drafted_for.append(draft.name)
        return await self._shop.write(request_id, lambda: self._shop.once(idempotency_key, "create_order", lambda: self._drafted(draft)))

    def _drafted(self, draft: OrderDraft) -> Order:
        tyres = {tyre.id: tyre for tyre in self._shop.offers}
        if any(item.product_id not in tyres for item in draft.items):
            raise ShopFailed("no such product", status=422)
        lines = [(tyres[item.product_id], item.quantity) for item in draft.items]
        count = len(self._shop.placed) + 1
        return Order(
            id=f"order-{count}",
            number=f"10{count:02}",
            phone=draft.phone,
            status="draft",
            status_label=LABELS["draft"],
            total_uah=sum(tyre.price_uah * quantity for tyre, quantity in lines),
            items_summary=", ".join(f"{tyre.brand} {tyre.model}, {quantity} шт." for tyre, quantity in lines),
        )

    async def set_delivery(self, order_id: str, delivery: Delivery, *, request_id: str) -> Order:
        def effect() -> Order:
            order = self._shop.order(order_id)
            if order.status != "draft":
                raise ShopFailed("the order is confirmed already", status=422)
            if delivery.pickup_point_id is not None and all(point.id != delivery.pickup_point_id for point in PICKUP_POINTS):
                raise ShopFailed("no such pickup point", status=422)
            cost_uah = DELIVERY_UAH if delivery.pickup_point_id is None else 0
            total_uah = order.total_uah - (order.delivery_cost_uah or 0) + cost_uah
            order = dataclasses.replace(order, delivery=delivery, delivery_cost_uah=cost_uah, total_uah=total_uah, estimated_days=2)
            return self._shop.place("set_delivery", order)

        return await self._shop.write(request_id, effect)

    async def confirm_order(
        self, order_id: str, *, payment: Payment, name: str, sms: bool, idempotency_key: uuid.UUID, request_id: str
    ) -> Order:
        def confirmed() -> Order:
            if (order := self._shop.order(order_id)).status != "draft":
                raise ShopFailed("the order is confirmed already", status=422)
            return dataclasses.replace(order, status="confirmed", status_label=LABELS["confirmed"])

        return await self._shop.write(request_id, lambda: self._shop.once(idempotency_key, "confirm_order", confirmed))

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
        return [FittingPrice("tire_change", diameter or 17, uah) for uah in self._shop.fitting_uah]

    async def bookings_of(self, phone: str, *, request_id: str) -> Sequence[Booking]:
        await self._shop.work(request_id)
        self._shop.read.append(phone)
        return [booking for booking in self._shop.booked.values() if booking.phone == phone or self._shop.searches_loosely]

    async def book(self, wish: BookingWish, *, request_id: str) -> Booking:
        return await self._shop.write(request_id, lambda: self._keep("book", f"booking-{len(self._shop.booked) + 1}", wish))

    async def move(self, booking_id: str, wish: BookingWish, *, request_id: str) -> Booking:
        def effect() -> Booking:
            if self._shop.booking(booking_id).status != "booked":
                raise ShopFailed("the booking is cancelled", status=422)
            return self._keep("move", booking_id, wish)

        return await self._shop.write(request_id, effect)

    async def cancel(self, booking_id: str, *, request_id: str) -> None:
        def effect() -> None:
            self._shop.booked[booking_id] = dataclasses.replace(self._shop.booking(booking_id), status="cancelled")
            self._shop.writes.append(("cancel", booking_id))

        await self._shop.write(request_id, effect)

    def _keep(self, what: str, booking_id: str, wish: BookingWish) -> Booking:
        station = next((one for one in STATIONS if one.id == wish.station_id), None)
        if station is None:
            raise ShopFailed("no such station", status=404)
        if wish.time not in HOURS or self._taken(wish.station_id, wish.date, wish.time, but=booking_id):
            raise ShopFailed("the slot is taken", status=422)
        booking = Booking(booking_id, station.id, station.name, wish.date, wish.time, wish.service, wish.phone, "booked")
        self._shop.booked[booking_id] = booking
        self._shop.writes.append((what, booking_id))
        return booking

    def _taken(self, station_id: str, day: dt.date, hour: dt.time, but: str | None = None) -> bool:
        booked = [one for one in self._shop.booked.values() if one.status == "booked" and one.id != but]
        return sum((one.station_id, one.date, one.time) == (station_id, day, hour) for one in booked) >= self._shop.cars_an_hour
