"""The controller loses Asterisk's events and commands while calls go on: a cut cable, a black hole, a rival for the application's name."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from audiosocket.audio import SLIN16
from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.standins.phrasebook import phrase
from ops.system import System
from tests.acceptance.floor import Floor, eventually, speeches
from tests.fakes.tcp_proxy import TcpProxy


@pytest.fixture
async def proxy(system: System) -> AsyncIterator[TcpProxy]:
    """Between the controller and ARI. It outlives the floor, so that every record can be closed."""
    port = urlsplit(system.stack.asterisk.ari_url).port
    assert port is not None
    async with TcpProxy.to(port) as proxy:
        if system.controller.running:
            await asyncio.to_thread(system.controller.stop)
        await asyncio.to_thread(system.controller.start, ARI_URL=f"http://127.0.0.1:{proxy.port}")
        yield proxy
        await asyncio.to_thread(system.controller.stop)


async def not_ready(floor: Floor) -> str:
    """Wait until readiness says so; why."""

    async def why() -> str | None:
        readiness = await floor.readiness()
        return readiness["dependencies"]["ari"]["why"] if readiness and readiness["status"] == "not ready" else None

    return await eventually(why, "readiness that tells of the loss", 15.0)


async def ready(floor: Floor) -> None:
    await asyncio.to_thread(floor.system.controller.wait_ready)


async def test_calls_talk_on_through_a_cut_and_all_that_happened_meanwhile_is_made_up_for(proxy: TcpProxy, floor: Floor) -> None:
    operator = await floor.exchange.operator()
    talker, leaver, wisher = [await floor.dial() for _ in range(3)]
    talks, leaves, wishes = floor.numbers
    await asyncio.gather(*(Talk(telephone).lead((Listen(),)) for telephone in (talker, leaver, wisher)))

    proxy.cut()
    assert "not reachable" in await not_ready(floor)
    wishing = asyncio.create_task(wisher.say(phrase("operator").pcm(SLIN16)))
    await Talk(talker).lead((Say("winter_tyres_camry"), Listen()))
    await wishing
    newcomer = await floor.dial()
    await leaver.hang_up()
    proxy.mend()
    await ready(floor)

    await operator.answered()
    gone = (await floor.record(leaves)).call
    assert gone["outcome"] in {"hung_up", "silence"}, "hung up, unless the agent asked a caller who was gone until it gave up"
    await Talk(newcomer).lead((Listen(),))
    await Talk(talker).lead((Say("in_stock"), Listen()))
    await talker.hang_up()
    record = await floor.record(talks)
    assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")
    assert [tool["name"] for tool in record.tool_calls] == ["search_tires", "check_availability"]
    await floor.state_is("operator", wishes)
    assert not wisher.gone


async def test_a_black_hole_is_noticed_and_who_came_or_went_meanwhile_is_found(proxy: TcpProxy, floor: Floor) -> None:
    talker, leaver = await floor.dial(), await floor.dial()
    talks, leaves = floor.numbers
    await asyncio.gather(*(Talk(telephone).lead((Listen(),)) for telephone in (talker, leaver)))

    proxy.swallow()
    await leaver.hang_up()
    newcomer = await floor.dial()  # Asterisk knows of no hole: it offers us the call, and the offer is lost
    await not_ready(floor)
    await Talk(talker).lead((Say("winter_tyres_camry"), Listen()))
    proxy.release()
    await ready(floor)

    assert (await floor.record(leaves)).call["outcome"] in {"hung_up", "silence"}  # as above
    await Talk(newcomer).lead((Listen(),))
    await talker.hang_up()
    assert "грн" in speeches(await floor.record(talks), "agent")[1]["heard_text"]


async def test_a_rival_for_our_name_is_told_in_readiness_and_the_name_is_fought_for_three_times_a_minute(floor: Floor) -> None:
    """Two that both insist would tear the application from each other for ever."""
    await floor.stop_controller()
    await floor.start_controller()
    metrics = floor.system.controller.metrics
    rival = asyncio.create_task(_insist(floor), name="rival")
    try:

        async def lost_four_times() -> bool:
            return "callctl_ari_replaced_total 4.0" in await asyncio.to_thread(metrics)

        await eventually(lost_four_times, "fourth loss of the name", 20.0)
        assert "another process" in await not_ready(floor)
        (*_, last) = [line for line in floor.system.controller.log_tail(400).splitlines() if "ari_application_replaced" in line]
        assert json.loads(last)["retry_s"] > 40
        assert "callctl_ari_connects_total 4.0" in await asyncio.to_thread(metrics)
    finally:
        rival.cancel()
        await asyncio.wait([rival])
    await floor.stop_controller()


async def _insist(floor: Floor) -> None:
    """Connect under the controller's name, and again whenever it takes the name back."""
    asterisk = floor.system.stack.asterisk
    login = base64.b64encode(f"{asterisk.ari_username}:{asterisk.ari_password}".encode()).decode()
    url = f"{asterisk.ari_url.replace('http', 'ws', 1)}/ari/events?app=callctl"
    while True:
        async with connect(url, additional_headers={"Authorization": f"Basic {login}"}, close_timeout=1) as socket:
            async for message in socket:
                if json.loads(message)["type"] == "ApplicationReplaced":
                    break
