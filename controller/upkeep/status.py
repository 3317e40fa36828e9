"""The state of the database, and what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

import migrations
from controller.journal import partitions
from controller.journal.partitions import Part, Retention, months_from, part_name
from controller.journal.queries import load

QUERIES = load(resources.files(__package__).joinpath("upkeep.sql").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Size:
    """A table, over all of its months."""

    table: str
    months: list[str]  # 2026-11, ...; empty for one that has none
    rows_about: int  # as PostgreSQL estimates
    bytes: int


@dataclass(frozen=True, slots=True)
class Status:
    database: str
    version: str  # of the server
    revision: str | None
    sizes: list[Size]
    wrong: list[str]  # what must be done, in words
    notes: list[str]  # what will be done by itself


async def look(connection: AsyncConnection[Any], now: datetime, retention: Retention) -> Status:
    version = (await _rows(connection, "version"))[0]
    revision = next((row["version_num"] for row in await _rows(connection, "revision")), None) if version["migrated"] else None
    wrong: list[str] = []
    notes: list[str] = []
    sizes: list[Size] = []
    if revision != migrations.head():
        wrong.append(f"The schema is {revision or 'missing'}, needed is {migrations.head()}: callctl db upgrade")
    if revision is not None:
        there = await partitions.parts(connection)
        told = judged(there, now, retention)
        wrong, notes = wrong + told[0], told[1]
        sizes = _sizes(await _rows(connection, "relations"), there)
    return Status(version["database"], version["version"], revision, sizes, wrong, notes)


def judged(there: list[Part], now: datetime, retention: Retention) -> tuple[list[str], list[str]]:
    """What is wrong with the months, and what the next daily upkeep of a controller will mend."""
    attached = {part.name for part in there if part.attached}
    wrong: list[str] = []
    notes: list[str] = []
    for distance, month in enumerate(months_from(now)):
        missing = [table for table in partitions.TABLES if part_name(table, month) not in attached]
        if missing:
            what = f"{month:%Y-%m} is missing in {', '.join(missing)}: callctl db partitions"
            (notes if distance == partitions.AHEAD else wrong).append(what)
    over = [part.name for part in there if partitions.expired(part.name, now - retention.of(part.table))]
    if over:
        notes.append(f"Kept too long: {', '.join(over)}: callctl db retention")
    return wrong, notes


def _sizes(relations: list[dict[str, Any]], parts: list[Part]) -> list[Size]:
    months: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        month = part.name.removeprefix(f"{part.table}_y").replace("m", "-")
        months[part.table].append(month if part.attached else f"{month} (detached)")
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in relations:
        tables[row["base"]].append(row)
    return [
        Size(base, months[base], sum(row["rows_about"] for row in rows), sum(row["bytes"] for row in rows))
        for base, rows in sorted(tables.items())
    ]


async def _rows(connection: AsyncConnection[Any], statement: str) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(QUERIES[statement])
        return await cursor.fetchall()
