from __future__ import annotations

import asyncio
import uuid

import pytest

from audiosocket.errors import LineNotOpened
from audiosocket.server import AudioSocketServer
from controller.ari.errors import AriNotFound, AriRefused
from controller.ari.perform import open_line, perform, release_leg, rescue
from controller.call import commands as order
from controller.call import ids
from controller.call.state import Call, State
from tests.fakes.ari import FakeAsterisk

CALL = ids.new_call_id()
LEG = ids.leg_id(CALL, 1)
BRIDGE = ids.bridge_id(CALL)
CALLER = "1700000000.1"


async def with_caller() -> FakeAsterisk:
    asterisk = FakeAsterisk()
    asterisk.call_in(CALLER)
    return asterisk


async def test_what_is_to_be_destroyed_and_is_not_there_counts_as_destroyed() -> None:
    asterisk = await with_caller()
    await perform(asterisk, order.DestroyBridge(bridge_id=BRIDGE))
    await perform(asterisk, order.DestroyBridge(bridge_id=BRIDGE, only_if_empty=True))
    await release_leg(asterisk, LEG, None)


async def test_a_bridge_with_a_caller_in_it_is_spared_when_asked() -> None:
    asterisk = await with_caller()
    await asterisk.create_bridge(BRIDGE)
    await asterisk.add_to_bridge(BRIDGE, CALLER)
    await perform(asterisk, order.DestroyBridge(bridge_id=BRIDGE, only_if_empty=True))
    assert asterisk.mixing == {BRIDGE: [CALLER]}
    await perform(asterisk, order.DestroyBridge(bridge_id=BRIDGE))
    assert asterisk.mixing == {}


async def test_refusals_that_matter_are_raised() -> None:
    asterisk = await with_caller()
    with pytest.raises(AriNotFound):
        await perform(asterisk, order.HangUp(channel_id="1700000000.2"))
    asterisk.move_elsewhere(CALLER)
    with pytest.raises(AriRefused):
        await perform(asterisk, order.ContinueInDialplan(channel_id=CALLER, context="transfer-to-operator"))


async def test_a_command_that_is_not_asterisks_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        await perform(await with_caller(), order.StartAgent(run=1, opening="greeting"))


async def test_a_line_is_open_once_the_leg_dialled_in_and_its_channel_started() -> None:
    asterisk, started = await with_caller(), asyncio.Event()
    async with AudioSocketServer("127.0.0.1", 0) as server:
        opening = asyncio.create_task(open_line(asterisk, server, LEG, started, advertised=f"127.0.0.1:{server.port}", timeout_s=2.0))
        async with asyncio.timeout(2.0):
            while not server.lines:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert not opening.done()
        started.set()
        line = await opening
        assert line.leg_id == uuid.UUID(LEG)
        await release_leg(asterisk, LEG, line)
        await asyncio.wait_for(line.closed(), 2.0)
        assert asterisk.legs == []


async def test_a_leg_that_does_not_dial_in_is_told_and_not_expected_any_more() -> None:
    asterisk = await with_caller()
    asterisk.silent_legs = True
    async with AudioSocketServer("127.0.0.1", 0) as server:
        with pytest.raises(LineNotOpened):
            await open_line(asterisk, server, LEG, asyncio.Event(), advertised=f"127.0.0.1:{server.port}", timeout_s=0.01)
        assert not server.lines


async def test_a_line_whose_channel_never_starts_is_closed_again() -> None:
    asterisk = await with_caller()
    async with AudioSocketServer("127.0.0.1", 0) as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await open_line(asterisk, server, LEG, asyncio.Event(), advertised=f"127.0.0.1:{server.port}", timeout_s=2.0)
        async with asyncio.timeout(2.0):
            while server.lines:  # noqa: ASYNC110
                await asyncio.sleep(0.001)


async def test_a_rescue_sends_the_caller_to_the_queue_and_releases_the_rest_though_half_of_it_fails() -> None:
    asterisk = await with_caller()
    await asterisk.create_bridge(BRIDGE)
    asterisk.faults["hang_up"].append(AriRefused("DELETE", "no", 500))
    await rescue(asterisk, Call(call_id=CALL, channel_id=CALLER, state=State.TALKING, leg=LEG, bridge=True), {})
    assert asterisk.calls[CALLER].app_name == "Queue"
    assert asterisk.mixing == {}


async def test_a_rescue_leaves_who_is_with_an_operator_alone() -> None:
    asterisk = await with_caller()
    await rescue(asterisk, Call(call_id=CALL, channel_id=CALLER, state=State.OPERATOR), {})
    assert asterisk.done == []
