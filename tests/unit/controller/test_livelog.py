from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from controller.journal.records import CallRevised
from controller.livelog import LiveLog
from controller.log_stream.fanout import Parcel
from controller.log_stream.filter import Filter
from controller.log_stream.reading import Start
from controller.masking import Masking
from controller.record import Positions
from tests.fakes.recorded_calls import call_revised
from tests.unit.controller.log_stream.fake_history import FakeHistory
from tests.unit.controller.log_stream.lines import CALL, OTHER, line, logged
from tests.waiting import until

NOWHERE = "redis://127.0.0.1:1/0"


class House:
    live_log: LiveLog

    def __init__(self) -> None:
        self.history = FakeHistory()
        self.journal = (0, 0)  # records taken, of them on PostgreSQL
        self.positions = Positions()

    def tell(self, *texts: str) -> None:
        for text in texts:
            self.live_log.append(logged(self.positions(), text))

    async def batch(self, *texts: str) -> None:
        number = self.live_log.tape.next_number
        self.tell(*texts)
        await until(lambda: self.live_log.tape.next_number > number)


@asynccontextmanager
async def house(*, max_lines: int = 1_000) -> AsyncIterator[House]:
    h = House()
    async with LiveLog.open("one", h.history, NOWHERE, masking=Masking(), progress=lambda: h.journal, max_lines=max_lines) as h.live_log:
        yield h


async def test_a_reader_is_woken_no_more_than_five_times_a_second_however_much_is_told() -> None:
    async with house() as h, aclosing(h.live_log.read(Filter(), Start())) as events:
        await anext(events)
        await anext(events)
        began, chunks, lines = asyncio.get_running_loop().time(), 0, 0
        while lines < 200:
            h.tell("a")
            if len(h.live_log._pending) >= 20:
                lines += (await anext(events)).count(b"data: ")
                chunks += 1
        assert chunks <= 2 + (asyncio.get_running_loop().time() - began) * 5


async def test_a_reader_who_does_not_keep_up_is_told_that_he_is_cut_off() -> None:
    async with house(max_lines=20) as h, aclosing(h.live_log.read(Filter(), Start())) as events:
        await anext(events)
        await anext(events)
        for _ in range(4):
            await h.batch(*"0123456789")
        told = b"".join([chunk async for chunk in events])
        assert b"event: cut\n" in told
        assert b'data: {"call"' not in told
        assert (h.live_log.status().readers, h.live_log.status().cut_off) == (0, 1)


async def test_when_we_stop_each_reader_is_let_go_with_the_place_where_he_was() -> None:
    async with house() as h:
        async with aclosing(h.live_log.read(Filter(), Start())) as events:
            await anext(events)
            await anext(events)
            h.tell("last word")
            h.live_log.close()
            told = b"".join([chunk async for chunk in events])
        assert b"last word" in told
        assert f"id: one:{h.live_log.tape.cursor['one']}".encode() in told


async def test_who_asks_for_a_place_before_us_gets_it_from_postgresql_and_only_once() -> None:
    async with house() as h:
        start = h.live_log.tape.floor("one")
        h.history.lines = [line(start - 5, "old"), line(start - 4, "older")]
        await h.batch("new")
        page = await h.live_log.page(Filter(), Start(cursor={"one": start - 5}), 10)
        assert [b"older" in page.lines[0], b"new" in page.lines[1], len(page.lines)] == [True, True, 2]


async def test_a_page_has_no_hole_where_postgresql_is_behind() -> None:
    async with house(max_lines=3) as h:
        start = h.live_log.tape.floor("one")
        h.journal = (6, 0)
        for text in "abcdef":
            await h.batch(text)
        page = await h.live_log.page(Filter(), Start(cursor={"one": start}), 10)
        assert (page.lines, page.cursor) == ([], {"one": start})
        h.journal = (6, 6)
        assert len((await h.live_log.page(Filter(), Start(cursor={"one": start}), 10)).lines) == 3, "the test's PostgreSQL is empty"


