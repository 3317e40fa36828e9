"""GET /knowledge/search: what the shop wrote for its customers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ops.standins.shop_api import articles
from ops.standins.shop_api.articles import Category
from ops.standins.shop_api.errors import told
from ops.standins.shop_api.paging import Asked, Page, page_of
from ops.standins.shop_api.state import Shop


class Question(Asked):
    query: str | None = Field(None, min_length=1, max_length=500)
    category: Category | None = None
    limit: int = Field(5, ge=1, le=50)


class ArticleRow(BaseModel):
    id: str
    title: str
    category: Category
    content: str


def router(shop: Shop) -> APIRouter:
    routes = APIRouter(prefix="/knowledge", tags=["knowledge"])

    @routes.get("/search", response_model=Page[ArticleRow], responses=told())
    async def search(asked: Annotated[Question, Query()]) -> dict[str, Any]:
        """The best answers first; without a query all articles, for whoever copies them."""
        found = articles.search(shop.articles, asked.query, asked.category)
        return page_of([ArticleRow.model_validate(article, from_attributes=True) for article in found], per_page=asked.limit)

    return routes
