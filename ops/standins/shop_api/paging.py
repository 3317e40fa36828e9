"""The API's one list shape: ``{"data": [...], "pagination": {...}}``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row")


class Asked(BaseModel):
    """The parameters of a query; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid")


class PageAsked(Asked):
    page: int = Field(1, ge=1)
    per_page: int = Field(20, ge=1, le=50)


class Pagination(BaseModel):
    page: int
    per_page: int
    total: int
    total_pages: int


class Page(BaseModel, Generic[Row]):
    data: list[Row]
    pagination: Pagination


def page_of(rows: Sequence[Any], page: int = 1, per_page: int = 50) -> dict[str, Any]:
    """A page beyond the last is empty, not an error."""
    start = (page - 1) * per_page
    total = len(rows)
    pagination = {"page": page, "per_page": per_page, "total": total, "total_pages": -(-total // per_page)}
    return {"data": list(rows[start : start + per_page]), "pagination": pagination}
