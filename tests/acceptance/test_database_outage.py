"""PostgreSQL is away for a minute while people call: they notice nothing, and afterwards every record is there, once."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter

import pytest

from ops.caller.script import Listen, Say, UntilEnd
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually

OUTAGE_S = 60.0
WISH, GOODBYE = Say("winter_tyres_camry"), Say("thanks_bye")
ANSWER = Listen(quiet_s=2.0, within_s=30.0)  # longer than the pause between "one moment" and what follows it
SAID = [phrase(step.key).text for step in (WISH, GOODBYE)]


async def whole_talk(telephone: Telephone) -> None:
    await Talk(telephone).lead((ANSWER, WISH, ANSWER, GOODBYE, UntilEnd()))


async def counted(floor: Floor, metric: str) -> Counter[str]:
    """What the controller counted itself, by its first label."""
    text = await asyncio.to_thread(floor.system.controller.metrics)
    counts: Counter[str] = Counter()
    for label, value in re.findall(rf'^{metric}_total{{\w+="([^"]*)"[^}}]*}} (\S+)$', text, re.M):
        counts[label] += int(float(value))
    return counts


async def backlog(floor: Floor) -> int:
    text = await asyncio.to_thread(floor.system.controller.metrics)
    return int(float(re.findall(r"^callctl_journal_backlog_records (\S+)$", text, re.M)[0]))


@pytest.mark.timeout(240)
async def test_a_minute_without_postgresql_costs_no_record_and_doubles_none(floor: Floor) -> None:
    await floor.stop_controller()
    await floor.start_controller()  # its counters begin at nought
    postgres = floor.system.stack.postgres
    before = await floor.dial()
    await Talk(before).lead((ANSWER,))

    await asyncio.to_thread(postgres.stop)
    stopped_s = time.monotonic()
    try:
        during = [await floor.dial() for _ in range(2)]
        rest_of_first = Talk(before).lead((WISH, ANSWER, GOODBYE, UntilEnd()))
        await asyncio.gather(rest_of_first, *(whole_talk(telephone) for telephone in during))
        after = await floor.dial()
        await Talk(after).lead((ANSWER, WISH, ANSWER))

        async def minute_is_over() -> bool:
            return time.monotonic() >= stopped_s + OUTAGE_S

        await eventually(minute_is_over, "end of the minute", OUTAGE_S)
        assert await backlog(floor) > 0
        readiness = await floor.readiness()
        assert readiness["status"] == "degraded", "calls can do without it"
        assert not readiness["dependencies"]["postgresql"]["up"]
    finally:
        await asyncio.to_thread(postgres.start)
    await Talk(after).lead((GOODBYE, UntilEnd()))

    records = [await floor.record(number, within_s=30.0) for number in floor.numbers]
    for record in records:
        assert [turn["text"] for turn in record.turns if turn["speaker"] == "caller"] == SAID
        assert (record.call["outcome"], record.call["ended_by"]) == ("goodbye", "agent")
        assert [tool["name"] for tool in record.tool_calls] == ["search_tires"]
        assert [event["sequence"] for event in record.events] == list(range(1, len(record.events) + 1))

    assert await counted(floor, "callctl_turns") == Counter(turn["speaker"] for record in records for turn in record.turns)
    assert await counted(floor, "callctl_tool_calls") == Counter(tool["name"] for record in records for tool in record.tool_calls)
    assert sum((await counted(floor, "callctl_calls")).values()) == len(records)

    async def all_written() -> bool:
        return await backlog(floor) == 0

    await eventually(all_written, "empty backlog", 10.0)
