from __future__ import annotations

import asyncio

import pytest

from controller.api.readiness import Dependency, Readiness


class Part:
    """A dependency that can be broken."""

    def __init__(self, why: str | None = None) -> None:
        self.why = why
        self.asked = 0

    async def check(self) -> str | None:
        self.asked += 1
        if self.why == "raises":
            raise ConnectionRefusedError("nobody listens")
        if self.why == "hangs":
            await asyncio.Event().wait()
        return self.why


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def status_of(ari: str | None, redis: str | None) -> str:
    readiness = Readiness([Dependency("ari", Part(ari).check, required=True), Dependency("redis", Part(redis).check)])
    return (await readiness.report()).status


async def test_all_up_is_ready() -> None:
    assert await status_of(None, None) == "ready"


async def test_what_calls_can_do_without_only_degrades() -> None:
    assert await status_of(None, "gone") == "degraded"


async def test_without_a_required_part_we_are_not_ready() -> None:
    assert await status_of("gone", None) == "not ready"


async def test_each_dependency_is_told_with_its_reason() -> None:
    readiness = Readiness([Dependency("ari", Part("raises").check, required=True), Dependency("redis", Part().check)])
    report = await readiness.report()
    assert [(finding.name, finding.up, finding.why) for finding in report.findings] == [
        ("ari", False, "nobody listens"),
        ("redis", True, None),
    ]


async def test_a_dependency_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.api.readiness.ASK_TIMEOUT_S", 0.05)
    report = await Readiness([Dependency("postgresql", Part("hangs").check)]).report()
    assert report.findings[0].why == "no answer within 0.05 s"


async def test_however_often_it_is_read_a_dependency_is_asked_once_while_fresh() -> None:
    clock, part = Clock(), Part()
    readiness = Readiness([Dependency("postgresql", part.check, fresh_s=5)], clock=clock)
    await asyncio.gather(*(readiness.report() for _ in range(20)))
    assert part.asked == 1
    clock.now += 4.9
    await readiness.report()
    assert part.asked == 1
    part.why = "gone"
    clock.now += 0.2
    assert (await readiness.report()).status == "degraded"
    assert part.asked == 2


async def test_what_is_down_is_asked_again_sooner_so_that_its_return_is_told() -> None:
    clock, part = Clock(), Part("gone")
    readiness = Readiness([Dependency("tts", part.check, fresh_s=5)], clock=clock)
    await readiness.report()
    part.why = None
    clock.now += 0.9
    assert (await readiness.report()).status == "degraded"
    clock.now += 0.2
    assert (await readiness.report()).status == "ready"
    assert part.asked == 2


async def test_a_reader_who_leaves_does_not_spoil_the_answer_for_the_others() -> None:
    gate = asyncio.Event()

    async def check() -> None:
        await gate.wait()

    readiness = Readiness([Dependency("postgresql", check)])
    impatient = asyncio.create_task(readiness.report())
    patient = asyncio.create_task(readiness.report())
    await asyncio.sleep(0)
    impatient.cancel()
    gate.set()
    assert (await patient).status == "ready"
