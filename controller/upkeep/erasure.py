"""Everything of one telephone number, erased: in every table and month, with proof.

    find ─► Plan ─► somebody's yes ─► erase ─► Receipt, which is also a row of the audit trail
    (reads, month by month)           (one short transaction, which looks again for calls that began since)

- **His calls**: those from his number, and those from no number in which somebody asked to be rung back on his, as nothing else tells whose
  these are. A call from another's number is that one's. Whether in it he asked to be rung on a second telephone, or somebody else asked for
  him to be rung, nobody can tell: the call back goes, and his number in the text.
- They go with all that was said, done and logged in them: rows are deleted. What people say is free text, a name, an address, a car's
  plate; no column of it can be blanked with certainty, a row that is gone is gone. So do his name and his call backs.
- **What people did with his calls** stays in the audit trail, without what they wrote.
- **His number in other people's calls** ("ring my wife on ...") is taken out of the text; the rest is theirs.

Looking for the number reads whole tables and may take minutes; it locks nothing. The transaction behind it touches, by their keys, the
rows that were found, and waits at most ``LOCK_S`` for anybody. It holds the lock of those who drop months: none vanishes meanwhile.

A receipt holds the number in masked form and the ids of what was erased. When an old backup brings erased rows back, the ids find them and
they tell the number: ``numbers_again``. What was still on its way from a spool finds its end in the next erasure of the number, which
looks behind the calls of the earlier ones, too.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from agent.phone import normalise
from controller.journal import partitions
from controller.journal.queries import LONGEST_CALL, load
from controller.upkeep.numbers import masked, pattern

QUERIES = load(resources.files(__package__).joinpath("upkeep.sql").read_text("utf-8"))
ACTION = "customer.erase"
SPARED = ["alembic_version", "api_tokens", "knowledge_articles", "operators"]
"""Tables that hold nothing of callers: the shop's texts and our own people. Every other table is searched, also one that is new."""
LOCK_S = 5
SCAN_S = 1_800  # of one month

Tell = Callable[[str], None]
Counts = dict[str, dict[str, int]]
"""Rows by table and, of these, by month: {"call_turns": {"call_turns_y2026m11": 12}}."""


@dataclass(frozen=True, slots=True)
class Table:
    """One that holds rows: a plain one, or a month of a partitioned one, attached or already detached."""

    name: str
    base: str
    has_call: bool
    texts: list[str]
    objects: list[str]  # jsonb

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.name)

    def told(self) -> sql.Composable:
        """All its texts as one; what divides them is no part of a number."""
        columns = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in (*self.texts, *self.objects)]
        return sql.SQL("concat_ws(chr(1), {})").format(sql.SQL(", ").join(columns))


@dataclass(frozen=True, slots=True)
class Plan:
    phone: str
    since: datetime  # a call that began before is over, whatever its row says
    calls: list[uuid.UUID]
    going_on: list[uuid.UUID]  # of these: not over
    leftovers: list[uuid.UUID]  # calls that were erased before
    mentions: dict[str, list[uuid.UUID]]  # by table: rows of anybody's in which the number stands


class CallBegan(Exception):
    """He rang after the plan was made, and is still talking; nothing was done."""

    def __init__(self, calls: list[uuid.UUID]) -> None:
        super().__init__(", ".join(map(str, calls)))


@dataclass(frozen=True, slots=True)
class Receipt:
    number: str  # masked
    calls: list[str]
    customers: list[str]
    callbacks: list[str]
    deleted: Counts = field(default_factory=dict)
    blanked: Counts = field(default_factory=dict)  # kept without the number, and in the audit trail without words

    @property
    def rows(self) -> int:
        return sum(sum(months.values()) for counts in (self.deleted, self.blanked) for months in counts.values())


