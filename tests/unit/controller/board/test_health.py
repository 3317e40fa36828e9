from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest
from msgspec.structs import replace

from agent.records import Latencies
from controller.api.readiness import Dependency, Finding, Readiness, Report
from controller.board.board import Board
from controller.board.health import MINUTES, NEIGHBOURS, Health
from controller.board.health_watch import HealthWatch
from controller.board.shapes import Shape
from controller.journal.records import TurnRecorded
from controller.masking import Masking
from tests.fakes.recorded_calls import call_revised, new_call_id, tool_called, turn_recorded
from tests.waiting import until


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_795_271_520_000  # the beginning of a minute

    def __call__(self) -> int:
        return self.now_ms


def shape(health: Health, id_: str) -> Shape:
    return next(one for one in health.shapes() if one["id"] == id_)


def found(name: str, why: str | None = None, took_ms: int = 3) -> Finding:
    return Finding(name, True, why, took_ms)


def test_every_neighbour_is_shown_from_the_beginning() -> None:
    shapes = Health(Clock()).shapes()
    assert [one["id"] for one in shapes] == [neighbour.id for neighbour in NEIGHBOURS]
    assert {one["state"] for one in shapes} == {"ok"}
    assert {len(one["minutes"]) for one in shapes} == {MINUTES}
    assert {one["group"] for one in shapes} == {"tel", "ai", "shop", "self"}


def test_one_that_is_not_reached_is_down_since_then_and_why() -> None:
    clock = Clock()
    health = Health(clock)
    health.observe([found("ari_rest"), found("dialplan")])
    clock.now_ms += 30_000
    health.observe([found("ari_rest", "refused"), found("dialplan")])
    down = shape(health, "ari")
    assert (down["state"], down["since"], down["text"]) == ("down", clock.now_ms, {"code": "down", "args": {"why": "refused"}})
    assert down["checked"] == clock.now_ms
    clock.now_ms += 10_000
    health.observe([found("ari_rest"), found("dialplan")])
    assert shape(health, "ari")["state"] == "ok"


def test_an_hour_is_sixty_marks_and_a_minute_shows_its_worst() -> None:
    clock = Clock()
    health = Health(clock)
    health.observe([found("redis", "gone")])
    shape(health, "redis")
    clock.now_ms += 10_000
    health.observe([found("redis")])
    assert shape(health, "redis")["minutes"] == "." * 59 + "d"
    clock.now_ms += 60_000
    assert shape(health, "redis")["minutes"] == "." * 58 + "d."
    clock.now_ms += 3_600_000
    assert shape(health, "redis")["minutes"] == "." * 60


def test_a_vendor_is_slow_by_what_calls_measured() -> None:
    clock = Clock()
    health = Health(clock)
    call_id = new_call_id()
    for number in range(1, 7):
        turn = turn_recorded(call_id, number).turn
        slow = Latencies(stt_ms=40, model_ms=1_400, tts_ms=200, wire_ms=20, answer_ms=2_000)
        health.append(TurnRecorded(call_id=call_id, turn=replace(turn, latencies=slow)))
    model = shape(health, "llm")
    assert (model["state"], model["p95_ms"]) == ("slow", 1_400)
    assert model["text"] == {"code": "slow", "args": {"p95_ms": 1_400, "budget_ms": 1_000}}
    assert shape(health, "stt")["state"] == "ok"
    clock.now_ms += 11 * 60_000
    assert (shape(health, "llm")["state"], shape(health, "llm")["p95_ms"]) == ("ok", None), "what was long ago says nothing of now"


def test_callers_who_were_handed_over_because_of_it_are_errors_each_call_once() -> None:
    health = Health(Clock())
    for number in range(1, 20):
        health.append(turn_recorded(new_call_id(), number))
    lost = call_revised(new_call_id())
    for revision in (2, 3):
        health.append(replace(lost, revision=revision, transfer_reason="stt_failed"))
    stt = shape(health, "stt")
    assert (stt["state"], stt["err_pct"]) == ("slow", 5.0)
    assert stt["text"] == {"code": "errors", "args": {"pct": 5.0}}


def test_the_shop_is_down_while_its_breaker_is_open() -> None:
    health = Health(Clock())
    health.append(tool_called(new_call_id(), 1))
    health.breaker("open")
    assert (shape(health, "shop")["state"], shape(health, "shop")["text"]["code"]) == ("down", "breaker")
    health.breaker("half_open")
    assert shape(health, "shop")["state"] == "ok"


async def test_the_watch_puts_it_on_the_board_and_asks_anew_when_somebody_wants_to_know() -> None:
    why, asked = None, 0

    async def check() -> str | None:
        nonlocal asked
        asked += 1
        return why

    board, health = Board(), Health(Clock())
    readiness = Readiness([Dependency("postgresql", check, fresh_s=3_600)])
    async with HealthWatch.open(health, readiness, board, Masking(["s3cr3t-value"]), every_s=3_600) as watch:
        await until(lambda: watch.listed())
        assert asked == 1
        why = "refused the password s3cr3t-value"
        told = await watch.check("postgres")
        assert told is not None
        assert (told["state"], told["text"]["args"]["why"]) == ("down", "refused the password ***")
        assert asked == 2
        assert await watch.check("nobody") is None


async def test_a_readiness_that_breaks_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    board, looks = Board(), 0
    readiness = Readiness([])
    report = readiness.report

    async def breaks_once(*, anew: Collection[str] = ()) -> Report:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("a bug")
        return await report(anew=anew)

    monkeypatch.setattr(readiness, "report", breaks_once)
    async with HealthWatch.open(Health(Clock()), readiness, board, Masking(), every_s=0.01):
        async with asyncio.timeout(5):
            await until(lambda: board.items("health"))
