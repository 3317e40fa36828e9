"""The controller's look at the dialplan, on the real Asterisk."""

from __future__ import annotations

import asyncio

from controller.dialplan import Dialplan
from ops.devstack import DevStack
from tests.integration.call_house import real_house


async def test_the_way_to_the_operators_is_found_and_a_missing_one_told_without_a_trace(stack: DevStack) -> None:
    async with real_house(stack) as h:
        there, missing = Dialplan(h.rest), Dialplan(h.rest, context="nowhere")
        await there.look()
        await missing.look()
        assert there.why is None
        assert missing.why
        assert "[nowhere]" in missing.why
        async with asyncio.timeout(5):
            while await h.rest.channels():  # noqa: ASYNC110 - the other half of a Local channel takes a moment to go
                await asyncio.sleep(0.02)
        assert not h.switchboard.sessions, "the channel that was asked is no caller"
