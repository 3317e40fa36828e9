"""The life of orders, without HTTP.

    draft ── delivery ──► draft ── confirm: the stock goes down ──► confirmed ──► in_transit ──► delivered

The shop's rules: a draft reserves nothing; only a draft takes a delivery; an order is confirmed once, with a
delivery, and only if all of it lies on the shelf.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ops.standins.shop_api.clock import ZONE, Now
from ops.standins.shop_api.errors import ApiError
from ops.standins.shop_api.phones import normal
from ops.standins.shop_api.places import Places
from ops.standins.shop_api.shelf import Shelf

Status = Literal["draft", "confirmed", "in_transit", "delivered", "cancelled"]
Payment = Literal["cod", "online"]
LABELS: Mapping[str, str] = dict(
    zip(get_args(Status), ("чернетка", "підтверджено", "в дорозі", "доставлено", "скасовано"), strict=True),
)
FIRST_NUMBER = 104501  # of those made through the API; seeded ones are below


@dataclass(slots=True)
class Item:
    product_id: str
    name: str
    quantity: int
    price: int  # UAH for one, as it was when the draft was made


@dataclass(slots=True)
class Delivery:
    type: Literal["delivery", "pickup"]
    city: str
    address: str
    pickup_point_id: str | None = None


@dataclass(slots=True)
class Order:
    order_number: str
    phone: str
    name: str
    items: list[Item]
    created_at: dt.datetime
    origin: str  # seed, control or api
    status: Status = "draft"
    delivery: Delivery | None = None
    delivery_cost: int | None = None
    estimated_days: int | None = None
    arrives: dt.date | None = None
    tracking_number: str | None = None
    payment_method: Payment | None = None
    call_id: str | None = None

    @property
    def id(self) -> str:
        """Not the number, so that one taken for the other shows."""
        return f"ord-{self.order_number}"

    @property
    def subtotal(self) -> int:
        return sum(item.price * item.quantity for item in self.items)

    @property
    def wanted(self) -> dict[str, int]:
        return {item.product_id: item.quantity for item in self.items}

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "id": self.id,
            "order_number": self.order_number,
            "customer_phone": self.phone,
            "customer_name": self.name,
            "status": self.status,
            "status_label": LABELS[self.status],
            "items": [
                {"product_id": i.product_id, "name": i.name, "quantity": i.quantity, "price": i.price, "sum": i.price * i.quantity}
                for i in self.items
            ],
            "items_summary": "; ".join(f"{i.name}, {i.quantity} шт." for i in self.items),
            "subtotal": self.subtotal,
            "delivery_cost": self.delivery_cost,
            "total": self.subtotal + (self.delivery_cost or 0),
            "delivery": None
            if self.delivery is None
            else {name: getattr(self.delivery, name) for name in ("type", "city", "address", "pickup_point_id")},
            "estimated_days": self.estimated_days,
            "estimated_delivery": self.arrives,
            "tracking_number": self.tracking_number,
            "payment_method": self.payment_method,
            "created_at": self.created_at.replace(tzinfo=ZONE),
        }


class OrderBook:
    """All orders; every method that refuses raises ``ApiError`` and has changed nothing."""

    def __init__(self, shelf: Shelf, places: Places, now: Now) -> None:
        self._shelf, self._places, self._now = shelf, places, now
        self._orders: dict[str, Order] = {}
        self._next_number = FIRST_NUMBER
        self.confirmations: Counter[str] = Counter()  # by order id: how often one took effect

    def all(self) -> list[Order]:
        """The newest first."""
        return sorted(self._orders.values(), key=lambda order: (order.created_at, order.order_number), reverse=True)

    def get(self, order_id: str) -> Order:
        try:
            return self._orders[order_id]
        except KeyError:
            raise ApiError(404, f"there is no order {order_id!r}") from None

    def found(self, phone: str | None, order_number: str | None, status: Status | None) -> list[Order]:
        return [
            order
            for order in self.all()
            if (phone is None or order.phone == normal(phone))
            and (order_number is None or order.order_number == order_number)
            and (status is None or order.status == status)
        ]

    def draft(
        self,
        phone: str,
        name: str,
        wanted: Mapping[str, int],
        *,
        origin: str = "api",
        call_id: str | None = None,
        order_number: str | None = None,
    ) -> Order:
        """*wanted*: quantities by product id; without *order_number* it gets the next one."""
        if strays := sorted(set(wanted) - set(self._shelf.tyres)):
            raise ApiError(422, f"there is no product {', '.join(strays)}", "unknown_product")
        order = Order(order_number or self._free_number(), normal(phone), name, self._items(wanted), self._now(), origin, call_id=call_id)
        if order.id in self._orders:
            raise ApiError(422, f"there is an order {order_number} already", "order_number_taken")
        self._orders[order.id] = order
        return order

    def deliver(self, order: Order, city: str, address: str) -> None:
        self._must_be_draft(order)
        days = self._places.delivery_days(city)
        cost = self._places.delivery_cost(sum(order.wanted.values()), order.subtotal)
        self._set(order, Delivery("delivery", self._places.city_named(city), address.strip()), cost, days)

    def pick_up(self, order: Order, point_id: str) -> None:
        self._must_be_draft(order)
        point = self._places.point(point_id)
        if point is None:
            raise ApiError(422, f"there is no pickup point {point_id!r}", "unknown_pickup_point")
        self._set(order, Delivery("pickup", point.city, point.address, point.id), 0, self._places.delivery_days(point.city))

    def confirm(self, order: Order, payment: Payment, name: str | None) -> None:
        self._must_be_draft(order)
        if order.delivery is None or order.estimated_days is None:
            raise ApiError(422, "tell first where the order goes", "delivery_missing")
        if short := self._shelf.missing(order.wanted):
            raise ApiError(422, f"not enough in stock: {', '.join(short)}", "not_enough_stock")
        self._shelf.take(order.wanted)
        order.status, order.payment_method, order.name = "confirmed", payment, name or order.name
        order.arrives = self._now().date() + dt.timedelta(days=order.estimated_days)
        self.confirmations[order.id] += 1

    def _free_number(self) -> str:
        while f"ord-{self._next_number}" in self._orders:
            self._next_number += 1
        return str(self._next_number)

    def _must_be_draft(self, order: Order) -> None:
        if order.status != "draft":
            raise ApiError(422, f"order {order.order_number} is no draft any more: {order.status}", "order_not_draft")

    def _set(self, order: Order, delivery: Delivery, cost: int, days: int) -> None:
        order.delivery, order.delivery_cost, order.estimated_days = delivery, cost, days
        order.arrives = self._now().date() + dt.timedelta(days=days)

    def _items(self, wanted: Mapping[str, int]) -> list[Item]:
        tyres = [(self._shelf.tyres[tyre_id], quantity) for tyre_id, quantity in wanted.items()]
        return [Item(tyre.id, tyre.name, quantity, tyre.price) for tyre, quantity in tyres]
