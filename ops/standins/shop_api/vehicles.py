"""GET /vehicles/tires: which sizes a car left the factory with, and what we have in them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ops.standins.shop_api.errors import ApiError, told
from ops.standins.shop_api.paging import Asked
from ops.standins.shop_api.state import Shop
from ops.standins.shop_api.tyres import ORDER, Season, TyreRow

RECOMMENDED = 5  # of each size


class Car(Asked):
    make: str = Field(min_length=1)
    model: str = Field(min_length=1)
    year: int = Field(ge=1950, le=2100)
    modification: str | None = None
    season: Season | None = None


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
    async def tires(query: Annotated[Car, Query()]) -> dict[str, Any]:
        for vehicle in shop.catalogue.vehicles:
            if (
                (vehicle.make.casefold(), vehicle.model.casefold()) == (query.make.casefold(), query.model.casefold())
                and vehicle.year_from <= query.year <= vehicle.year_to
                and query.modification in (None, vehicle.modification)
            ):
                break
        else:
            raise ApiError(404, f"no vehicle {query.make} {query.model} of {query.year}")
        best = sorted(shop.catalogue.tyres, key=ORDER["popularity"])
        fitting = {size: [t for t in best if t.size == size and query.season in (None, t.season)] for size in vehicle.oem_sizes}
        recommended = {size: [shop.shelf.shown(t) for t in tyres[:RECOMMENDED]] for size, tyres in fitting.items()}
        shown = {"make": vehicle.make, "model": vehicle.model, "year": query.year, "oem_sizes": vehicle.oem_sizes}
        return {"vehicle": shown, "recommended_tires": recommended}

    return routes
