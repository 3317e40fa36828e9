from __future__ import annotations

from collections.abc import Iterable

from controller.log_stream.fanout import Parcel
from controller.log_stream.line import Line
from controller.log_stream.tributary import Tributary
from tests.unit.controller.log_stream.fake_history import FakeHistory
from tests.unit.controller.log_stream.lines import line
from tests.waiting import until


class Bank:
    """What came through to the tape."""

    def __init__(self, *, patience_s: float = 10.0) -> None:
        self.history = FakeHistory()
        self.lines: list[Line] = []
        self.river = Tributary("two", 100, self._put, self.history, patience_s=patience_s)

    def _put(self, lines: Iterable[Line]) -> None:
        self.lines += lines

    @property
    def positions(self) -> list[int]:
        return [one.position for one in self.lines]


def parcel(before: int, *positions: int, stored: int = 0) -> Parcel:
    last = positions[-1] if positions else before
    return Parcel(app="two", before=before, lines=[line(one, app="two") for one in positions], last=last, stored=stored)


async def test_what_comes_in_order_passes_at_once() -> None:
    bank = Bank()
    bank.river.take(parcel(100, 101, 102))
    bank.river.take(parcel(102))
    bank.river.take(parcel(102, 103))
    assert bank.positions == [101, 102, 103]


async def test_what_was_lost_on_the_way_is_fetched_and_stands_where_it_belongs() -> None:
    bank = Bank()
    bank.river.take(parcel(100, 101))
    bank.river.take(parcel(109, 110, 111))
    bank.river.take(parcel(111, 112))
    assert bank.positions == [101]
    bank.history.lines = [line(one, app="two") for one in range(101, 111)]
    await until(lambda: bank.positions == list(range(101, 113)))
    bank.river.take(parcel(112, 113))
    assert bank.positions == list(range(101, 114))


async def test_a_beat_tells_of_lines_that_were_lost_while_nothing_more_was_said() -> None:
    bank = Bank()
    bank.history.lines = [line(101, app="two")]
    bank.river.take(parcel(101, stored=101))
    await until(lambda: bank.positions == [101])


async def test_a_worker_that_was_started_anew_without_a_word_since_misses_nothing() -> None:
    bank = Bank()
    bank.river.take(parcel(500, stored=500))
    await until(lambda: bank.river.last == 500)
    assert bank.positions == []


async def test_what_postgresql_does_not_have_in_time_is_a_gap_and_the_stream_goes_on() -> None:
    bank = Bank(patience_s=0.0)
    bank.history.away = True
    bank.river.take(parcel(109, 110))
    await until(lambda: bank.positions == [109, 110])
    assert [one.kind for one in bank.lines] == ["gap", "line"]
    assert b'"after":100' in bank.lines[0].json
    assert b"PostgreSQL: away" in bank.lines[0].json


async def test_while_it_waits_it_holds_no_more_than_its_bound_and_loses_nothing() -> None:
    bank = Bank()
    bank.history.away = True
    for position in range(110, 310, 2):
        bank.river.take(parcel(position, position + 2))
    told = [*range(101, 111), *range(112, 311, 2)]
    bank.history.lines = [line(one, app="two") for one in told if one < 300]
    bank.history.away = False
    await until(lambda: bank.positions and bank.positions[-1] == 310)
    assert bank.positions == told
    await bank.river.close()
