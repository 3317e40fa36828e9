"""Where an order goes: to an address or to a pickup point."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.guard.ownership import own_order
from agent.shop import Delivery, Order
from agent.tools.order_words import order_in_words, too_much
from agent.tools.orders import OrderId
from agent.tools.places import City, Near, nearby
from agent.tools.tool import Desk, ToolResult, no, tool
from agent.tools.tyres import TOLD_AT_ONCE
from agent.tools.writing import changed, write_of


class GetPickupPoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    city: City
    near: Near | None = None


class UpdateOrderDelivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_id: OrderId
    city: City | None = None
    address: Annotated[str, Meta(min_length=1, max_length=200, description="Вулиця, будинок, квартира")] | None = None
    pickup_point_id: Annotated[str, Meta(min_length=1, max_length=64, description="id з get_pickup_points")] | None = None


@tool("Пункти видачі замовлень у місті: до трьох, з id для update_order_delivery.")
async def get_pickup_points(wanted: GetPickupPoints, desk: Desk) -> ToolResult:
    points = await desk.shop.orders.pickup_points(wanted.city, request_id=desk.request_id)
    points = nearby(points, wanted.near)
    if not points:
        return ToolResult({"found": 0, "note": "Пунктів видачі там немає. Запропонуй доставку на адресу або інше місто."})
    desk.case.points.update((point.id, point) for point in points)
    told_now = [{"id": point.id, "name": point.name, "address": point.address} for point in points[:TOLD_AT_ONCE]]
    return ToolResult({"found": len(points), "points": told_now})


@tool(
    "Вказує або змінює доставку чернетки: або city і address, або pickup_point_id. "
    "Повертає вартість доставки, строк і новий підсумок із сумою.",
    own_order,
)
async def update_order_delivery(wanted: UpdateOrderDelivery, desk: Desk) -> ToolResult:
    if bool(wanted.pickup_point_id) == bool(wanted.city and wanted.address):
        return no("Потрібно одне з двох: або місто й адреса, або пункт видачі. Запитай абонента.")
    to_point = wanted.pickup_point_id is not None
    delivery = Delivery(pickup_point_id=wanted.pickup_point_id) if to_point else Delivery(wanted.city, wanted.address)
    where = {"pickup_point": wanted.pickup_point_id} if to_point else {"city": wanted.city, "address": wanted.address}

    async def act(_: uuid.UUID) -> dict[str, Any]:
        return _told(await desk.shop.orders.set_delivery(wanted.order_id, delivery, request_id=desk.request_id), delivery, desk)

    async def look() -> dict[str, Any] | None:
        order = await desk.shop.orders.order(wanted.order_id, request_id=desk.request_id)
        return _told(order, delivery, desk) if _same(order.delivery, delivery) else None

    written = await desk.once.do(write_of(desk, "update_order_delivery", order=wanted.order_id, delivery=where), act, look=look)
    return too_much(desk.case.orders[wanted.order_id], desk) or ToolResult(written.result)


def _told(order: Order, delivery: Delivery, desk: Desk) -> dict[str, Any]:
    known = desk.case.orders.get(order.id)
    if order.delivery is None:
        order = dataclasses.replace(order, delivery=delivery)
    desk.case.orders[order.id] = order
    if order != known:
        changed(desk, order.id)
    return order_in_words(order, desk.case)


def _same(one: Delivery | None, other: Delivery) -> bool:
    """The same place, however it is spelled; a pickup point is its id alone."""
    if one is None:
        return False
    if one.pickup_point_id or other.pickup_point_id:
        return one.pickup_point_id == other.pickup_point_id
    return [_bare(one.city), _bare(one.address)] == [_bare(other.city), _bare(other.address)]


def _bare(text: str | None) -> str:
    return " ".join((text or "").casefold().split())
