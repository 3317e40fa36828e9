"""A killed controller's callers on the real Asterisk: the successor speaks with them, in the bridge in which they stand."""

from __future__ import annotations

import asyncio

from controller.call.events import Limits
from ops.devstack import DevStack
from tests.integration.call_house import real_house
from tests.waiting import until


async def test_every_caller_of_a_killed_controller_hears_its_successor_and_nothing_of_the_dead_one_is_left(stack: DevStack) -> None:
    async with real_house(stack) as dead:
        phones = [await dead.exchange.dial(f"+38067123456{number}") for number in range(5)]
        await until(lambda: len(dead.agents) == 5 and all(agent.running for agent in dead.agents))
        for number, agent in enumerate(dead.agents):
            agent.learns(b"%d" % number)
        await asyncio.sleep(0)
        sheets = await dead.die()
        gone = phones.pop()
        gone.line.close()
        async with asyncio.timeout(5):
            while gone.channel_id in await dead.exchange.channels():  # noqa: ASYNC110 - Asterisk does not tell
                await asyncio.sleep(0.02)
        async with real_house(stack, sheets=sheets) as h:
            await until(lambda: len(h.agents) == 4 and all(agent.running for agent in h.agents))
            whom = {sheet.call.call_id: sheet.memory for sheet in sheets if sheet.call.channel_id != gone.channel_id}
            assert {agent.caller.call_id: agent.caller.memory for agent in h.agents} == whom
            assert len(set(whom.values())) == 4
            await until(lambda: [record.channel_id for record in h.journal.closed] == [gone.channel_id])
            channels = await h.rest.channels()
            assert sorted(channel.id[:2] for channel in channels if channel.id.startswith("m-")) == ["m-"] * 4
            assert {channel.id for channel in channels if not channel.id.startswith("m-")} == {phone.channel_id for phone in phones}
            assert sorted(bridge.id for bridge in await h.rest.bridges()) == sorted(f"b-{s.call.call_id}" for s in h.switchboard.sessions)
            h.agents[0].says_goodbye()
            await until(lambda: len(h.switchboard.sessions) == 3)
            for phone in phones:
                phone.line.close()
            await until(lambda: not h.switchboard.sessions)
            assert sorted(record.outcome or "" for record in h.journal.closed) == ["goodbye", *["hung_up"] * 4]
            await h.nothing_left()


async def test_a_caller_in_the_queue_is_followed_and_comes_back_to_the_same_conversation(stack: DevStack) -> None:
    async with real_house(stack, limits=Limits(queue_s=3)) as dead:
        phone = await dead.exchange.dial()
        agent = await dead.agent_speaks()
        agent.learns(b"he waits")
        agent.hands_off()
        await dead.state("queued")
        sheets = await dead.die()  # at once: the leg and the bridge were ordered away and may still be there
        async with real_house(stack, sheets=sheets) as h:
            await until(lambda: h.agents and h.agent().running)
            assert (h.agent().openings, h.agent().caller.memory) == (["nobody_free"], b"he waits")
            assert [bridge.id for bridge in await h.rest.bridges()] == [f"b-{sheets[0].call.call_id}"]
            phone.line.close()
            await h.ended("hung_up", "caller")


async def test_what_a_call_in_the_queue_had_given_up_is_removed(stack: DevStack) -> None:
    async with real_house(stack) as dead:
        phone = await dead.exchange.dial()
        (await dead.agent_speaks()).hands_off()
        await dead.state("queued")
        sheets = await dead.die()
        async with real_house(stack, sheets=sheets) as h:
            await until(lambda: h.journal.steps)
            async with asyncio.timeout(10):
                while await h.rest.bridges() or len(await h.rest.channels()) > 1:  # noqa: ASYNC110 - Asterisk does not tell
                    await asyncio.sleep(0.05)
            phone.line.close()
            await h.ended("abandoned", "caller")
