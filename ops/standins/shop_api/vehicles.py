"""GET /vehicles/tires: which sizes a car left the factory with, and what we have in them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ops.standins.shop_api.catalogue import Catalogue
from ops.standins.shop_api.errors import ApiError
from ops.standins.shop_api.tyres import ORDER, Season

RECOMMENDED = 5  # of each size


def router(catalogue: Catalogue) -> APIRouter:
    routes = APIRouter(prefix="/vehicles", tags=["vehicles"])

    @routes.get("/tires")
    async def tires(
        make: Annotated[str, Query(min_length=1)],
        model: Annotated[str, Query(min_length=1)],
        year: Annotated[int, Query(ge=1950, le=2100)],
        modification: str | None = None,
        season: Season | None = None,
    ) -> dict[str, Any]:
        for vehicle in catalogue.vehicles:
            if (
                (vehicle.make.casefold(), vehicle.model.casefold()) == (make.casefold(), model.casefold())
                and vehicle.year_from <= year <= vehicle.year_to
                and modification in (None, vehicle.modification)
            ):
                break
        else:
            raise ApiError(404, f"no vehicle {make} {model} of {year}")
        best = sorted(catalogue.tyres, key=ORDER["popularity"])
        recommended = {
            size: [t.shown() for t in best if t.size == size and season in (None, t.season)][:RECOMMENDED] for size in vehicle.oem_sizes
        }
        shown = {"make": vehicle.make, "model": vehicle.model, "year": year, "oem_sizes": vehicle.oem_sizes}
        return {"vehicle": shown, "recommended_tires": recommended}

    return routes
