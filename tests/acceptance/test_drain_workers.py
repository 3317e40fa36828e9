"""Two controllers: one is told to take no new calls, both are full, both are replaced. No caller who talks notices, and no other waits."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping

import pytest

from audiosocket.audio import FRAME_MS
from ops.caller.crowd import come_and_go, heard
from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from ops.system import Controller, System
from ops.workers import callctl, open_workers, upgrade
from tests.acceptance.floor import Floor, eventually, prefer
from tests.waiting import until

ONE, OTHER = "callctl-1", "callctl-2"
WITH_AGENT = {"greeting", "listening", "thinking", "tool", "speaking"}
TALKS_S = 30.0
MAX = 3
HOLE_MS = 300.0
QUEUE_S = 1.0
SKIPPED = 0.02


@pytest.fixture
async def workers(floor: Floor, system: System, request: pytest.FixtureRequest) -> AsyncIterator[Mapping[str, Controller]]:
    """Instead of the one controller of other tests; a parameter is their CALLS_MAX."""
    await floor.stop_controller()
    opening = open_workers(system, 2, CALLS_MAX=str(getattr(request, "param", 50)))
    opened = await asyncio.to_thread(opening.__enter__)
    try:
        yield opened
    finally:
        await floor.hang_up_all()
        await asyncio.to_thread(opening.__exit__, None, None, None)


async def command(worker: Controller, *arguments: str) -> str:
    """What callctl says, at its side; it succeeds."""
    ended = await asyncio.to_thread(callctl, worker, *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


async def apps(floor: Floor, numbers: list[str]) -> Counter[str]:
    """How many of these callers talk with the agent of each controller."""

    async def app_of(number: str) -> str:
        async def talks() -> str | None:
            found = await floor.live_record(number)
            return str(found.call["app"]) if found is not None and found.call["state"] in WITH_AGENT else None

        return await eventually(talks, f"talk of {number} with an agent", TALKS_S)

    return Counter([await app_of(number) for number in numbers])


async def rows(worker: Controller) -> list[list[str]]:
    """Of ``callctl workers``: name, new calls, how many it has, how many it takes."""
    return [line.split() for line in (await command(worker, "workers")).splitlines()]


async def talk(telephone: Telephone) -> None:
    """It is one of ours, and goes on."""
    log = await Talk(telephone).lead((Say("winter_tyres_camry"), Listen(within_s=40)))
    assert log.latencies_ms, "the agent answers"


@pytest.mark.timeout(300)
async def test_a_drained_worker_gets_none_of_25_callers_keeps_its_own_and_takes_calls_again(
    workers: Mapping[str, Controller], floor: Floor
) -> None:
    talking = await floor.dial()
    await Talk(talking).lead((Listen(within_s=40),))
    [here] = await apps(floor, floor.numbers[-1:])
    there = OTHER if here == ONE else ONE

    said = await command(workers[there], "drain", "--app", here)  # by name, from wherever it is
    assert said == f"{here} takes no new calls; those that it has go on.\n"
    new = await asyncio.gather(*(floor.dial() for _ in range(25)))
    assert await apps(floor, floor.numbers[-25:]) == {there: 25}
    await until(lambda: all(telephone.ear.voiced for telephone in new))
    for telephone in new:
        await telephone.hang_up()
    for number in floor.numbers[-25:]:
        assert not (await floor.record(number)).call["transfer_reason"], "with the agent, and not sent to the operators"

    readiness = workers[here].readiness()
    assert readiness["status"] == "not ready"
    assert readiness["dependencies"]["admission"]["why"] == "drained: 1 calls go on; callctl undrain"
    assert "callctl_drained 1.0" in workers[here].metrics()
    assert [here, "none", "1"] in await rows(workers[here])
    await talk(talking)

    await command(workers[here], "undrain")
    assert workers[here].ready()
    await floor.dial()  # the one who talks is here still: this one brings them level

    async def level() -> bool:
        return [there, "taken", "1", "50"] in await rows(workers[here])

    await eventually(level, "one call at each", TALKS_S)
    await floor.dial()
    assert await apps(floor, floor.numbers[-2:]) == {there: 1, here: 1}
    await floor.hang_up_all()
    assert await command(workers[here], "drain", "--wait", "20") == f"{here} takes no new calls and has none.\n"


async def test_a_drain_ends_with_the_controller_and_with_asterisk(workers: Mapping[str, Controller], floor: Floor) -> None:
    await command(workers[ONE], "drain")
    await asyncio.to_thread(workers[ONE].kill)
    await asyncio.to_thread(workers[ONE].start)
    assert workers[ONE].ready(), "the one that comes after it was told nothing"
    await floor.dial()

    async def told() -> bool:
        return sorted(row[2] for row in await rows(workers[ONE]) if row[0] in (ONE, OTHER)) == ["0", "1"]

    await eventually(told, "one call, and Asterisk told of it", TALKS_S)  # until then either may get the next
    await floor.dial()
    assert await apps(floor, floor.numbers[-2:]) == {ONE: 1, OTHER: 1}
    await floor.hang_up_all()
    for number in floor.numbers:
        await floor.record(number)

    await command(workers[ONE], "drain")
    asterisk = floor.system.stack.asterisk
    await asyncio.to_thread(asterisk.kill)
    await asyncio.to_thread(asterisk.start)

    async def takes_calls() -> bool:
        return await asyncio.to_thread(workers[ONE].ready)

    await eventually(takes_calls, "readiness for new calls", 30.0)


async def test_a_controller_that_is_not_there_is_told_in_words(workers: Mapping[str, Controller], floor: Floor) -> None:
    ended = await asyncio.to_thread(callctl, workers[ONE], "drain", "--app", "callctl-7")
    assert ended.returncode == 1
    assert ended.stderr.startswith("No controller is connected to Asterisk as callctl-7; connected are: callctl")
    assert "Traceback" not in ended.stderr


@pytest.mark.alone
@pytest.mark.timeout(240)
@pytest.mark.parametrize("workers", [MAX], indirect=True)
async def test_twice_as_many_as_both_can_take_hear_the_queue_within_a_second_and_no_talk_loses_a_frame_by_it(
    workers: Mapping[str, Controller], floor: Floor
) -> None:
    taken = [await floor.dial() for _ in range(2 * MAX)]
    assert await apps(floor, list(floor.numbers)) == {ONE: MAX, OTHER: MAX}
    for worker in workers.values():
        prefer(_pid(worker))
    alone = await share_skipped(workers, taken)

    async def one_too_many() -> tuple[Telephone, float]:
        began_s = time.monotonic()
        telephone = await floor.dial()
        await until(lambda: telephone.ear.voiced)
        return telephone, telephone.ear.voiced[0] - began_s

    measuring = asyncio.create_task(share_skipped(workers, taken))
    refused = await asyncio.gather(*(one_too_many() for _ in range(2 * MAX)))
    assert max(waited_s for _, waited_s in refused) < QUEUE_S, "until they hear the queue's music"
    for telephone, _ in refused:
        assert await floor.exchange.application_of(telephone.channel_id) == "Queue"
    assert await measuring <= alone + SKIPPED, "no talk loses more by the others than it does without them"
    assert max(heard(telephone, 0.0).hole_ms for telephone in taken) < HOLE_MS

    await floor.hang_up_all()
    reasons = Counter([(await floor.record(number)).call["transfer_reason"] for number in floor.numbers])
    assert reasons == {None: 2 * MAX, "busy": 2 * MAX}


async def share_skipped(workers: Mapping[str, Controller], telephones: list[Telephone]) -> float:
    """Which share of the frames of these calls was not sent in time, while each of them asks and is answered."""
    before, began_s = await skipped(workers), time.monotonic()
    await asyncio.gather(*(talk(telephone) for telephone in telephones))
    return (await skipped(workers) - before) * FRAME_MS / 1000 / (time.monotonic() - began_s) / len(telephones)


async def skipped(workers: Mapping[str, Controller]) -> float:
    """Frames that were not sent in time, of all live calls."""
    texts = [await asyncio.to_thread(worker.metrics) for worker in workers.values()]
    lines = (line for text in texts for line in text.splitlines())
    return sum(float(line.split()[1]) for line in lines if line.startswith("callctl_audio_skipped_live_frames "))


@pytest.mark.timeout(300)
async def test_nobody_notices_that_one_after_the_other_is_replaced(workers: Mapping[str, Controller], floor: Floor) -> None:
    pids = {name: _pid(worker) for name, worker in workers.items()}
    over = asyncio.Event()
    crowd = asyncio.create_task(come_and_go(floor.exchange, 4, floor.new_number, over))
    try:
        ended = await asyncio.to_thread(upgrade, workers)
    finally:
        over.set()
        visits = await crowd
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert all(_pid(worker) != pids[name] for name, worker in workers.items())
    assert [visit for visit in visits if visit.failure or visit.hole_ms > HOLE_MS] == []
    assert len(visits) >= 8
    records = [(await floor.record(visit.number)).call for visit in visits]
    assert {record["transfer_reason"] for record in records} == {None}, "nobody was sent to the operators"
    assert {record["app"] for record in records} == {ONE, OTHER}


def _pid(worker: Controller) -> int:
    assert worker.process is not None
    return worker.process.pid
