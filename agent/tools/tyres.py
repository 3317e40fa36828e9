"""Finding tyres, a car's sizes, and stock."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from agent.case import Case
from agent.shop import Stock, Tyre, TyreQuery
from agent.tools.tool import Desk, ToolResult, tool
from agent.tools.wording import day_of, told

TOLD_AT_ONCE = 3  # nobody keeps more offers in mind on the telephone
_SET = 4  # tyres on a car
_SEASONS = {"summer": "літні", "winter": "зимові", "all_season": "всесезонні"}

Make = Annotated[str, Meta(min_length=1, max_length=40, description="Марка авто латиницею, наприклад Toyota")]
Model = Annotated[str, Meta(min_length=1, max_length=40, description="Модель авто латиницею, наприклад Camry")]
Year = Annotated[int, Meta(ge=1950, le=2100, description="Рік випуску авто")]


class SearchTires(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    width: Annotated[int, Meta(ge=105, le=395, description="Ширина в мм, наприклад 215")] | None = None
    profile: Annotated[int, Meta(ge=20, le=100, description="Висота профілю, %, наприклад 55")] | None = None
    diameter: Annotated[int, Meta(ge=10, le=24, description="Діаметр у дюймах, наприклад 17")] | None = None
    season: Annotated[Literal["summer", "winter", "all_season"], Meta(description="Сезон")] | None = None
    brand: Annotated[str, Meta(max_length=40, description="Виробник шин латиницею, наприклад Michelin")] | None = None
    vehicle_make: Make | None = None
    vehicle_model: Model | None = None
    vehicle_year: Year | None = None
    max_price_uah: Annotated[int, Meta(gt=0, description="Найвища ціна за одну шину, грн")] | None = None


class GetVehicleTireSizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    make: Make
    model: Model
    year: Year


class CheckAvailability(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tyre_id: Annotated[str, Meta(min_length=1, max_length=64, description="id шини з search_tires")]


@tool(
    "Шукає шини в каталозі магазину за розміром або за автомобілем (марка, модель і рік випуску), сезоном, виробником і ціною. "
    "Потрібен повний розмір або авто з роком. Повертає до трьох пропозицій з id, ціною за одну шину і за чотири, та наявністю."
)
async def search_tires(wanted: SearchTires, desk: Desk) -> ToolResult:
    if missing := _missing(wanted):
        return ToolResult({"error": missing}, success=False)
    query = TyreQuery(**{name: getattr(wanted, name) for name in SearchTires.__struct_fields__})
    found = await desk.shop.tyres.search_tyres(query, request_id=desk.request_id)
    if not found:
        return ToolResult({"found": 0, "note": "Нічого не знайдено. Запропонуй інший сезон, виробника чи розмір."})
    offers = sorted(found, key=lambda tyre: not tyre.in_stock)[:TOLD_AT_ONCE]
    desk.case.offers.update((tyre.id, tyre) for tyre in offers)
    return ToolResult({"found": len(found), "tires": [_offer(tyre, desk.case) for tyre in offers]})


@tool("Називає заводські розміри шин автомобіля за маркою, моделлю і роком випуску. Перший розмір основний.")
async def get_vehicle_tire_sizes(wanted: GetVehicleTireSizes, desk: Desk) -> ToolResult:
    sizes = await desk.shop.tyres.vehicle_sizes(wanted.make, wanted.model, wanted.year, request_id=desk.request_id)
    if not sizes:
        return ToolResult({"error": "Розмірів для цього авто в базі немає: запитай розмір, він написаний на боці шини."}, success=False)
    return ToolResult({"vehicle": f"{wanted.make} {wanted.model} {wanted.year}", "sizes": list(sizes[:TOLD_AT_ONCE])})


@tool("Перевіряє, скільки цих шин є на складах і коли будуть. Потребує id шини з search_tires.")
async def check_availability(wanted: CheckAvailability, desk: Desk) -> ToolResult:
    stocks = await desk.shop.tyres.availability(wanted.tyre_id, request_id=desk.request_id)
    now = [stock for stock in stocks if stock.quantity > 0 and stock.available_from is None]
    later = [stock for stock in stocks if stock.available_from is not None]
    return ToolResult(
        {
            "tyre_id": wanted.tyre_id,
            "in_stock_now": sum(stock.quantity for stock in now),
            "warehouses": [_place(stock) for stock in now],
            "expected": [_place(stock) for stock in later],
        }
    )


def _missing(wanted: SearchTires) -> str | None:
    """What must be asked before a search makes sense."""
    if wanted.width and wanted.profile and wanted.diameter:
        return None
    if not (wanted.vehicle_make and wanted.vehicle_model):
        return "Замало даних: потрібен повний розмір або марка, модель і рік випуску авто. Запитай абонента."
    if wanted.vehicle_year is None:
        return "Бракує року випуску авто: від нього залежить розмір. Запитай рік випуску."
    return None


def _offer(tyre: Tyre, case: Case) -> dict[str, Any]:
    return {
        "id": tyre.id,
        "name": f"{tyre.brand} {tyre.model}",
        "size": tyre.size,
        "season": _SEASONS.get(tyre.season, tyre.season),
        "price": told(tyre.price_uah, case),
        "price_of_four": told(tyre.price_uah * _SET, case),
        "in_stock": tyre.stock_quantity if tyre.in_stock else 0,
    }


def _place(stock: Stock) -> dict[str, Any]:
    place: dict[str, Any] = {"warehouse": stock.warehouse, "quantity": stock.quantity}
    return place if stock.available_from is None else {**place, "available_from": day_of(stock.available_from)}
