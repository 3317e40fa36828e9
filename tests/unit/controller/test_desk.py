from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from controller.desk import HOURS_LOOK_S, Desk
from controller.hours import Hours
from controller.operators_watch import OperatorsWatch
from tests.fakes.ari import FakeAsterisk


def desk(hours: Hours) -> tuple[Desk, list[bool]]:
    opened = list[bool]()

    def set_desk(*, is_open: bool) -> None:
        opened.append(is_open)

    operators = OperatorsWatch(FakeAsterisk(), ("operators",), zone=ZoneInfo("Europe/Kyiv"), calls=tuple)  # type: ignore[arg-type]  # not asked
    return Desk(hours, set_desk, operators), opened


def test_calls_know_from_the_beginning_whether_operators_are_at_work() -> None:
    assert desk(Hours.parse(""))[1] == [True]
    today = f"{datetime.now(ZoneInfo('Europe/Kyiv')):%Y-%m-%d}"
    assert desk(Hours.parse("", closed=f"2020-01-01..{today[:4]}-12-31"))[1] == [False]


def test_the_clock_is_looked_at_now_and_then_whatever_the_hours_say() -> None:
    one, _ = desk(Hours.parse(""))
    assert one.look_at_clock() == HOURS_LOOK_S
    one, _ = desk(Hours.parse("daily 00:00-24:00"))
    assert 0 < one.look_at_clock() <= HOURS_LOOK_S
