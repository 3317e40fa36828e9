"""A leg of the real Asterisk whose worker is killed: its channel stays in the bridge, and the caller hears on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from controller.ari.messages import ChannelDestroyed, ChannelEnteredBridge, ChannelLeftBridge, StasisEnd, StasisStart
from ops.bench.keeper import parent
from ops.bench.media_server import leg
from ops.devstack import DevStack
from tests.integration.test_ari_client import connected
from tests.waiting import until

SAFETY_S = 2.0


@pytest.fixture(scope="module")
def stack(stack: DevStack) -> Iterator[DevStack]:
    """An Asterisk of our own, as for the ARI client's tests: the helper hangs everybody up."""
    with DevStack(parts=("asterisk",)) as own:
        yield own


async def test_the_channel_of_a_leg_stays_and_the_caller_hears_on_when_worker_after_worker_is_killed(stack: DevStack) -> None:
    async with connected(stack) as ari, parent(legs=1, ballast_mb=0) as keeping:
        port = (await keeping.tells("port"))["port"]
        worker = await keeping.tells("pid")
        caller = await ari.caller()
        heard: list[tuple[float, int]] = []
        (telephone,) = ari.server.lines
        telephone.listen(lambda frame: heard.append((time.monotonic(), frame[0])))
        telephone.play().feed(b"\x55" * 640 * 50 * 60)
        await ari.rest.answer(caller)
        bridge = await ari.rest.create_bridge("b-kept")
        channel = await ari.rest.external_media(f"m-{leg(1)}", str(leg(1)), f"127.0.0.1:{port}")
        await ari.heard(StasisStart, lambda event: event.channel.id == channel.id)
        await ari.rest.add_to_bridge(bridge.id, caller, channel.id)
        await ari.heard(ChannelEnteredBridge, lambda event: event.channel is not None and event.channel.id == channel.id)
        await until(lambda: heard and heard[-1][1] == worker["mark"])
        began = len(heard)

        for stopped in (False, True, False):
            await keeping.tells("standby")
            if stopped:
                os.kill(worker["pid"], signal.SIGSTOP)
            os.kill(worker["pid"], signal.SIGKILL)
            worker = await keeping.tells("pid")
            await until(lambda: heard[-1][1] == worker["mark"])  # noqa: B023 - waited for in this round

        times = [at_s for at_s, _ in heard[began:]]
        assert max(b - a for a, b in pairwise(times)) < SAFETY_S
        assert set((await ari.rest.bridge(bridge.id)).channels) == {caller, channel.id}
        assert not [event for event in ari.events if isinstance(event, StasisEnd | ChannelLeftBridge | ChannelDestroyed)]
        await ari.rest.hang_up(channel.id)
        await ari.heard(StasisEnd, lambda event: event.channel.id == channel.id)
