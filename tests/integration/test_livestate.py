from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from controller.livestate import LIVE, LiveState, LiveStateSettings, connect, live_calls, sheet_of
from ops.devstack import DevStack
from tests.fakes.recorded_calls import call_revised, new_call_id, tool_called, turn_recorded
from tests.waiting import until

QUICK = LiveStateSettings(refresh_s=0.1, ttl_s=5)


@pytest.fixture
async def redis(stack: DevStack) -> AsyncIterator[Redis]:
    client = connect(stack.valkey.url)
    await client.flushall()
    yield client
    await client.aclose()


async def shown(redis: Redis) -> dict[str, str]:
    """State of each live call, by its id."""
    return {call["call_id"]: call["state"] for call in await live_calls(redis, time.time())}


async def until_shown(redis: Redis, calls: dict[str, str], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while await shown(redis) != calls:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)


async def test_a_live_call_is_shown_with_its_newest_state_until_it_ends(stack: DevStack, redis: Redis) -> None:
    call_id = new_call_id()
    async with LiveState.open(stack.valkey.url, QUICK) as live:
        live.append(call_revised(call_id, 1))
        live.append(call_revised(call_id, 3, state="speaking"))
        live.append(call_revised(call_id, 2, state="listening"))
        live.append(turn_recorded(call_id, 1, "Добрий день!"))
        live.append(tool_called(call_id, 1))
        await until_shown(redis, {call_id: "speaking"})
        await until(lambda: live.status().pending == 0)
        (call,) = await live_calls(redis, time.time())
        assert (call["turns"], call["last_text"], call["last_tool"], call["revision"]) == ("1", "Добрий день!", "search_tires", "3")
        assert 0 < await redis.ttl(f"{LIVE}:{call_id}") <= 5
        live.append(call_revised(call_id, 4, ended_at_ms=1))
        live.append(turn_recorded(call_id, 1, revision=2))  # a late correction wakes no dead
        await until_shown(redis, {})
        assert await redis.keys("*") == []


async def test_everything_live_is_written_again_after_redis_was_lost(stack: DevStack, redis: Redis) -> None:
    quiet, busy, ended = (new_call_id() for _ in range(3))
    async with LiveState.open(stack.valkey.url, QUICK) as live:
        for call_id in (quiet, busy, ended):
            live.append(call_revised(call_id, 1))
        await until_shown(redis, {quiet: "greeting", busy: "greeting", ended: "greeting"})
        stack.valkey.kill()
        try:
            live.append(call_revised(busy, 2, state="speaking"))
            live.append(call_revised(ended, 2, ended_at_ms=1))
            await until(lambda: live.status().failing)
        finally:
            stack.valkey.start()
        async with connect(stack.valkey.url) as again:
            await until_shown(again, {quiet: "greeting", busy: "speaking"})
        await until(lambda: live.status().failing is None)


async def test_a_loss_that_breaks_no_connection_is_noticed_also_while_other_calls_are_busy(stack: DevStack, redis: Redis) -> None:
    quiet, busy = new_call_id(), new_call_id()
    async with LiveState.open(stack.valkey.url, QUICK) as live:
        live.append(call_revised(quiet))
        live.append(call_revised(busy))
        await until_shown(redis, {quiet: "greeting", busy: "greeting"})
        await redis.flushall()
        revision = 1
        async with asyncio.timeout(10):
            while quiet not in await shown(redis):
                revision += 1
                live.append(call_revised(busy, revision))


async def test_a_dead_controllers_calls_expire_by_themselves(stack: DevStack, redis: Redis) -> None:
    call_id = new_call_id()
    async with LiveState.open(stack.valkey.url, LiveStateSettings(refresh_s=60, ttl_s=0.2)) as live:
        live.append(call_revised(call_id))
        await until(lambda: live.status().pending == 0)
        await until_shown(redis, {})


async def test_without_redis_calls_are_not_disturbed_and_nothing_grows_without_limit() -> None:
    nowhere = "redis://127.0.0.1:1/0"
    async with LiveState.open(nowhere, LiveStateSettings(max_calls=10)) as live:
        for _ in range(15):
            live.append(call_revised(new_call_id()))
        await until(lambda: "Redis" in (live.status().failing or ""))
        assert (live.status().live, live.status().dropped) == (10, 5)
        live.append(call_revised("not-a-call"))


async def test_what_is_said_last_is_written_on_leaving(stack: DevStack, redis: Redis) -> None:
    call_id = new_call_id()
    async with LiveState.open(stack.valkey.url, QUICK) as live:
        live.append(call_revised(call_id))
        await until_shown(redis, {call_id: "greeting"})
        live.append(call_revised(call_id, 2, ended_at_ms=1))
    assert await shown(redis) == {}


async def test_the_sheet_of_a_live_call_is_there_for_another_host_until_it_ends_or_its_controller_is_forgotten(
    stack: DevStack, redis: Redis
) -> None:
    call_id, other = new_call_id(), new_call_id()

    async def until_found(sheet: bytes | None) -> None:
        async with asyncio.timeout(10):
            while await sheet_of(stack.valkey.url, call_id) != sheet:  # noqa: ASYNC110 - Redis tells nobody
                await asyncio.sleep(0.01)

    async with LiveState.open(stack.valkey.url, QUICK) as live:
        live.keep_sheet(call_id, b"of a call that nobody has heard of")
        live.append(call_revised(call_id, 1))
        live.keep_sheet(call_id, b"\x00one")
        live.append(call_revised(other, 1))
        live.keep_sheet(other, b"other")
        await until_found(b"\x00one")
        live.keep_sheet(call_id, b"\xfftwo")
        live.append(call_revised(call_id, 2, state="speaking"))
        await until_found(b"\xfftwo")
        await redis.flushall()
        await until_found(b"\xfftwo")
        assert 0 < await redis.ttl(f"callctl:sheet:{call_id}") <= 5
        live.append(call_revised(call_id, 3, ended_at_ms=1))
        await until_found(None)
        assert await sheet_of(stack.valkey.url, other) == b"other"
    assert await sheet_of("redis://127.0.0.1:1/0", other) is None
