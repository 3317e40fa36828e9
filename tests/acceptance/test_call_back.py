"""A caller wants a human, nobody takes the call, and he has himself rung back: on PostgreSQL's list for those who do it."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from agent.prompt.phrases import PHRASES
from ops.caller.script import Listen, Say, UntilEnd
from ops.caller.talk import Talk
from ops.system import System
from tests.acceptance.floor import Floor, eventually, speeches


@pytest.fixture
async def floor(short_patience: None, floor: Floor) -> Floor:
    return floor


@pytest.fixture
async def short_patience(system: System) -> AsyncIterator[None]:
    """A controller that lets nobody wait long for an operator."""
    if system.controller.running:
        await asyncio.to_thread(system.controller.stop)
    await asyncio.to_thread(system.controller.start, CALLS_TRANSFER_TIMEOUT_S="2")
    yield
    await asyncio.to_thread(system.controller.stop)


async def call_backs(floor: Floor, phone: str) -> list[dict[str, Any]]:
    async with await psycopg.AsyncConnection.connect(floor.system.stack.postgres.dsn, row_factory=dict_row) as connection:
        return await (await connection.execute("SELECT * FROM callbacks WHERE phone = %s", (phone,))).fetchall()


async def the_log_of(floor: Floor, call_id: uuid.UUID) -> Counter[str]:
    """How many lines of each name the flight recorder has of the talk."""
    async with await psycopg.AsyncConnection.connect(floor.system.stack.postgres.dsn) as connection:
        asked = await connection.execute("SELECT name FROM call_events WHERE call_id = %s AND name IS NOT NULL", (call_id,))
        return Counter(name for (name,) in await asked.fetchall())


async def test_when_nobody_is_free_he_is_rung_back_on_his_number_if_he_likes(floor: Floor) -> None:
    telephone = await floor.dial()
    talk = Talk(telephone)
    await talk.lead((Listen(), Say("operator")))

    async def told_that_nobody_is_free() -> bool:
        shown = await floor.live_record()
        return shown is not None and any(turn["heard_text"] == PHRASES["nobody_free"] for turn in speeches(shown, "agent"))

    await eventually(told_that_nobody_is_free, "nobody_free", 30.0)
    await talk.lead((Say("call_me_back"), Listen(), Say("no_thanks"), UntilEnd(within_s=40)))

    record = await floor.record()
    (wished,) = [tool for tool in record.tool_calls if tool["name"] == "request_callback"]
    assert wished["success"]
    assert any("передзвонимо" in (turn["heard_text"] or "") for turn in speeches(record, "agent")[-3:])
    assert record.call["outcome"] == "goodbye"
    (row,) = await call_backs(floor, floor.numbers[-1])
    assert (row["call_id"], row["state"], row["due_at"]) == (record.call["id"], "open", None)
    assert row["why"] == wished["arguments"]["about"]
    lines = await the_log_of(floor, record.call["id"])
    assert {"SpeechBegan", "FinalHeard", "FirstToken", "ToolBegan", "FirstAudio", "FirstFrame"} <= lines.keys()
    assert sum(lines.values()) < 20 * len(record.turns)  # a handful for each turn
