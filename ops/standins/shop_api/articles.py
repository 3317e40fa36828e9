"""What the shop wrote for its customers (``articles.json``), and a search by words over it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

SEED = Path(__file__).with_name("articles.json")
STEM = 5  # letters of a word that count: "доставка", "доставки" and "доставити" are one
SHORT = 3  # words below this say nothing
TITLE_WEIGHT = 3

Category = Literal["brands", "guides", "faq", "comparisons"]


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    category: Category
    title: str
    content: str


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in re.findall(r"\w+", text.casefold()) if len(word) >= SHORT}


def search(articles: Sequence[Article], query: str | None, category: Category | None) -> list[Article]:
    """Those that share words with *query*, the best first; without a query all of them, as they were written."""
    of_category = [article for article in articles if category in (None, article.category)]
    if query is None:
        return of_category
    wanted = _stems(query)
    scores = {a.id: TITLE_WEIGHT * len(wanted & _stems(a.title)) + len(wanted & _stems(a.content)) for a in of_category}
    return sorted((a for a in of_category if scores[a.id]), key=lambda a: -scores[a.id])


def load(path: Path = SEED) -> tuple[Article, ...]:
    """Raises ``msgspec.ValidationError`` naming the field that is wrong."""
    return msgspec.json.decode(path.read_bytes(), type=tuple[Article, ...])
