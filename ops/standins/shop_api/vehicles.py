"""GET /vehicles/tires: which sizes a car left the factory with, and what we have in them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ops.standins.shop_api.errors import ApiError, told
from ops.standins.shop_api.state import Shop
from ops.standins.shop_api.tyres import ORDER, Season, TyreRow

RECOMMENDED = 5  # of each size


class Vehicle(BaseModel):
    make: str
    model: str
    year: int
    oem_sizes: list[str]  # the factory's choice first


class VehicleTyres(BaseModel):
    vehicle: Vehicle
    recommended_tires: dict[str, list[TyreRow]]  # by size


def router(shop: Shop) -> APIRouter:
    routes = APIRouter(prefix="/vehicles", tags=["vehicles"])

    @routes.get("/tires", response_model=VehicleTyres, responses=told(404))
    async def tires(
        make: Annotated[str, Query(min_length=1)],
        model: Annotated[str, Query(min_length=1)],
        year: Annotated[int, Query(ge=1950, le=2100)],
        modification: str | None = None,
        season: Season | None = None,
    ) -> dict[str, Any]:
        for vehicle in shop.catalogue.vehicles:
            if (
                (vehicle.make.casefold(), vehicle.model.casefold()) == (make.casefold(), model.casefold())
                and vehicle.year_from <= year <= vehicle.year_to
                and modification in (None, vehicle.modification)
            ):
                break
        else:
            raise ApiError(404, f"no vehicle {make} {model} of {year}")
        best = sorted(shop.catalogue.tyres, key=ORDER["popularity"])
        fitting = {size: [t for t in best if t.size == size and season in (None, t.season)] for size in vehicle.oem_sizes}
        recommended = {size: [shop.shelf.shown(t) for t in tyres[:RECOMMENDED]] for size, tyres in fitting.items()}
        shown = {"make": vehicle.make, "model": vehicle.model, "year": year, "oem_sizes": vehicle.oem_sizes}
        return {"vehicle": shown, "recommended_tires": recommended}

    return routes
