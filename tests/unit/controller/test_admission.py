from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from controller.admission import Admission
from controller.ari import messages as ari
from controller.ari.errors import AriUnavailable
from controller.ari.resources import AsteriskInfo, Channel, Status
from controller.journal.records import Audited
from tests.fakes.calls import until


@dataclass
class SmallAsterisk:
    """Its global variables, and since when it runs."""

    started: str = "2026-01-01T00:00:00"
    known: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    async def asterisk_info(self) -> AsteriskInfo:
        return AsteriskInfo(status=Status(startup_time=self.started))

    async def set_global(self, variable: str, value: str) -> None:
        if self.away:
            raise AriUnavailable("POST /asterisk/variable", "no route")
        self.known[variable] = value
        self.told.append((variable, value))

    def restart(self) -> None:
        self.started += "+1"
        self.known.clear()


class SomeCalls:
    """*busy* calls of 50."""

    def __init__(self) -> None:
        self.drained = False
        self.busy = 0
        self._changed = asyncio.Event()

    @property
    def takes(self) -> int:
        return 0 if self.drained else 50

    def set_drained(self, *, drained: bool) -> None:
        self.drained = drained
        self._changed.set()

    async def change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def become(self, busy: int) -> None:
        self.busy = busy
        self._changed.set()


@dataclass
class Desk:
    asterisk: SmallAsterisk
    calls: SomeCalls
    admission: Admission
    notes: list[Audited]

    def knows(self, takes: int, calls: int) -> bool:
        return self.asterisk.known == {"TAKES_callctl-1": str(takes), "CALLS_callctl-1": str(calls)}

    def wish(self, name: str, **said: object) -> None:
        self.admission.hear(ari.ChannelUserevent(eventname=name, userevent={"eventname": name, **said}))


@asynccontextmanager
async def desk(again_s: float = 60.0) -> AsyncIterator[Desk]:
    asterisk, calls, notes = SmallAsterisk(), SomeCalls(), list[Audited]()
    async with Admission.open(asterisk, calls, app="callctl-1", note=notes.append, again_s=again_s) as admission:
        yield Desk(asterisk, calls, admission, notes)


async def test_asterisk_is_told_what_we_take_and_have_once_it_knows_our_name() -> None:
    async with desk() as d:
        d.calls.become(1)
        await asyncio.sleep(0)
        assert not d.asterisk.told, "callers who come before that would be sent into nothing"
        await d.admission.connected()
        assert d.knows(50, 1)


async def test_each_change_is_told_and_a_burst_of_them_as_one() -> None:
    async with desk() as d:
        await d.admission.connected()
        d.calls.become(1)
        await until(lambda: d.knows(50, 1))
        before = len(d.asterisk.told)
        for busy in range(2, 30):
            d.calls.become(busy)
            await asyncio.sleep(0)
        await until(lambda: d.knows(50, 29))
        assert len(d.asterisk.told) - before <= 2


async def test_a_drained_one_takes_none_and_an_undrained_one_takes_them_again() -> None:
    async with desk() as d:
        await d.admission.connected()
        d.wish("drain", by="olha (callctl)")
        await until(lambda: d.knows(0, 0))
        d.wish("undrain", by="olha (callctl)")
        await until(lambda: d.knows(50, 0))
        assert [(note.actor, note.action) for note in d.notes] == [("olha (callctl)", "drain"), ("olha (callctl)", "undrain")]


@pytest.mark.parametrize(("by", "actor"), [("", "ari"), ("\x1b[2Jo\nlha", "[2Jolha"), ("x" * 500, "x" * 60), ({"a": 1}, "{'a': 1}")])
async def test_who_asks_is_written_down_as_far_as_it_can_be_read(by: object, actor: str) -> None:
    async with desk() as d:
        d.wish("drain", by=by)
        assert [note.actor for note in d.notes] == [actor]


async def test_other_events_and_those_about_a_call_change_nothing() -> None:
    async with desk() as d:
        d.wish("transfer")
        d.admission.hear(ari.ChannelUserevent(eventname="drain", channel=Channel(id="1700000000.1")))
        d.admission.hear(ari.StasisStart(channel=Channel(id="1700000000.1")))
        assert not d.calls.drained
        assert not d.notes


async def test_a_drain_lasts_while_the_connection_to_asterisk_is_lost() -> None:
    async with desk() as d:
        await d.admission.connected()
        d.wish("drain")
        await until(lambda: d.knows(0, 0))
        await d.admission.connected()
        assert d.calls.drained
        assert d.knows(0, 0)


async def test_a_drain_ends_with_asterisk_whose_calls_it_waited_for() -> None:
    async with desk() as d:
        await d.admission.connected()
        d.wish("drain")
        await until(lambda: d.knows(0, 0))
        d.asterisk.restart()
        await d.admission.connected()
        assert not d.calls.drained
        assert d.knows(50, 0)


async def test_what_could_not_be_told_is_told_when_asterisk_is_back() -> None:
    async with desk() as d:
        await d.admission.connected()
        d.asterisk.away = True
        d.calls.become(7)
        await asyncio.sleep(0.01)
        d.asterisk.away = False
        await d.admission.connected()
        assert d.knows(50, 7)


async def test_what_somebody_has_changed_is_told_again() -> None:
    async with desk(again_s=0.01) as d:
        await d.admission.connected()
        d.asterisk.known["TAKES_callctl-1"] = ""
        await until(lambda: d.knows(50, 0))
