"""The shop's articles for callers' questions: ``agent.ports.Knowledge`` over PostgreSQL's table ``knowledge_articles``.

async with PostgresKnowledge.open(dsn) as knowledge:
    await knowledge.search("яка гарантія на шини")      # the best first; within a second, or KnowledgeFailed
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources

import psycopg

from agent.errors import KnowledgeFailed
from agent.ports import Article
from controller.journal.queries import load
from controller.reader import Reader
from controller.words import words_of

TIMEOUT_S = 1.0
LEAST_SHARE = 0.15  # of a question that an article must have: one of three rare words, and not only the town in its text

STATEMENTS = load(resources.files(__package__).joinpath("knowledge.sql").read_text("utf-8"))


class PostgresKnowledge:
    def __init__(self, reader: Reader, *, timeout_s: float = TIMEOUT_S) -> None:
        self._reader = reader
        self._timeout_s = timeout_s

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, *, timeout_s: float = TIMEOUT_S) -> AsyncIterator[PostgresKnowledge]:
        """Also while PostgreSQL is down: then questions fail until it is there."""
        async with Reader.open(dsn, "callctl-knowledge") as reader:
            yield cls(reader, timeout_s=timeout_s)

    async def search(self, question: str, *, category: str | None = None, limit: int = 3) -> Sequence[Article]:
        words = words_of(question)
        if not words:
            return []
        asked = {
            "words": [word.whole for word in words],
            "stems": [word.stem for word in words],
            "category": category,
            "limit": limit,
            "least_share": LEAST_SHARE,
        }
        try:
            rows = await self._reader.fetch(STATEMENTS["search_articles"], asked, timeout_s=self._timeout_s)
        except (psycopg.Error, TimeoutError) as failed:
            raise KnowledgeFailed(f"PostgreSQL: {failed}") from failed
        return [Article(row["title"], row["content"], row["category"]) for row in rows]
