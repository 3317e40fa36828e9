"""Words that are programs, from a caller's mouth to PostgreSQL and back: every text that reaches a query is kept and found as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from controller.journal.records import Audited, CallBackNoted, CustomerNamed, Logged, ToolCalled, TurnRecorded, WriteStaged
from controller.knowledge import PostgresKnowledge
from ops.devstack import DevStack
from ops.fuzz.values import HOSTILE
from tests.fakes.recorded_calls import call_revised, new_call_id, now_ms, tool_called, turn_recorded
from tests.integration.api.house import House, open_house
from tests.integration.database import migrated_database

TABLES = ("calls", "call_turns", "call_tool_calls", "call_events", "customers", "callbacks", "audit")
TEXTS = [text for text in HOSTILE if text]


@pytest.fixture(scope="module")
def dsn(stack: DevStack) -> Iterator[str]:
    with migrated_database(stack, "hostile") as dsn:
        yield dsn


@pytest.fixture
async def house(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(dsn, tmp_path, rate_per_minute=10_000) as house:
        yield house


def kept(text: str) -> str:
    """What PostgreSQL can hold of *text*."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def records(text: str, call_id: str, number: int) -> list[Any]:
    at_ms, phone = now_ms(), f"+38067{number:07d}"
    call = msgspec.structs.replace(
        call_revised(call_id, 9, ended_at_ms=at_ms), caller_id=text, channel_id=text, outcome=text, ended_by=text, transfer_reason=text
    )
    turn = turn_recorded(call_id, 1, text)
    used = tool_called(call_id, 1)
    tool = msgspec.structs.replace(used.call, name=text, arguments={text: text}, result={"said": [text]}, request_id=text)
    return [
        call,
        TurnRecorded(call_id=call_id, turn=msgspec.structs.replace(turn.turn, heard_text=text, language=text[:8])),
        ToolCalled(call_id=call_id, call=tool),
        Logged(
            call_id=call_id, sequence=1, at_ms=at_ms, position=at_ms * 1000, source="ari", name=text, text=text, data={text: text}, app=text
        ),
        WriteStaged(call_id=call_id, sequence=1, at_ms=at_ms, intent=text, key=text, stage="done", result={text: text}),
        CustomerNamed(phone=phone, name=text, at_ms=at_ms),
        CallBackNoted(call_id=call_id, id=new_call_id(), at_ms=at_ms, phone=phone, name=text, why=text),
        Audited(
            id=new_call_id(),
            at_ms=at_ms,
            actor=text,
            role=text,
            action=text,
            call_id=call_id,
            why=text,
            arguments={text: text},
            result=text,
        ),
    ]


async def test_what_is_said_is_kept_as_it_was_said_and_nothing_else_happens(house: House) -> None:
    ids = {new_call_id(): text for text in TEXTS}
    for number, (call_id, text) in enumerate(ids.items()):
        for record in records(text, call_id, number):
            house.journal.append(record)
    assert await house.journal.flush(20)
    assert house.journal.status().dead_letters == 0
    for call_id, text in ids.items():
        [(said, heard)] = await house.rows("SELECT text, heard_text FROM call_turns WHERE call_id = %s", call_id)
        assert said == heard == kept(text)
        [(name, arguments)] = await house.rows("SELECT name, arguments FROM call_tool_calls WHERE call_id = %s", call_id)
        assert (name, arguments) == (kept(text), {kept(text): kept(text)})
    for table in TABLES:
        [(rows,)] = await house.rows(f"SELECT count(*) FROM {table}")
        assert rows >= len(TEXTS), f"{table} is there and whole"


async def test_what_is_looked_for_is_words_and_no_part_of_a_query(house: House) -> None:
    async with await psycopg.AsyncConnection.connect(house.dsn, autocommit=True) as connection:
        before = await (await connection.execute("SELECT count(*) FROM calls")).fetchall()
    admin = await house.as_("admin", numbers=True)
    for text in [*TEXTS, "%", "_", "' OR '1'='1", "\\", "a' || pg_sleep(5) || '", "$1", "%(q)s", ":x", '"', "--"]:
        asked = text.encode("utf-8", "replace").decode()
        for path, names in (("/api/v1/past", ("q", "caller", "outcome", "cursor")), ("/api/v1/audit", ("person", "action", "cursor"))):
            for name in names:
                answer = await admin.get(path, params={name: asked})
                assert answer.status_code in (200, 422), f"{name}={asked!r}: {answer.text}"
                if name in ("outcome", "person", "action") and answer.status_code == 200:
                    found = answer.json()["items"]
                    assert all(item[{"outcome": "outcome", "person": "actor", "action": "action"}[name]] == asked.strip() for item in found)
        made = await admin.post("/api/v1/tokens", json={"person": asked or "x", "role": "viewer"})
        assert made.status_code in (201, 422)
    async with await psycopg.AsyncConnection.connect(house.dsn, autocommit=True) as connection:
        assert await (await connection.execute("SELECT count(*) FROM calls")).fetchall() == before


async def test_a_callers_question_is_words_to_the_articles(dsn: str) -> None:
    async with PostgresKnowledge.open(dsn) as knowledge:
        for text in TEXTS:
            assert await knowledge.search(text, category=text.encode("utf-8", "replace").decode().replace("\0", "") or None) == []
