"""Fitting before it is booked: where, when, for how much. Booking itself is in ``bookings``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from agent.case import Case
from agent.guard.dates import in_the_future
from agent.shop import DaySlots, Service
from agent.tools.places import City, Near, nearby
from agent.tools.tool import Desk, ToolResult, no, tool
from agent.tools.tyres import TOLD_AT_ONCE
from agent.tools.wording import hour, told, weekday_and_day

_DAYS_ASKED = 3  # when the caller names only the first day
_DAYS_MAX = 14

SERVICES: dict[str, str] = {
    "tire_change": "заміна шин",
    "balancing": "балансування",
    "alignment": "розвал-сходження",
    "storage": "зберігання шин",
}

StationId = Annotated[str, Meta(min_length=1, max_length=64, description="id станції з get_fitting_stations")]
ServiceType = Annotated[
    Service, Meta(description="tire_change — заміна шин, balancing — балансування, alignment — розвал-сходження, storage — зберігання")
]
Diameter = Annotated[int, Meta(ge=10, le=24, description="Діаметр шин у дюймах, наприклад 17")]


class GetFittingStations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    city: City
    near: Near | None = None


class GetFittingSlots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    station_id: StationId
    date_from: Annotated[dt.date, Meta(description="Перший бажаний день, РРРР-ММ-ДД")]
    service_type: ServiceType
    date_to: Annotated[dt.date, Meta(description="Останній бажаний день; без нього три дні")] | None = None


class GetFittingPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tire_diameter: Diameter
    station_id: StationId | None = None


@tool("Станції шиномонтажу в місті: до трьох, з id для запису.")
async def get_fitting_stations(wanted: GetFittingStations, desk: Desk) -> ToolResult:
    stations = nearby(await desk.shop.fitting.stations(wanted.city, request_id=desk.request_id), wanted.near)
    if not stations:
        return ToolResult({"found": 0, "note": "Станцій там немає. Запропонуй інше місто."})
    told_now = [{"id": station.id, "name": station.name, "address": station.address} for station in stations[:TOLD_AT_ONCE]]
    return ToolResult({"found": len(stations), "stations": told_now})


@tool(
    "Вільні години на станції: до трьох найближчих днів. Абонентові називай не більше трьох годин, решту тримай у пам'яті.", in_the_future
)
async def get_fitting_slots(wanted: GetFittingSlots, desk: Desk) -> ToolResult:
    last = wanted.date_to or wanted.date_from + dt.timedelta(days=_DAYS_ASKED - 1)
    if last < wanted.date_from:
        return no("Останній день раніше за перший. Перепитай дні.")
    last = min(last, wanted.date_from + dt.timedelta(days=_DAYS_MAX - 1))
    days = await desk.shop.fitting.slots(
        wanted.station_id, date_from=wanted.date_from, date_to=last, service=wanted.service_type, request_id=desk.request_id
    )
    free = [(day, times) for day in days if (times := _still_free(day, desk.now()))]
    if not free:
        return ToolResult({"days": [], "note": "Вільних годин у ці дні немає. Запропонуй інші дні або іншу станцію."})
    told_now = [
        {"date": day.date.isoformat(), "day": weekday_and_day(day.date), "times": [hour(time) for time in times]}
        for day, times in free[:TOLD_AT_ONCE]
    ]
    return ToolResult({"days": told_now})


@tool("Ціни шиномонтажу за діаметром шин.")
async def get_fitting_price(wanted: GetFittingPrice, desk: Desk) -> ToolResult:
    prices = await desk.shop.fitting.prices(station_id=wanted.station_id, diameter=wanted.tire_diameter, request_id=desk.request_id)
    fitting = [price for price in prices if price.diameter == wanted.tire_diameter]
    if not fitting:
        return no(f"Ціни для діаметра {wanted.tire_diameter} немає. Так і скажи і запропонуй оператора.")
    by_service: dict[str, set[int]] = {}
    for price in fitting:
        by_service.setdefault(SERVICES[price.service], set()).add(price.price_uah)
    told_now = [{"service": service, "price": _from(prices_uah, desk.case)} for service, prices_uah in by_service.items()]
    return ToolResult({"diameter": f"R{wanted.tire_diameter}", "prices": told_now})


def _from(prices_uah: set[int], case: Case) -> str:
    """One price, or where they begin when stations differ."""
    lowest = told(min(prices_uah), case)
    return lowest if len(prices_uah) == 1 else f"від {lowest}"


def _still_free(day: DaySlots, now: dt.datetime) -> list[dt.time]:
    if day.date == now.date():
        return [time for time in day.free if time > now.time()]
    return list(day.free) if day.date > now.date() else []
