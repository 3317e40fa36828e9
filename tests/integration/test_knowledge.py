"""Callers' questions, inflected as they are spoken, answered by PostgreSQL from the shop's articles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg
import pytest
import respx

import migrations
from agent.errors import KnowledgeFailed
from controller.knowledge import PostgresKnowledge
from controller.knowledge_sync import Synced, sync
from controller.words import fold
from ops.devstack import DevStack

SHOP = "https://shop.example/api/v1"
ARTICLES: dict[str, list[tuple[str, str, str]]] = {
    "faq": [
        ("delivery", "Доставка: умови, вартість і строки", "Доставка коштує 150 гривень за шину, до Одеси два дні."),
        ("payment", "Оплата замовлення", "Оплатити шини можна при отриманні або онлайн. Передоплата не потрібна."),
        ("warranty", "Гарантія на шини", "На всі нові шини діє гарантія виробника: п'ять років на заводські дефекти."),
        ("return", "Повернення й обмін", "Шини, які не монтували, можна повернути протягом чотирнадцяти днів."),
        ("hours", "Графік роботи магазину й шиномонтажу", "Шиномонтаж працює з понеділка по суботу, з дев'ятої до вісімнадцятої."),
    ],
    "guides": [
        ("storage", "Сезонне зберігання шин", "Приймаємо комплект на зберігання до шести місяців."),
        ("pressure", "Тиск у шинах", "Потрібний тиск указано на табличці в прорізі дверей."),
        ("size", "Як прочитати розмір шини", "У маркуванні 205/55 R16 перше число 205 це ширина в міліметрах."),
        ("studs", "Шиповані чи фрикційні зимові шини", "Шиповані шини кращі на голому льоду."),
    ],
    "comparisons": [
        ("allseason", "Зимові чи всесезонні шини: що обрати", "Всесезонні шини підходять для м'якої зими; взимку на льоду вони гірші."),
    ],
    "brands": [("michelin", "Michelin: французький преміум", "Michelin це французький виробник шин з великим ресурсом.")],
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(stack: DevStack) -> Iterator[str]:
    """With all articles, for tests that only ask."""
    dsn = stack.postgres.create_database("knowledge_filled")
    migrations.upgrade(dsn)
    with respx.mock(base_url=SHOP) as shop:
        shop.get("/knowledge/search").mock(side_effect=FakeLibrary(ARTICLES))
        asyncio.run(sync(dsn, SHOP, "key"))
    yield dsn
    stack.postgres.drop_database("knowledge_filled")


@pytest.fixture
async def asked(filled: str) -> AsyncIterator[PostgresKnowledge]:
    async with PostgresKnowledge.open(filled) as opened:
        yield opened


class FakeLibrary:
    """The shop's GET /knowledge/search as its document describes it: by category, with a limit and no pages."""

    def __init__(self, articles: dict[str, list[tuple[str, str, str]]]) -> None:
        self.articles = {category: list(rows) for category, rows in articles.items()}
        self.total_more = 0  # articles that the limit cuts off
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] != "Bearer key" or "X-Request-Id" not in request.headers:
            return httpx.Response(401, json={"error": {"code": "unauthorized", "message": "no", "request_id": "1"}})
        category, limit = request.url.params["category"], int(request.url.params["limit"])
        found = self.articles.get(category, [])[:limit]
        data = [{"id": id_, "title": title, "category": category, "content": content} for id_, title, content in found]
        pagination = {"page": 1, "per_page": limit, "total": len(data) + self.total_more, "total_pages": 1}
        return httpx.Response(self.status, json={"data": data, "pagination": pagination})


@pytest.fixture
def library() -> Iterator[FakeLibrary]:
    library = FakeLibrary(ARTICLES)
    with respx.mock(base_url=SHOP) as shop:
        shop.get("/knowledge/search").mock(side_effect=library)
        yield library


@pytest.fixture
async def knowledge(dsn: str, library: FakeLibrary) -> AsyncIterator[PostgresKnowledge]:
    await sync(dsn, SHOP, "key")
    async with PostgresKnowledge.open(dsn) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("яка гарантія на шини", "Гарантія на шини"),
        ("Скажіть, а чи є у вас якісь гарантії?", "Гарантія на шини"),
        ("скільки коштує доставка", "Доставка: умови, вартість і строки"),
        ("за доставку скільки треба заплатити?", "Доставка: умови, вартість і строки"),
        ("чи можна їздити на всесезонних взимку", "Зимові чи всесезонні шини: що обрати"),
        ("можу я повернути шини, якщо не підійдуть", "Повернення й обмін"),
        ("як до вас здати колеса на сезонне зберігання", "Сезонне зберігання шин"),
        ("який має бути тиск у колесах", "Тиск у шинах"),
        ("що означають цифри 205/55", "Як прочитати розмір шини"),
        ("коли працює шиномонтаж у суботу", "Графік роботи магазину й шиномонтажу"),
        ("розкажіть про мішлен michelin", "Michelin: французький преміум"),
        ("какая гарантия на шины", "Гарантія на шини"),
        ("сколько стоит доставка", "Доставка: умови, вартість і строки"),
        ("шипованые или фрикционные", "Шиповані чи фрикційні зимові шини"),
        ("гаранттія", "Гарантія на шини"),
    ],
)
async def test_a_question_finds_its_article_whatever_the_endings(asked: PostgresKnowledge, question: str, answer: str) -> None:
    found = await asked.search(question)
    assert [article.title for article in found][:1] == [answer]
    assert len(found) <= 3


