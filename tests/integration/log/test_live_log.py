"""The live log over real HTTP, with PostgreSQL and Valkey: what a reader is told, and that nothing is missing in it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from controller.api.identity import Role
from controller.log_stream.cursor import parse
from ops.devstack import DevStack
from tests.integration.log.house import NUMBER, Call, Outage, SseReader, Worker, of, open_worker
from tests.waiting import until


@pytest.fixture
async def worker(stack: DevStack, dsn: str, tmp_path: Path) -> AsyncIterator[Worker]:
    async with open_worker("callctl", tmp_path, dsn, stack.valkey.url) as worker:
        yield worker


@asynccontextmanager
async def reading(reader: SseReader) -> AsyncIterator[SseReader]:
    """In the background, once it stands."""
    task = asyncio.create_task(reader.read(), name="reader")
    try:
        await until(lambda: reader.last_id or task.done())
        yield reader
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def say_much(worker: Worker, call: Call) -> None:
    """100 lines in ten batches."""
    for _ in range(10):
        for number in range(10):
            call.say(str(number))
        number = worker.live_log.tape.next_number
        await until(lambda number=number: worker.live_log.tape.next_number > number)  # type: ignore[misc]


async def test_a_reader_gets_the_lines_from_now_on_in_order_and_none_before(worker: Worker) -> None:
    call = worker.call()
    call.say("давно")
    await until(lambda: worker.live_log.tape.lines == 2)
    async with reading(SseReader(worker)) as reader:
        for number in range(30):
            call.say(f"слово {number}")
        await until(lambda: len(reader.lines) == 30)
        assert [line["text"] for line in reader.lines] == [f"слово {number}" for number in range(30)]
        line = reader.lines[0]
        assert (line["call"], line["app"], line["seq"], line["src"], line["name"], line["lvl"]) == (
            call.call_id,
            "callctl",
            3,
            "stt",
            "TurnTaken",
            "",
        )
        assert 0 <= line["at"] < 10_000


async def test_numbers_are_masked_unless_the_token_says_otherwise(worker: Worker) -> None:
    call = worker.call()
    call.say("мій номер 067 123-45-67", phone="380671234567")
    masked, full = [await worker.read(f"/calls/{call.call_id}/log", role) for role in (Role.DEVELOPER, Role.ADMIN)]
    assert NUMBER not in str(masked)
    assert "1234567" not in str(masked).replace("-", "").replace(" ", "")
    assert masked[1]["text"] == "мій номер 067***4567"
    assert full[0]["data"]["event"]["caller_id"] == NUMBER
    assert [line["pos"] for line in masked] == [line["pos"] for line in full]


async def test_filters_choose_by_source_level_and_text_as_the_reader_sees_it(worker: Worker) -> None:
    call, other = worker.call(), worker.call()
    call.say("зимові Шини", source="stt")
    call.say("повільно", source="llm", level="warn")
    call.say("впало", source="tool", level="err", why="HTTP 500")
    other.say("шини", source="stt")

    async def texts(**parameters: Any) -> list[str]:
        return [line["text"] for line in await worker.read(f"/calls/{call.call_id}/log", **parameters)]

    assert await texts(src="stt,llm") == ["зимові Шини", "повільно"]
    assert await texts(level="warn") == ["повільно", "впало"]
    assert await texts(level="err") == ["впало"]
    assert await texts(q="шини") == ["зимові Шини"]
    assert await texts(q="http 500") == ["впало"]
    assert await texts(q="0671234567") == []
    assert len(await worker.read("/log", q="шини")) == 2


async def test_a_page_tells_where_the_next_begins_until_there_is_no_more(worker: Worker) -> None:
    call = worker.call()
    for number in range(250):
        call.say(str(number))
    found: list[str] = []
    async with worker.client() as client:
        path = f"/calls/{call.call_id}/log?limit=100&src=stt"
        for _ in range(10):
            answer = await client.get(path)
            if not answer.json():
                assert answer.headers["X-More"] == "0"
                break
            assert answer.headers["X-More"] == ("1" if len(found) < 200 else "0")
            found += [line["text"] for line in answer.json()]
            path = answer.links["next"]["url"].removeprefix("/api/v1")
        download = await client.get(f"/calls/{call.call_id}/log.jsonl")
    assert found == [str(number) for number in range(250)]
    assert len(download.text.splitlines()) == 251
    assert f"call-{call.call_id}.jsonl" in download.headers["content-disposition"]


async def test_the_last_lines_come_first_if_asked_for(worker: Worker) -> None:
    call = worker.call()
    for number in range(50):
        call.say(str(number))
    async with reading(SseReader(worker, tail=3, src="stt")) as reader:
        await until(lambda: len(reader.lines) == 3)
        call.say("jetzt")
        await until(lambda: len(reader.lines) == 4)
        assert [line["text"] for line in reader.lines] == ["47", "48", "49", "jetzt"]


async def test_the_stream_of_a_call_ends_with_the_call(worker: Worker) -> None:
    call, other = worker.call(), worker.call()
    reader = SseReader(worker, f"/calls/{call.call_id}/log", tail=100)
    task = asyncio.create_task(reader.read(), name="reader")
    await until(lambda: reader.lines)
    other.say("nichts")
    call.say("слово")
    call.end()
    assert await asyncio.wait_for(task, 10)
    assert [line["seq"] for line in reader.lines] == [1, 2]
    assert reader.named("end") == [{"call": call.call_id}]
    assert await worker.journal.flush(10)

    again = SseReader(worker, f"/calls/{call.call_id}/log", tail=100)
    assert await asyncio.wait_for(again.read(), 10), "a past call's stream has an end as well"
    assert again.places == reader.places
    assert again.named("end") == [{"call": call.call_id}]


async def test_of_a_call_that_is_over_its_log_is_read_after_a_restart_too(worker: Worker) -> None:
    call = worker.call()
    call.say("слово")
    call.end()
    await worker.stop()
    await worker.start()
    reader = SseReader(worker, f"/calls/{call.call_id}/log", tail=100)
    assert await asyncio.wait_for(reader.read(), 10)
    assert reader.places == worker.written
    assert reader.named("end")


async def test_an_unknown_call_a_bad_place_and_a_smaller_role_are_refused(worker: Worker) -> None:
    async with worker.client() as client:
        for nobody in ("0198a5f0-0000-7000-8000-000000000001", "ffffffff-ffff-7000-8000-000000000001"):
            for path in (f"/calls/{nobody}/log", f"/calls/{nobody}/log.jsonl"):
                unknown = await client.get(path)
                assert (unknown.status_code, unknown.json()["code"]) == (404, "call_unknown")
        for bad in ("nonsense", "a:b", "a:1;b:2", ",".join(f"a{n}:1" for n in range(40))):
            refused = await client.get("/log", params={"after": bad})
            assert (refused.status_code, refused.json()["code"]) == (422, "cursor_invalid")
        assert (await client.get("/log", params={"level": "loud"})).status_code == 422
    async with worker.client(Role.VIEWER) as client:
        assert (await client.get("/log")).status_code == 403
        assert (await client.get("/log", headers={"Accept": "text/event-stream"})).status_code == 403


async def test_a_reader_that_was_away_gets_from_postgresql_what_the_tape_has_not_any_more(
    stack: DevStack, dsn: str, tmp_path: Path
) -> None:
    async with open_worker("callctl", tmp_path, dsn, stack.valkey.url, max_lines=20) as worker:
        call = worker.call()
        reader = SseReader(worker)
        async with reading(reader):
            call.say("one")
            await until(lambda: reader.lines)
        for _ in range(3):
            await say_much(worker, call)
        async with reading(reader):
            await until(lambda: len(reader.lines) == 301)
            call.say("now")
            await until(lambda: len(reader.lines) == 302)
        assert reader.places == worker.written[1:]


async def test_while_postgresql_is_behind_the_reader_waits_and_misses_nothing(stack: DevStack, dsn: str, tmp_path: Path) -> None:
    async with open_worker("callctl", tmp_path, dsn, stack.valkey.url, max_lines=20) as worker:
        call, reader = worker.call(), SseReader(worker)
        async with reading(reader):
            call.say("one")
            await until(lambda: reader.lines)
        assert await worker.journal.flush(10)
        with Outage(stack.postgres) as outage:
            await say_much(worker, call)
            async with reading(reader):
                call.say("live, and behind what he missed")
                await until(lambda: worker.live_log.tape.behind(parse(reader.last_id)))
                assert len(reader.lines) == 1
                await asyncio.to_thread(outage.over)
                await until(lambda: len(reader.lines) == 102, 20)
        assert reader.places == worker.written[1:]
        assert reader.named("gap") == []


async def test_what_cannot_be_had_in_time_is_told_as_a_gap(
    stack: DevStack, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.log_stream.reading.PATIENCE_S", 0.5)
    async with open_worker("callctl", tmp_path, dsn, stack.valkey.url, max_lines=20) as worker:
        call, reader = worker.call(), SseReader(worker)
        async with reading(reader):
            call.say("one")
            await until(lambda: reader.lines)
        with Outage(stack.postgres):
            await say_much(worker, call)
            async with reading(reader):
                await until(lambda: reader.named("gap"))
                await until(lambda: reader.places[-1] == worker.written[-1])
        (gap,) = reader.named("gap")
        missing = [position for _, position in worker.written if gap["after"] < position <= gap["until"]]
        assert missing
        assert sorted([*of("callctl", reader.places), *missing]) == of("callctl", worker.written[1:])


async def test_two_workers_show_each_others_calls_and_lose_nothing_when_redis_does(stack: DevStack, dsn: str, tmp_path: Path) -> None:
    url = stack.valkey.url
    async with open_worker("callctl-1", tmp_path / "1", dsn, url) as one, open_worker("callctl-2", tmp_path / "2", dsn, url) as two:
        mine, theirs = one.call(), two.call()
        await until(lambda: one.live_log.tape.knows("callctl-2"))
        async with reading(SseReader(one)) as reader:
            start = parse(reader.last_id)
            theirs.say("hörst du")
            mine.say("ja")
            await until(lambda: one.written[-1] in reader.places and two.written[-1] in reader.places)
            with Outage(stack.valkey):
                for number in range(20):
                    theirs.say(str(number))
                    mine.say(str(number))
                await until(lambda: one.written[-1] in reader.places)
                assert two.written[-1] not in reader.places
            theirs.say("again")
            await until(lambda: two.written[-1] in reader.places, 30)
        for worker in (one, two):
            expected = [position for position in of(worker.app, worker.written) if position > start[worker.app]]
            assert of(worker.app, reader.places) == expected


@pytest.mark.parametrize("seed", range(2))
async def test_a_reader_cut_at_random_misses_nothing_and_gets_nothing_twice(stack: DevStack, dsn: str, tmp_path: Path, seed: int) -> None:
    """While lines come, PostgreSQL and Redis go and come back, and the worker that he reads from is started anew."""
    chance, url, outages = random.Random(seed), stack.valkey.url, AsyncExitStack()
    async with (
        outages,
        open_worker("callctl-1", tmp_path / "1", dsn, url, max_lines=200) as one,
        open_worker("callctl-2", tmp_path / "2", dsn, url, max_lines=200) as two,
    ):
        await until(lambda: one.live_log.tape.knows("callctl-2") and two.live_log.tape.knows("callctl-1"))
        call, other = one.call(), two.call()
        readers = [SseReader(one), SseReader(one, tail=0), SseReader(two), SseReader(one, f"/calls/{call.call_id}/log")]
        starts = []
        for reader in readers:
            async with reading(reader):
                starts.append(parse(reader.last_id))
        tasks = [asyncio.create_task(reader.read_on(random.Random(chance.random())), name="reader") for reader in readers]
        trouble = {5: "restart", 10: "postgres", 12: "redis", 14: "all back", 18: "restart"}
        for round_ in range(24):
            for _ in range(chance.randint(1, 60)):
                chance.choice((call, other)).say(f"слово {chance.random()}", x="y" * chance.randint(0, 300))
            match trouble.get(round_):
                case "restart":
                    await one.stop()
                    await one.start()
                case "postgres" | "redis" as service:
                    outages.enter_context(Outage(getattr(stack, "postgres" if service == "postgres" else "valkey")))
                case "all back":
                    await outages.aclose()
                case _:
                    await asyncio.sleep(chance.random() * 0.3)  # the lines come over time
        written = one.written + two.written
        for reader in readers:
            wanted = {app: of(app, written)[-1] for app in ("callctl-1", "callctl-2")}
            if "calls" in reader._path:
                del wanted["callctl-2"]
            await until(lambda reader=reader, wanted=wanted: all(of(a, reader.places)[-1:] == [p] for a, p in wanted.items()), 40)  # type: ignore[misc]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for reader, start in zip(readers, starts, strict=True):
            for app in wanted if "calls" in reader._path else ("callctl-1", "callctl-2"):
                expected = [position for position in of(app, written) if position > start[app]]
                told = of(app, reader.places)
                missing, twice = sorted(set(expected) - set(told)), sorted(place for place, times in Counter(told).items() if times > 1)
                assert (missing, twice) == ([], []), f"{reader._path}: {app}"
                assert told == expected
            assert reader.named("gap") == []
        assert sum(reader.connected for reader in readers) > 20, "they were cut often"


async def test_who_comes_when_too_many_read_is_told_so_and_gets_pages_all_the_same(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.api.log.READERS", 1)
    call = worker.call()
    async with reading(SseReader(worker)) as reader:
        for path in ("/log", f"/calls/{call.call_id}/log"):
            async with worker.client() as client:
                refused = await client.get(path, headers={"Accept": "text/event-stream"})
            assert (refused.status_code, refused.json()["code"]) == (503, "too_many_readers")
        assert len(await worker.read()) == 1
        assert reader.connected == 1
