"""The shop's orders over HTTP: ``agent.shop.Orders``."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from agent.adapters.shop_answers import Id, Money, Page, Quantity, given, phone_of, segment
from agent.adapters.shop_transport import Ask, ShopTransport
from agent.errors import ShopFailed
from agent.shop import Delivery, Order, OrderDraft, Payment, PickupPoint

NOT_FOUND = 404
SOURCE = "phone"


class DeliveryRow(msgspec.Struct, frozen=True):
    city: str | None = None
    address: str | None = None
    pickup_point_id: Id | None = None

    def delivery(self) -> Delivery:
        return Delivery(self.city, self.address, None if self.pickup_point_id is None else str(self.pickup_point_id))


class OrderRow(msgspec.Struct, frozen=True):
    """A draft may have no total yet."""

    id: Id
    order_number: Id
    customer_phone: str
    status: str
    status_label: str = ""
    items_summary: str = ""
    subtotal: Money | None = None
    total: Money | None = None
    delivery_cost: Money | None = None
    delivery: DeliveryRow | None = None
    estimated_days: Quantity | None = None
    estimated_delivery: dt.date | None = None
    tracking_number: Id | None = None
    created_at: str | None = None

    def __post_init__(self) -> None:
        if self.total is None and self.subtotal is None:
            raise ValueError("an order without a sum")

    def order(self) -> Order:
        total = self.total if self.total is not None else self.subtotal
        return Order(
            id=str(self.id),
            number=str(self.order_number),
            phone=phone_of(self.customer_phone),
            status=self.status,
            status_label=self.status_label or self.status,
            total_uah=round(total or 0),
            items_summary=self.items_summary,
            delivery=None if self.delivery is None else self.delivery.delivery(),
            delivery_cost_uah=None if self.delivery_cost is None else round(self.delivery_cost),
            estimated_days=self.estimated_days,
            estimated_delivery=None if self.estimated_delivery is None else self.estimated_delivery.isoformat(),
            tracking_number=None if self.tracking_number is None else str(self.tracking_number),
        )


class PickupPointRow(msgspec.Struct, frozen=True):
    id: Id
    name: str
    city: str
    address: str

    def point(self) -> PickupPoint:
        return PickupPoint(str(self.id), self.name, self.city, self.address)


class HttpOrders:
    def __init__(self, transport: ShopTransport) -> None:
        self._transport = transport

    async def orders_of(self, phone: str, *, request_id: str) -> Sequence[Order]:
        """The newest first, where the shop tells when they were made. Raises ``ShopFailed``."""
        rows = await self._transport.rows(Ask("GET", "/orders/search", request_id, {"phone": phone_of(phone)}), Page[OrderRow])
        return [row.order() for row in sorted(rows, key=lambda row: row.created_at or "", reverse=True)]

    async def find_order(self, number: str, *, request_id: str) -> Order | None:
        """None also when the shop finds only numbers like it. Raises ``ShopFailed``."""
        ask = Ask("GET", "/orders/search", request_id, {"order_number": number})
        try:
            rows = await self._transport.rows(ask, Page[OrderRow])
        except ShopFailed as failed:
            if failed.status == NOT_FOUND:
                return None
            raise
        wanted = number.strip().casefold()
        return next((row.order() for row in rows if str(row.order_number).casefold() == wanted), None)

    async def order(self, order_id: str, *, request_id: str) -> Order:
        return (await self._transport.answer(Ask("GET", _path(order_id), request_id), OrderRow)).order()

    async def create_order(self, draft: OrderDraft, *, idempotency_key: uuid.UUID, request_id: str) -> Order:
        body = {
            "customer_phone": phone_of(draft.phone),
            "customer_name": draft.name,
            "items": [{"product_id": item.product_id, "quantity": item.quantity} for item in draft.items],
            "source": SOURCE,
            "call_id": draft.call_id,
        }
        ask = Ask("POST", "/orders", request_id, body=body, idempotency_key=idempotency_key)
        return (await self._transport.answer(ask, OrderRow)).order()

    async def set_delivery(self, order_id: str, delivery: Delivery, *, request_id: str) -> Order:
        """Raises ``ShopFailed``; with ``outcome_unknown`` read the order back."""
        ask = Ask("PATCH", f"{_path(order_id)}/delivery", request_id, body=_delivery_body(delivery))
        return (await self._transport.answer(ask, OrderRow)).order()

    async def confirm_order(
        self, order_id: str, *, payment: Payment, name: str, sms: bool, idempotency_key: uuid.UUID, request_id: str
    ) -> Order:
        body = {"payment_method": payment, "customer_name": name, "send_sms_confirmation": sms}
        ask = Ask("POST", f"{_path(order_id)}/confirm", request_id, body=body, idempotency_key=idempotency_key)
        return (await self._transport.answer(ask, OrderRow)).order()

    async def pickup_points(self, city: str | None, *, request_id: str) -> Sequence[PickupPoint]:
        rows = await self._transport.rows(Ask("GET", "/pickup-points", request_id, given({"city": city})), Page[PickupPointRow])
        return [row.point() for row in rows]


def _path(order_id: str) -> str:
    return f"/orders/{segment(order_id)}"


def _delivery_body(delivery: Delivery) -> dict[str, Any]:
    if delivery.pickup_point_id is not None:
        return {"pickup": {"pickup_point_id": delivery.pickup_point_id}}
    return {"delivery": given({"city": delivery.city, "address": delivery.address})}
