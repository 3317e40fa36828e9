"""The way between Asterisk and our AudioSocket port passes nothing for ten seconds, and nobody is told: no RST, no FIN."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.system import System
from tests.acceptance.floor import Floor, eventually
from tests.fakes.tcp_proxy import TcpProxy

HOLE_S = 10.0
ROOM_BYTES = 2_048  # the kernel has a little more: together far less than a second of audio, as on a real wire
BURST_S, BURST_FRAMES = 0.2, 25  # half a second of audio within a fifth of one: old sound, all at once


@pytest.fixture
async def hole(system: System) -> AsyncIterator[TcpProxy]:
    async with TcpProxy.to(int(system.controller.environment["AUDIOSOCKET_PORT"]), room=ROOM_BYTES) as proxy:
        if system.controller.running:
            await asyncio.to_thread(system.controller.stop)
        await asyncio.to_thread(system.controller.start, AUDIOSOCKET_ADVERTISED=f"127.0.0.1:{proxy.port}")
        yield proxy
        await asyncio.to_thread(system.controller.stop)


def most_within(moments: list[float], window_s: float) -> int:
    """The largest number of *moments* that lie within *window_s* of each other."""
    first = most = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] > window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


async def test_the_leg_is_replaced_and_the_caller_hears_nothing_old(hole: TcpProxy, floor: Floor) -> None:
    telephone = await floor.dial()
    await Talk(telephone).lead((Listen(), Say("winter_tyres_camry")))
    before = hole.accepted
    began_s = asyncio.get_running_loop().time()
    hole.swallow()

    async def given_up() -> bool:
        return hole.accepted > before

    await eventually(given_up, "a new leg", 8.0)
    await asyncio.sleep(max(0.0, HOLE_S - (asyncio.get_running_loop().time() - began_s)))  # the length of the hole is the test's subject
    hole.let_go()
    assert not telephone.gone
    await Talk(telephone).lead((Listen(), Say("in_stock"), Listen()))
    assert not telephone.gone
    after = [moment for moment in telephone.ear.arrivals if moment > began_s]
    assert most_within(after, BURST_S) < BURST_FRAMES
    await telephone.hang_up()
    record = await floor.record()
    assert record.call["transferred_to_operator"] is False
