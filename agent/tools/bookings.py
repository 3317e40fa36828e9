"""Bookings of a fitting: the caller's own, a new one, another time, a cancellation.

The shop has no idempotency key here: whether a write happened is read from the customer's bookings.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.guard.consent import heard_and_confirmed_booking, heard_and_confirmed_cancel
from agent.guard.dates import in_the_future
from agent.guard.ownership import own_booking
from agent.phone import normalise
from agent.shop import Booking, BookingWish
from agent.tools.fitting import SERVICES, Diameter, ServiceType, StationId
from agent.tools.orders import UNKNOWN_ORDER, Name, OrderId
from agent.tools.tool import Desk, ToolResult, no, tool
from agent.tools.tyres import TOLD_AT_ONCE
from agent.tools.wording import hour, weekday_and_day
from agent.tools.writing import NO_NUMBER, changed, write_of

_BOOKED, _CANCELLED = "booked", "cancelled"

BookingId = Annotated[str, Meta(min_length=1, max_length=64, description="booking_id з get_customer_bookings або book_fitting")]


class BookFitting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    station_id: StationId
    date: Annotated[dt.date, Meta(description="День запису, РРРР-ММ-ДД")]
    time: Annotated[dt.time, Meta(tz=False, description="Година запису з вільних, наприклад 10:00")]
    service_type: ServiceType
    customer_name: Name
    vehicle_info: Annotated[str, Meta(max_length=100, description="Авто: марка, модель, номер, якщо абонент назвав")] | None = None
    tire_diameter: Diameter | None = None
    order_id: OrderId | None = None
    booking_id: BookingId | None = None


class CancelFitting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    booking_id: BookingId


class GetCustomerBookings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


@tool("Записи на шиномонтаж абонента, який телефонує: майбутні, до трьох найближчих.")
async def get_customer_bookings(wanted: GetCustomerBookings, desk: Desk) -> ToolResult:
    if not desk.caller_number:
        return no(NO_NUMBER)
    now = desk.now().replace(tzinfo=None)
    bookings = [one for one in await _bookings(desk) if one.status == _BOOKED and dt.datetime.combine(one.date, one.time) >= now]
    if not bookings:
        return ToolResult({"found": 0, "note": "Майбутніх записів на цей номер немає."})
    told_now = sorted(bookings, key=lambda one: (one.date, one.time))[:TOLD_AT_ONCE]
    return ToolResult({"found": len(bookings), "bookings": [booking_in_words(one) for one in told_now]})


@tool(
    "Записує на шиномонтаж; з booking_id переносить цей запис на інший час. "
    "Лише коли абонент почув станцію, послугу, день і годину та сказав «так».",
    own_booking,
    in_the_future,
    heard_and_confirmed_booking,
)
async def book_fitting(wanted: BookFitting, desk: Desk) -> ToolResult:
    if not desk.caller_number:
        return no(NO_NUMBER)
    if wanted.order_id is not None and wanted.order_id not in desk.case.orders:
        return no(UNKNOWN_ORDER)
    wish = BookingWish(
        station_id=wanted.station_id,
        date=wanted.date,
        time=wanted.time,
        service=wanted.service_type,
        phone=desk.caller_number,
        name=wanted.customer_name,
        vehicle_info=wanted.vehicle_info,
        tire_diameter=wanted.tire_diameter,
        linked_order_id=wanted.order_id,
    )
    when = {"station": wish.station_id, "date": wish.date.isoformat(), "time": hour(wish.time), "service": wish.service}
    moved = {"booking": wanted.booking_id} if wanted.booking_id else {}

    async def act(_: uuid.UUID) -> dict[str, Any]:
        if wanted.booking_id:
            booking = await desk.shop.fitting.move(wanted.booking_id, wish, request_id=desk.request_id)
        else:
            booking = await desk.shop.fitting.book(wish, request_id=desk.request_id)
        return _told(booking, desk)

    async def look() -> dict[str, Any] | None:
        return next((_told(one, desk) for one in await _bookings(desk) if _is_it(one, wish, wanted.booking_id)), None)

    written = await desk.once.do(write_of(desk, "book_fitting", **when, **moved), act, look=look)
    return ToolResult(written.stands or written.result)  # the booking of then may have been moved since, and another stands at that hour


@tool(
    "Скасовує запис на шиномонтаж. Лише коли абонент почув, який саме запис скасовується, і сказав «так».",
    own_booking,
    heard_and_confirmed_cancel,
)
async def cancel_fitting(wanted: CancelFitting, desk: Desk) -> ToolResult:
    if not desk.caller_number:
        return no(NO_NUMBER)

    def told() -> dict[str, Any]:
        booking = dataclasses.replace(desk.case.bookings[wanted.booking_id], status=_CANCELLED)
        desk.case.bookings[booking.id] = booking
        changed(desk, booking.id)
        return {**booking_in_words(booking), "status": "скасовано"}

    async def act(_: uuid.UUID) -> dict[str, Any]:
        await desk.shop.fitting.cancel(wanted.booking_id, request_id=desk.request_id)
        return told()

    async def look() -> dict[str, Any] | None:
        standing = [one.id for one in await _bookings(desk) if one.status == _BOOKED]
        return None if wanted.booking_id in standing else told()

    return ToolResult((await desk.once.do(write_of(desk, "cancel_fitting", booking=wanted.booking_id), act, look=look)).result)


def booking_in_words(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.id,
        "station_id": booking.station_id,  # to move it, the model needs these as arguments are written
        "station": booking.station_name,
        "date": booking.date.isoformat(),
        "day": weekday_and_day(booking.date),
        "time": hour(booking.time),
        "service": SERVICES[booking.service],
        "service_type": booking.service,
    }


async def _bookings(desk: Desk) -> list[Booking]:
    """All of the caller's, as the shop has them now; the case learns them. Another's that its search may bring are not."""
    found = await desk.shop.fitting.bookings_of(desk.caller_number, request_id=desk.request_id)
    bookings = [one for one in found if normalise(one.phone) == desk.caller_number]
    desk.case.bookings.update((one.id, one) for one in bookings)
    return bookings


def _is_it(booking: Booking, wish: BookingWish, booking_id: str | None) -> bool:
    if booking.status != _BOOKED or booking_id not in (None, booking.id):
        return False
    return (booking.station_id, booking.date, booking.time, booking.service) == (wish.station_id, wish.date, wish.time, wish.service)


def _told(booking: Booking, desk: Desk) -> dict[str, Any]:
    if desk.case.bookings.get(booking.id) != booking or booking.id not in desk.case.changed:
        changed(desk, booking.id)
    desk.case.bookings[booking.id] = booking
    return {"status": "записано", **booking_in_words(booking)}