@pytest.mark.parametrize("question", ["", "ну а що у вас", "'; DROP TABLE calls; --", "яка завтра погода в Одесі", "& | ! :*", "ї" * 5_000])
async def test_a_question_that_no_article_answers_finds_none(asked: PostgresKnowledge, question: str) -> None:
    assert await asked.search(question) == []


async def test_only_the_category_that_was_asked_for_is_searched(asked: PostgresKnowledge) -> None:
    found = await asked.search("зимові шини", category="guides")
    assert {article.category for article in found} == {"guides"}
    assert len(await asked.search("зимові шини", limit=1)) == 1


async def test_what_the_shop_changed_and_took_away_is_changed_and_taken_away(
    dsn: str, library: FakeLibrary, knowledge: PostgresKnowledge
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO knowledge_articles (category, title, content) VALUES ('faq', 'Наша гарантія', 'Наше.')")
    times = _updated(dsn)
    library.articles["faq"] = [row for row in library.articles["faq"] if row[0] != "warranty"]
    library.articles["faq"][1] = ("payment", "Оплата карткою", "Карткою або готівкою.")
    assert await sync(dsn, SHOP, "key") == Synced(articles=10, retired=1)
    assert [article.title for article in await knowledge.search("гарантія")] == ["Наша гарантія"]
    assert [article.title for article in await knowledge.search("оплата карткою")] == ["Оплата карткою"]
    changed = {id_ for id_, at in _updated(dsn).items() if at != times[id_]}
    assert changed == {"warranty", "payment"}
    library.articles["faq"].append(ARTICLES["faq"][2])
    assert await sync(dsn, SHOP, "key") == Synced(articles=11, retired=0)
    assert "Гарантія на шини" in [article.title for article in await knowledge.search("гарантія")]


async def test_of_a_category_that_does_not_come_whole_nothing_is_taken_away(
    dsn: str, library: FakeLibrary, knowledge: PostgresKnowledge
) -> None:
    library.articles["faq"].clear()
    library.total_more = 1
    assert await sync(dsn, SHOP, "key") == Synced(articles=6, retired=0)
    assert await knowledge.search("гарантія")


@pytest.mark.parametrize("status", [401, 500, 503])
async def test_a_shop_that_fails_changes_nothing(dsn: str, library: FakeLibrary, knowledge: PostgresKnowledge, status: int) -> None:
    library.status = status
    with pytest.raises(KnowledgeFailed, match=str(status)):
        await sync(dsn, SHOP, "key")
    assert await knowledge.search("гарантія")


async def test_without_postgresql_a_question_fails_at_once() -> None:
    async with PostgresKnowledge.open("postgresql://callctl@127.0.0.1:1/callctl") as knowledge:
        began_s = time.monotonic()
        with pytest.raises(KnowledgeFailed, match="refused"):
            await knowledge.search("гарантія")
        assert time.monotonic() - began_s < 0.5


async def test_a_postgresql_that_hangs_fails_in_time_and_questions_go_on_when_it_is_back(filled: str) -> None:
    with psycopg.connect(filled) as holder:
        holder.execute("LOCK TABLE knowledge_articles IN ACCESS EXCLUSIVE MODE")
        async with PostgresKnowledge.open(filled, timeout_s=0.3) as impatient:
            began_s = time.monotonic()
            for outcome in await asyncio.gather(*(impatient.search("гарантія") for _ in range(3)), return_exceptions=True):
                assert isinstance(outcome, KnowledgeFailed)
            assert time.monotonic() - began_s < 1.0
            holder.rollback()
            assert await impatient.search("гарантія")


async def test_a_connection_that_died_is_made_again(filled: str, asked: PostgresKnowledge) -> None:
    assert await asked.search("гарантія")
    with psycopg.connect(filled, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'callctl-knowledge'")
    assert await asked.search("гарантія")


async def test_questions_at_once_are_all_answered(asked: PostgresKnowledge) -> None:
    found = await asyncio.gather(*(asked.search("гарантія") for _ in range(30)))
    assert all(articles[0].title == "Гарантія на шини" for articles in found)


async def test_a_large_library_is_searched_within_its_time(dsn: str, knowledge: PostgresKnowledge) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO knowledge_articles (category, title, content) SELECT 'guides', 'Стаття ' || n,"
            " repeat('Літні шини для міста й траси, тихі та економні. ', 20) || n FROM generate_series(1, 300) n"
        )
    for question in ("яка гарантія на шини", "гаранттія на шшини"):  # the second by trigrams
        assert (await knowledge.search(question))[0].title == "Гарантія на шини"


def test_words_are_folded_alike_in_python_and_in_the_database(filled: str) -> None:
    text = "".join(map(chr, range(32, 0x600))) + "’ʼ М'ята Об’їзд Ґанок Ёлка Щука МИШЛЕН Michelin 205/55 R16"
    with psycopg.connect(filled) as connection:
        row = connection.execute("SELECT fold_words(%s)", [text]).fetchone()
    assert row is not None
    assert row[0] == fold(text)


def _updated(dsn: str) -> dict[str | None, Any]:
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute("SELECT external_id, updated_at FROM knowledge_articles").fetchall())
