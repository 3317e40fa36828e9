"""The shop's articles into PostgreSQL: all of them, category by category, and away with those that it no longer has.

await sync(dsn, "https://shop.example/api/v1", api_key)      # Synced(articles=20, retired=1)

The document of the shop's API gives GET /knowledge/search a limit and no pages: a category that does not come whole is updated,
and nothing of it is retired.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import httpx
import msgspec
import structlog
from psycopg import Error as PsycopgError

from agent.errors import KnowledgeFailed
from controller.journal.writer import connect
from controller.knowledge import STATEMENTS

CATEGORIES = ("brands", "guides", "faq", "comparisons")
LIMIT = 50
TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


class _Row(msgspec.Struct, frozen=True):
    id: str
    title: str
    content: str
    category: str | None = None


class _Pagination(msgspec.Struct, frozen=True):
    total: int


class _Page(msgspec.Struct, frozen=True):
    data: list[_Row]
    pagination: _Pagination | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    articles: int  # that the shop has
    retired: int  # that it has no longer


async def sync(dsn: str, base_url: str, api_key: str) -> Synced:
    """*base_url* includes ``/api/v1``. Raises ``KnowledgeFailed``; then the articles are what they were."""
    rows: dict[str, dict[str, str]] = {}
    whole: list[str] = []
    headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}
    try:
        # In a thread: it reads the authorities' certificates, some 50 ms without a frame for anybody.
        async with await asyncio.to_thread(httpx.AsyncClient, base_url=base_url, headers=headers, timeout=TIMEOUT_S) as client:
            for category in CATEGORIES:
                page = await _articles(client, category)
                rows |= {
                    row.id: {"external_id": row.id, "category": category, "title": row.title, "content": row.content} for row in page.data
                }
                if len(page.data) < LIMIT if page.pagination is None else len(page.data) >= page.pagination.total:
                    whole.append(category)
                else:
                    log.warning("knowledge_incomplete", category=category, articles=len(page.data))
    except (httpx.HTTPError, msgspec.MsgspecError) as failed:
        raise KnowledgeFailed(f"the shop's articles could not be read: {failed or type(failed).__name__}") from failed
    try:
        retired = await _store(dsn, rows, whole)
    except (PsycopgError, TimeoutError) as failed:
        raise KnowledgeFailed(f"PostgreSQL: {failed}") from failed
    log.info("knowledge_synced", articles=len(rows), retired=retired)
    return Synced(len(rows), retired)


async def _articles(client: httpx.AsyncClient, category: str) -> _Page:
    request_id = str(uuid.uuid4())
    answer = await client.get("/knowledge/search", params={"category": category, "limit": LIMIT}, headers={"X-Request-Id": request_id})
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=_Page)


async def _store(dsn: str, rows: dict[str, dict[str, str]], whole: list[str]) -> int:
    """In one transaction; how many were retired."""
    async with await connect(dsn, "callctl-knowledge-sync") as connection, connection.transaction():
        await connection.execute(STATEMENTS["put_articles"], {"rows": msgspec.json.encode(list(rows.values())).decode()})
        cursor = await connection.execute(STATEMENTS["retire_articles"], {"categories": whole, "kept": list(rows)})
        return cursor.rowcount
