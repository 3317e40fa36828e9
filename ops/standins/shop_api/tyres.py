"""GET /tires/search, /tires/{id}, /tires/{id}/availability."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ops.standins.shop_api.catalogue import Catalogue, Tyre
from ops.standins.shop_api.errors import ApiError

Season = Literal["summer", "winter", "all_season"]
Sort = Literal["price_asc", "price_desc", "popularity"]

ORDER: dict[Sort, Callable[[Tyre], tuple[int, str]]] = {
    "price_asc": lambda t: (t.price, t.id),
    "price_desc": lambda t: (-t.price, t.id),
    "popularity": lambda t: (-t.popularity, t.id),
}


class Search(BaseModel):
    """The filters; all given ones must hold."""

    model_config = ConfigDict(extra="forbid")

    width: int | None = Field(None, ge=100, le=400)
    profile: int | None = Field(None, ge=20, le=100)
    diameter: int | None = Field(None, ge=10, le=24)
    season: Season | None = None
    brand: str | None = Field(None, min_length=1, max_length=50)
    model: str | None = Field(None, min_length=1, max_length=50)
    min_price: int | None = Field(None, ge=0)
    max_price: int | None = Field(None, ge=0)
    in_stock: bool | None = None
    sort: Sort = "popularity"
    page: int = Field(1, ge=1)
    per_page: int = Field(20, ge=1, le=50)

    def accepts(self, tyre: Tyre) -> bool:
        return (
            all(wish is None or wish == getattr(tyre, name) for name, wish in self._exact())
            and (self.brand is None or self.brand.casefold() == tyre.brand.casefold())
            and (self.model is None or self.model.casefold() in tyre.model.casefold())
            and (self.min_price is None or tyre.price >= self.min_price)
            and (self.max_price is None or tyre.price <= self.max_price)
            and (self.in_stock is None or self.in_stock == (tyre.on_shelf > 0))
        )

    def _exact(self) -> tuple[tuple[str, int | str | None], ...]:
        return (("width", self.width), ("profile", self.profile), ("diameter", self.diameter), ("season", self.season))


def page_of(found: Sequence[Tyre], page: int, per_page: int) -> dict[str, Any]:
    """The API's list shape; a page beyond the last is empty, not an error."""
    start = (page - 1) * per_page
    total = len(found)
    pagination = {"page": page, "per_page": per_page, "total": total, "total_pages": -(-total // per_page)}
    return {"data": [t.shown() for t in found[start : start + per_page]], "pagination": pagination}


def router(catalogue: Catalogue, today: Callable[[], dt.date]) -> APIRouter:
    routes = APIRouter(prefix="/tires", tags=["tires"])
    by_id = {tyre.id: tyre for tyre in catalogue.tyres}

    def tyre_or_404(tyre_id: str) -> Tyre:
        try:
            return by_id[tyre_id]
        except KeyError:
            raise ApiError(404, f"there is no tyre {tyre_id!r}") from None

    @routes.get("/search")
    async def search(query: Annotated[Search, Query()]) -> dict[str, Any]:
        found = sorted((t for t in catalogue.tyres if query.accepts(t)), key=ORDER[query.sort])
        return page_of(found, query.page, query.per_page)

    @routes.get("/{tyre_id}")
    async def detail(tyre_id: str) -> dict[str, Any]:
        tyre = tyre_or_404(tyre_id)
        return {**tyre.shown(), "width": tyre.width, "profile": tyre.profile, "diameter": tyre.diameter}

    @routes.get("/{tyre_id}/availability")
    async def availability(tyre_id: str) -> dict[str, Any]:
        tyre, now = tyre_or_404(tyre_id), today()
        locations = [{"warehouse": s.warehouse, "quantity": s.quantity, "available_from": s.arrives(now)} for s in tyre.stock]
        return {"tire_id": tyre.id, "total_quantity": sum(s.quantity for s in tyre.stock), "locations": locations}

    return routes