async def find(connection: AsyncConnection[Any], phone: str, now: datetime, tell: Tell = lambda _: None) -> Plan:
    """What there is of *phone*, in the form of ``agent.phone.normalise``. *connection* must be in autocommit."""
    await connection.execute(sql.SQL("SET statement_timeout = {}").format(f"{SCAN_S}s"))
    tables = await _tables(connection)
    mentions: dict[str, list[uuid.UUID]] = {}
    for number, table in enumerate(tables, 1):
        tell(f"Looking for the number: {table.name}, {number} of {len(tables)}")
        if table.texts or table.objects:
            there = sql.SQL("SELECT id FROM {} WHERE {} ~ %(pattern)s").format(table.identifier, table.told())
            if found := await _ids(connection, there, pattern=pattern(phone)):
                mentions[table.name] = found
    since = now - LONGEST_CALL
    calls, going_on = await _calls_of(connection, tables, phone, since)
    before = await _ids(connection, sql.SQL(QUERIES["erasures_of"]), number=masked(phone))
    return Plan(phone=phone, since=since, calls=calls, going_on=going_on, leftovers=before, mentions=mentions)


async def erase(connection: AsyncConnection[Any], plan: Plan, note: Callable[[Receipt], tuple[str, Mapping[str, Any]]]) -> Receipt:
    """Do it, and write it down by *note*'s statement and parameters: all of it or nothing.

    Raises ``CallBegan``; when somebody is in the way ``psycopg.errors.LockNotAvailable`` or ``DeadlockDetected``; nothing was done.
    """
    async with connection.transaction():
        await connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(f"{LOCK_S}s"))
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [partitions.LOCK])
        tables = await _tables(connection)
        calls, going_on = await _calls_of(connection, tables, plan.phone, plan.since)
        if began := [id_ for id_ in going_on if id_ not in plan.going_on]:
            raise CallBegan(began)
        plan = replace(plan, calls=list(dict.fromkeys(plan.calls + calls)))
        erased = _Erasing(connection, plan)
        for table in tables:
            await erased.delete(table)
            await erased.blank(table)
        receipt = Receipt(
            masked(plan.phone), [str(id_) for id_ in plan.calls], erased.customers, erased.callbacks, erased.deleted, erased.blanked
        )
        statement, parameters = note(receipt)
        await connection.execute(statement, parameters)
    return receipt


async def numbers_again(connection: AsyncConnection[Any], receipts: Iterable[Mapping[str, Any]]) -> list[str]:
    """The numbers of what *receipts* tell of and the database has again, from a backup that is older."""
    found: set[str] = set()
    erased: set[str] = set()
    gone: dict[str, list[str]] = {"calls": [], "customers": [], "callbacks": []}
    for receipt in receipts:
        erased.add(receipt["number"])
        for name, ids in gone.items():
            ids += [str(uuid.UUID(id_)) for id_ in receipt[name]]
    for name, column in (("calls", "caller_id"), ("customers", "phone"), ("callbacks", "phone")):
        there = sql.SQL("SELECT DISTINCT {} FROM {} WHERE id = ANY(%s::uuid[])").format(sql.Identifier(column), sql.Identifier(name))
        cursor = await connection.execute(there, [gone[name]])
        found |= {normalise(number) for (number,) in await cursor.fetchall()}
    # With a call went the call backs to others, who did not ask to be erased.
    return sorted(number for number in found - {""} if masked(number) in erased)


