from __future__ import annotations

import asyncio

import pytest

from agent.adapters.anthropic_rate import RequestRate
from agent.errors import ModelFailed
from tests.fakes.clock import virtual_time


def now_s() -> float:
    return asyncio.get_running_loop().time()


@virtual_time
async def test_a_quiet_minutes_requests_go_at_once_and_the_next_waits_a_second_at_most() -> None:
    rate, began_s = RequestRate(30), now_s()
    for _ in range(30):
        await rate.admit()
    assert now_s() == began_s
    with pytest.raises(ModelFailed, match=r"more than 30 requests a minute \(ANTHROPIC_REQUESTS_PER_MINUTE\)"):
        await rate.admit()
    assert now_s() == began_s + 1
    await asyncio.sleep(0.5)
    await rate.admit()  # one each two seconds
    assert now_s() == pytest.approx(began_s + 2, abs=0.001)


@virtual_time
async def test_who_gave_up_takes_nobodys_place() -> None:
    rate, began_s = RequestRate(120, longest_wait_s=0.75), now_s()  # one each half second
    for _ in range(120):
        await rate.admit()
    waiting = [asyncio.create_task(rate.admit(), name=f"request-{number}") for number in range(5)]
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(one, ModelFailed) for one in done) == 4
    await rate.admit()
    assert now_s() == pytest.approx(began_s + 1, abs=0.001)


@virtual_time
async def test_in_the_long_run_no_more_than_the_rate_is_admitted() -> None:
    rate, admitted = RequestRate(30), 0
    began_s = now_s()
    while now_s() < began_s + 600:
        try:
            await rate.admit()
        except ModelFailed:
            continue
        admitted += 1
    assert 300 <= admitted <= 30 + 300
