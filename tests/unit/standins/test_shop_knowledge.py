"""What the shop's stand-in knows: every question a customer asks finds its article first."""

from __future__ import annotations

import pytest

from ops.standins.shop_api.articles import load
from tests.unit.standins.shop_counter import Counter, fresh_shop, refusal


@pytest.fixture
def shop() -> Counter:
    return fresh_shop()


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("скільки коштує доставка", "kb-delivery"),
        ("як можна оплатити замовлення", "kb-payment"),
        ("яка гарантія на шини", "kb-warranty"),
        ("чи можна повернути шини", "kb-return"),
        ("який у вас графік роботи", "kb-hours"),
        ("сезонне зберігання шин", "kb-storage"),
        ("що таке run flat", "kb-runflat"),
        ("шиповані чи липучки", "kb-studs"),
        ("як прочитати розмір шини", "kb-size"),
        ("зимові чи всесезонні", "kb-winter-allseason"),
        ("Michelin чи Nokian, порівняння", "kb-michelin-nokian"),
        ("який тиск має бути в шинах", "kb-pressure"),
        ("коли міняти шини на зимові", "kb-when"),
    ],
)
def test_a_question_finds_its_article(shop: Counter, question: str, article: str) -> None:
    assert shop.get("/knowledge/search", query=question)["data"][0]["id"] == article


def test_a_category_and_a_limit_narrow_the_answers(shop: Counter) -> None:
    rows = shop.get("/knowledge/search", query="зимові шини", category="brands", limit=2)["data"]
    assert [row["category"] for row in rows] == ["brands", "brands"]
    assert refusal(shop.ask("GET", "/knowledge/search", category="gossip")) == (422, "validation_error")


def test_what_nobody_wrote_about_is_not_found(shop: Counter) -> None:
    assert shop.get("/knowledge/search", query="рецепт борщу")["data"] == []


def test_without_a_query_all_articles_come_for_whoever_copies_them(shop: Counter) -> None:
    assert [row["id"] for row in shop.get("/knowledge/search", limit=50)["data"]] == [article.id for article in load()]


def test_an_article_can_be_read_out(shop: Counter) -> None:
    assert all(len(article.content) < 500 for article in load())
    assert len({article.id for article in load()}) == len(load()) >= 12