class _Erasing:
    """Within the transaction: table by table."""

    def __init__(self, connection: AsyncConnection[Any], plan: Plan) -> None:
        self._connection = connection
        self._plan = plan
        self._of_calls = {"calls": [*plan.calls, *plan.leftovers]}
        self.deleted: Counts = {}
        self.blanked: Counts = {}
        self.customers: list[str] = []
        self.callbacks: list[str] = []

    async def delete(self, table: Table) -> None:
        """Rows that are his: by his calls, by his number."""
        wheres: list[str] = []
        if table.base == "calls":
            wheres.append("id = ANY(%(calls)s)")
        elif table.has_call and table.base != "audit":
            wheres.append("call_id = ANY(%(calls)s)")
        if table.base in ("customers", "callbacks"):
            wheres.append("phone ~ %(pattern)s")
        if not wheres:
            return
        gone = await _ids(
            self._connection,
            sql.SQL("DELETE FROM {} WHERE {} RETURNING id").format(table.identifier, sql.SQL(" OR ").join(map(sql.SQL, wheres))),
            **self._of_calls,
            pattern=pattern(self._plan.phone),
        )
        if table.base == "customers":
            self.customers = [str(id_) for id_ in gone]
        elif table.base == "callbacks":
            self.callbacks = [str(id_) for id_ in gone]
        _count(self.deleted, table, len(gone))

    async def blank(self, table: Table) -> None:
        """Rows that stay: without words in the audit trail of his calls, without his number everywhere."""
        changed = Counter[uuid.UUID]()
        if table.base == "audit":
            words = sql.SQL(
                "UPDATE {} SET why = '', arguments = '{{}}'"
                " WHERE call_id = ANY(%(calls)s) AND (why <> '' OR arguments <> '{{}}') RETURNING id"
            ).format(table.identifier)
            changed.update(await _ids(self._connection, words, **self._of_calls))
        if mentioned := self._plan.mentions.get(table.name):
            parts = [sql.SQL("{0} = regexp_replace({0}, %(pattern)s, '***', 'g')").format(sql.Identifier(name)) for name in table.texts] + [
                # A number that is no text in it stays one, so that it remains JSON.
                sql.SQL("{0} = regexp_replace({0}::text, %(pattern)s, '0', 'g')::jsonb").format(sql.Identifier(name))
                for name in table.objects
            ]
            without = sql.SQL("UPDATE {} SET {} WHERE id = ANY(%(ids)s) AND {} ~ %(pattern)s RETURNING id").format(
                table.identifier, sql.SQL(", ").join(parts), table.told()
            )
            changed.update(await _ids(self._connection, without, pattern=pattern(self._plan.phone), ids=mentioned))
        _count(self.blanked, table, len(changed))


def _count(counts: Counts, table: Table, rows: int) -> None:
    """Each table is told, also one in which nothing was found."""
    months = counts.setdefault(table.base, {})
    if rows:
        months[table.name] = rows


async def _tables(connection: AsyncConnection[Any]) -> list[Table]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(QUERIES["columns"], {"spared": SPARED})
        return [Table(**row) for row in await cursor.fetchall()]


async def _calls_of(
    connection: AsyncConnection[Any], tables: Iterable[Table], phone: str, since: datetime
) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """His calls, and those of them that are not over."""
    calls: list[uuid.UUID] = []
    going_on: list[uuid.UUID] = []
    for table in tables:
        if table.base != "calls":
            continue
        his = sql.SQL(QUERIES["calls_of"]).format(calls=table.identifier)
        cursor = await connection.execute(his, {"pattern": pattern(phone), "since": since})
        for id_, is_open in await cursor.fetchall():
            calls.append(id_)
            if is_open:
                going_on.append(id_)
    return calls, going_on


async def _ids(connection: AsyncConnection[Any], statement: sql.SQL | sql.Composed, **parameters: object) -> list[uuid.UUID]:
    cursor = await connection.execute(statement, parameters)
    return [id_ for (id_,) in await cursor.fetchall()]


def is_receipt(value: Any) -> bool:
    """Whether a line of JSON is a receipt, as ``callctl db erase`` prints it."""
    if not isinstance(value, dict) or not isinstance(value.get("number"), str):
        return False
    lists = [value.get(name) for name in ("calls", "customers", "callbacks")]
    return all(isinstance(ids, list) and all(isinstance(id_, str) and re.fullmatch(r"[0-9a-f-]{36}", id_) for id_ in ids) for ids in lists)
