"""/orders/search, /orders, /orders/{id}, its delivery and its confirmation; /pickup-points."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ops.standins.shop_api.errors import ApiError, told
from ops.standins.shop_api.order_book import Payment, Status
from ops.standins.shop_api.paging import Asked, Page, PageAsked, page_of
from ops.standins.shop_api.phones import Phone
from ops.standins.shop_api.state import Shop

Name = Annotated[str, StringConstraints(max_length=100)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\w")]
Key = Annotated[uuid.UUID, Header(alias="Idempotency-Key")]
REPLAYED = "Idempotent-Replayed"  # on an answer to a request that was served before


class OrdersAsked(PageAsked):
    phone: Phone | None = None
    order_number: str | None = Field(None, max_length=20)
    status: Status | None = None


class InCity(Asked):
    city: str | None = Field(None, min_length=1, max_length=100)


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    product_id: str = Field(min_length=1, max_length=50)
    quantity: int = Field(ge=1, lt=100)


class NewOrder(BaseModel):
    """A draft; it reserves nothing."""

    model_config = ConfigDict(extra="forbid")

    customer_phone: Phone
    customer_name: Name = ""
    items: list[Item] = Field(min_length=1, max_length=20)  # the same product twice is one row
    source: Annotated[str, StringConstraints(max_length=50)] = "phone"
    call_id: Annotated[str, StringConstraints(max_length=100)] | None = None


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")

    city: Words
    address: Words


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pickup_point_id: str = Field(min_length=1, max_length=50)


class ToAddress(BaseModel):
    model_config = ConfigDict(extra="forbid")

    delivery: Address


class ToPoint(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pickup: Point


class Confirmation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    payment_method: Payment
    customer_name: Name | None = None  # None = as in the draft
    send_sms_confirmation: bool = False


class ItemRow(BaseModel):
    product_id: str
    name: str
    quantity: int
    price: int
    sum: int


class DeliveryRow(BaseModel):
    type: Literal["delivery", "pickup"]
    city: str
    address: str
    pickup_point_id: str | None


class OrderRow(BaseModel):
    id: str
    order_number: str
    customer_phone: str
    customer_name: str
    status: Status
    status_label: str
    items: list[ItemRow]
    items_summary: str
    subtotal: int
    delivery_cost: int | None
    total: int
    delivery: DeliveryRow | None
    estimated_days: int | None
    estimated_delivery: dt.date | None
    tracking_number: str | None
    payment_method: Payment | None
    created_at: dt.datetime  # the shop's local time


class PickupPointRow(BaseModel):
    id: str
    name: str
    city: str
    address: str


def router(shop: Shop) -> APIRouter:
    routes = APIRouter(tags=["orders"])

    @routes.get("/orders/search", response_model=Page[OrderRow], responses=told(400))
    async def search(query: Annotated[OrdersAsked, Query()]) -> dict[str, Any]:
        """The newest first; a phone or a number must be given."""
        if query.phone is None and query.order_number is None:
            raise ApiError(400, "phone or order_number is needed", "search_too_wide")
        found = shop.orders.found(query.phone, query.order_number, query.status)
        return page_of([order.shown() for order in found], query.page, query.per_page)

    @routes.post("/orders", response_model=OrderRow, status_code=201, responses=told(400))
    async def create(body: NewOrder, key: Key, response: Response) -> dict[str, Any]:
        request = f"create {body.model_dump_json()}"
        if (order_id := shop.keys.find(key, request)) is not None:
            response.headers[REPLAYED] = "true"
            return shop.orders.get(order_id).shown()
        wanted: Counter[str] = Counter()
        for item in body.items:
            wanted[item.product_id] += item.quantity
        order = shop.orders.draft(body.customer_phone, body.customer_name, wanted, call_id=body.call_id)
        shop.keys.keep(key, request, order.id)
        return order.shown()

    @routes.get("/orders/{order_id}", response_model=OrderRow, responses=told(404))
    async def detail(order_id: str) -> dict[str, Any]:
        return shop.orders.get(order_id).shown()

    @routes.patch("/orders/{order_id}/delivery", response_model=OrderRow, responses=told(400, 404))
    async def deliver(order_id: str, body: ToAddress | ToPoint) -> dict[str, Any]:
        """Only while it is a draft; the last one counts."""
        order = shop.orders.get(order_id)
        if isinstance(body, ToAddress):
            shop.orders.deliver(order, body.delivery.city, body.delivery.address)
        else:
            shop.orders.pick_up(order, body.pickup.pickup_point_id)
        return order.shown()

    @routes.post("/orders/{order_id}/confirm", response_model=OrderRow, responses=told(400, 404))
    async def confirm(order_id: str, body: Confirmation, key: Key, response: Response) -> dict[str, Any]:
        """Takes the goods off the stock."""
        order = shop.orders.get(order_id)
        request = f"confirm {order.id} {body.model_dump_json()}"
        if shop.keys.find(key, request) is not None:
            response.headers[REPLAYED] = "true"
            return order.shown()
        shop.orders.confirm(order, body.payment_method, body.customer_name)
        shop.keys.keep(key, request, order.id)
        return order.shown()

    @routes.get("/pickup-points", response_model=Page[PickupPointRow], responses=told())
    async def pickup_points(query: Annotated[InCity, Query()]) -> dict[str, Any]:
        points = [point for point in shop.places.pickup_points if shop.places.in_city(point.city, query.city)]
        return page_of([PickupPointRow.model_validate(point, from_attributes=True) for point in points])

    return routes
