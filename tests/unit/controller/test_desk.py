from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg

from controller.callbacks import CallBacks, Shape
from controller.desk import HOURS_LOOK_S, Desk
from controller.hours import Hours
from controller.operators_watch import OperatorsWatch
from controller.reader import Rows
from tests.fakes.ari import FakeAsterisk


class Table:
    """Call backs as a database has them, or none while it is away."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self.away = False

    async def fetch(self, statement: object, parameters: object, *, timeout_s: float) -> Rows:
        if self.away:
            raise psycopg.OperationalError("no route to host")
        return self.rows


def a_row(id_: str) -> dict[str, object]:
    due = datetime(2026, 11, 26, tzinfo=UTC)
    return {
        "id": id_,
        "call_id": "c1",
        "name": "",
        "phone": "+380671112233",
        "why": "",
        "due_at": due,
        "tries": 0,
        "owner": None,
        "state": "open",
    }


def desk(hours: Hours, table: Table) -> tuple[Desk, list[bool]]:
    opened = list[bool]()

    def set_desk(*, is_open: bool) -> None:
        opened.append(is_open)

    asterisk = FakeAsterisk()
    operators = OperatorsWatch(asterisk, ("operators",), zone=ZoneInfo("Europe/Kyiv"), calls=tuple)  # type: ignore[arg-type]  # not asked
    return Desk(hours, set_desk, operators, CallBacks(table, asterisk)), opened  # type: ignore[arg-type]  # nobody dials


def test_calls_know_from_the_beginning_whether_operators_are_at_work() -> None:
    assert desk(Hours.parse(""), Table())[1] == [True]
    today = f"{datetime.now(ZoneInfo('Europe/Kyiv')):%Y-%m-%d}"
    assert desk(Hours.parse("", closed=f"2020-01-01..{today[:4]}-12-31"), Table())[1] == [False]


def test_the_clock_is_looked_at_now_and_then_whatever_the_hours_say() -> None:
    one, _ = desk(Hours.parse(""), Table())
    assert one.look_at_clock() == HOURS_LOOK_S
    one, _ = desk(Hours.parse("daily 00:00-24:00"), Table())
    assert 0 < one.look_at_clock() <= HOURS_LOOK_S


async def test_call_backs_are_told_when_they_change_and_kept_while_the_database_is_away() -> None:
    table, told = Table(), list[tuple[str, list[Shape]]]()
    one, _ = desk(Hours.parse(""), table)
    one.told = lambda kind, items: told.append((kind, items))
    await one.look_at_callbacks()
    table.rows = [a_row("a")]
    await one.look_at_callbacks()
    await one.look_at_callbacks()
    table.away = True
    await one.look_at_callbacks()
    assert [(kind, [item["id"] for item in items]) for kind, items in told] == [("callback", []), ("callback", ["a"])]