@pytest.mark.parametrize("call", ["", CALL])
@pytest.mark.parametrize("stream", [False, True])
async def test_nothing_is_missing_when_the_tape_goes_on_while_the_past_is_read(call: str, stream: bool) -> None:
    async with house(max_lines=5) as h:
        begin = h.live_log.tape.floor("one")
        h.live_log.learn("two", begin)
        h.history.lines = [line(begin, "two's", app="two", call=OTHER)]

        async def batch(*texts: str) -> None:
            await h.batch(*texts)
            newest = h.live_log.tape.get(h.live_log.tape.next_number - 1)
            assert newest
            h.history.lines += newest.lines

        async def the_tape_goes_on() -> None:
            await batch("6", "7", "8")
            await batch("9", "10", "11")

        await batch("0", "1", "2")
        await batch("3", "4", "5")
        h.history.meanwhile = the_tape_goes_on
        start, told = Start(cursor={"one": begin, "two": begin - 10}), b""
        if stream:
            async with aclosing(h.live_log.read(Filter(call=call), start)) as events:
                while b'"text":"11"' not in told:
                    told += await anext(events)
        else:
            told = b"".join((await h.live_log.page(Filter(call=call), start, 20)).lines)
        assert re.findall(rb'"text":"(\d+)"', told) == [str(number).encode() for number in range(12)]


async def test_the_end_of_a_call_is_known_before_postgresql_knows_it() -> None:
    async with house() as h:
        live: CallRevised = call_revised(CALL)
        h.live_log.append(live)
        events = h.live_log.read(Filter(call=CALL), Start())
        async with aclosing(events):
            await anext(events)
            await anext(events)
            h.tell("слово")
            h.live_log.append(call_revised(CALL, 2, ended_at_ms=1))
            told = b"".join([chunk async for chunk in events])
        assert told.count(b"event: end\n") == 1
        assert told.index("слово".encode()) < told.index(b"event: end")


@pytest.mark.parametrize("count", [0, 3])
async def test_the_last_lines_are_those_that_the_filter_lets_through(count: int) -> None:
    async with house() as h:
        await h.batch(*(str(number) for number in range(50)))
        page = await h.live_log.page(Filter(text='"text":"4'), Start(tail=count), 10)
        assert len(page.lines) == count
        if count:
            assert b'"text":"49"' in page.lines[-1]


async def test_a_page_whose_filter_picks_nothing_ends_all_the_same_and_says_where_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.log_stream.reading.PAGE_LINES", 9)
    async with house() as h:
        start = h.live_log.tape.floor("one") - 1_000
        h.history.lines = [line(start + number, str(number), app=("gone", "lost")[number % 2]) for number in range(30)]
        page = await h.live_log.page(Filter(text="nowhere"), Start(since=start - 1), 10)
        assert (page.lines, page.more) == ([], True)
        found: list[bytes] = []
        pages = 1
        while page.more:
            page = await h.live_log.page(Filter(text='"text":"2'), Start(cursor=page.cursor), 10)
            found += page.lines
            pages += 1
        assert pages >= 3
        assert [line.split(b'"text":"')[1][:2] for line in found] == [b"%d" % number for number in (*range(20, 30, 2), *range(21, 30, 2))]


async def test_a_page_does_not_take_for_ever_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.log_stream.reading.PAGE_S", 0.0)
    async with house() as h:
        start = h.live_log.tape.floor("one") - 1_000
        h.history.lines = [line(start + number) for number in range(30)]
        page = await h.live_log.page(Filter(call=CALL, text="nowhere"), Start(since=0), 10)
        assert (page.lines, page.more, page.cursor["one"]) == ([], True, start + 2)


async def test_a_place_in_the_future_of_another_worker_takes_its_lines_from_nobody_else() -> None:
    async with house() as h:
        now = h.live_log.tape.floor("one")
        h.history.lines = [line(now - 5, "old", app="two")]
        await h.live_log.page(Filter(), Start(cursor={"one": now, "two": 10**17}), 10)
        assert h.live_log.tape.knows("two")
        async with aclosing(h.live_log.read(Filter(), Start())) as events:
            await anext(events)
            await anext(events)
            spoken = time.time_ns() // 1000 + 1
            h.live_log._take(Parcel(app="two", before=now - 5, lines=[line(spoken, "слово", app="two")], last=spoken, stored=spoken))
            assert "слово".encode() in await asyncio.wait_for(anext(events), 5)
