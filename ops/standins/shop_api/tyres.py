"""GET /tires/search, /tires/{id}, /tires/{id}/availability."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ops.standins.shop_api.catalogue import Tyre
from ops.standins.shop_api.errors import ApiError, told
from ops.standins.shop_api.paging import Page, PageAsked, page_of
from ops.standins.shop_api.state import Shop

Season = Literal["summer", "winter", "all_season"]
Sort = Literal["price_asc", "price_desc", "popularity"]

ORDER: dict[Sort, Callable[[Tyre], tuple[int, str]]] = {
    "price_asc": lambda t: (t.price, t.id),
    "price_desc": lambda t: (-t.price, t.id),
    "popularity": lambda t: (-t.popularity, t.id),
}


class Search(PageAsked):
    """The filters; all given ones must hold."""

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

    def accepts(self, tyre: Tyre, on_shelf: int) -> bool:
        return (
            all(wish is None or wish == getattr(tyre, name) for name, wish in self._exact())
            and (self.brand is None or self.brand.casefold() == tyre.brand.casefold())
            and (self.model is None or self.model.casefold() in tyre.model.casefold())
            and (self.min_price is None or tyre.price >= self.min_price)
            and (self.max_price is None or tyre.price <= self.max_price)
            and (self.in_stock is None or self.in_stock == (on_shelf > 0))
        )

    def _exact(self) -> tuple[tuple[str, int | str | None], ...]:
        return (("width", self.width), ("profile", self.profile), ("diameter", self.diameter), ("season", self.season))


class TyreRow(BaseModel):
    """A tyre in a list."""

    id: str
    brand: str
    model: str
    size: str
    season: Season
    load_index: int
    speed_index: str
    price: int
    in_stock: bool
    stock_quantity: int


class TyreDetail(TyreRow):
    width: int
    profile: int
    diameter: int


class Location(BaseModel):
    warehouse: str
    quantity: int
    available_from: dt.date | None


class Availability(BaseModel):
    tire_id: str
    total_quantity: int
    locations: list[Location]


def router(shop: Shop) -> APIRouter:
    routes = APIRouter(prefix="/tires", tags=["tires"])

    def tyre_or_404(tyre_id: str) -> Tyre:
        try:
            return shop.shelf.tyres[tyre_id]
        except KeyError:
            raise ApiError(404, f"there is no tyre {tyre_id!r}") from None

    @routes.get("/search", response_model=Page[TyreRow], responses=told())
    async def search(query: Annotated[Search, Query()]) -> dict[str, Any]:
        found = sorted((t for t in shop.catalogue.tyres if query.accepts(t, shop.shelf.quantity(t.id))), key=ORDER[query.sort])
        return page_of([shop.shelf.shown(tyre) for tyre in found], query.page, query.per_page)

    @routes.get("/{tyre_id}", response_model=TyreDetail, responses=told(404))
    async def detail(tyre_id: str) -> dict[str, Any]:
        tyre = tyre_or_404(tyre_id)
        return {**shop.shelf.shown(tyre), "width": tyre.width, "profile": tyre.profile, "diameter": tyre.diameter}

    @routes.get("/{tyre_id}/availability", response_model=Availability, responses=told(404))
    async def availability(tyre_id: str) -> dict[str, Any]:
        return shop.shelf.availability(tyre_or_404(tyre_id), shop.now().date())

    return routes
