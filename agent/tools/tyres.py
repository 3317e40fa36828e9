"""Finding tyres and checking stock."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from agent.ports import Stock, Tyre, TyreQuery
from agent.tools.tool import Desk, ToolResult, tool

_TOLD_AT_ONCE = 3  # nobody keeps more offers in mind on the telephone
_SEASONS = {"summer": "літні", "winter": "зимові", "all_season": "всесезонні"}


class SearchTires(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    width: Annotated[int, Meta(ge=105, le=395, description="Ширина в мм, наприклад 215")] | None = None
    profile: Annotated[int, Meta(ge=20, le=100, description="Висота профілю, %, наприклад 55")] | None = None
    diameter: Annotated[int, Meta(ge=10, le=24, description="Діаметр у дюймах, наприклад 17")] | None = None
    season: Annotated[Literal["summer", "winter", "all_season"], Meta(description="Сезон")] | None = None
    brand: Annotated[str, Meta(max_length=40, description="Виробник шин латиницею, наприклад Michelin")] | None = None
    vehicle_make: Annotated[str, Meta(max_length=40, description="Марка авто латиницею, наприклад Toyota")] | None = None
    vehicle_model: Annotated[str, Meta(max_length=40, description="Модель авто латиницею, наприклад Camry")] | None = None
    vehicle_year: Annotated[int, Meta(ge=1950, le=2100, description="Рік випуску авто")] | None = None
    max_price_uah: Annotated[int, Meta(gt=0, description="Найвища ціна за одну шину, грн")] | None = None


class CheckAvailability(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tyre_id: Annotated[str, Meta(min_length=1, max_length=64, description="id шини з search_tires")]


@tool(
    "Шукає шини в каталозі магазину за розміром або за автомобілем (марка й модель), сезоном, виробником і ціною. "
    "Потрібен повний розмір або марка з моделлю. Повертає до трьох пропозицій з id, ціною і наявністю."
)
async def search_tires(wanted: SearchTires, desk: Desk) -> ToolResult:
    by_size = wanted.width and wanted.profile and wanted.diameter
    by_vehicle = wanted.vehicle_make and wanted.vehicle_model
    if not (by_size or by_vehicle):
        return ToolResult({"error": "Замало даних: потрібен повний розмір або марка й модель авто. Запитай абонента."}, success=False)
    query = TyreQuery(**{name: getattr(wanted, name) for name in SearchTires.__struct_fields__})
    found = await desk.shop.search_tyres(query, request_id=desk.request_id)
    if not found:
        return ToolResult({"found": 0, "note": "Нічого не знайдено. Запропонуй інший сезон, виробника чи розмір."})
    offers = sorted(found, key=lambda tyre: not tyre.in_stock)[:_TOLD_AT_ONCE]
    return ToolResult({"found": len(found), "tires": [_offer(tyre) for tyre in offers]})


@tool("Перевіряє, скільки цих шин є на складах і коли будуть. Потребує id шини з search_tires.")
async def check_availability(wanted: CheckAvailability, desk: Desk) -> ToolResult:
    stocks = await desk.shop.availability(wanted.tyre_id, request_id=desk.request_id)
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


def _offer(tyre: Tyre) -> dict[str, Any]:
    return {
        "id": tyre.id,
        "name": f"{tyre.brand} {tyre.model}",
        "size": tyre.size,
        "season": _SEASONS.get(tyre.season, tyre.season),
        "price": f"{tyre.price_uah} грн",
        "in_stock": tyre.stock_quantity if tyre.in_stock else 0,
    }


def _place(stock: Stock) -> dict[str, Any]:
    place: dict[str, Any] = {"warehouse": stock.warehouse, "quantity": stock.quantity}
    return place if stock.available_from is None else {**place, "available_from": stock.available_from}
