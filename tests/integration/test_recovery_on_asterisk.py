"""What is left of calls when a controller dies or does not hear for a while, on the real Asterisk."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from controller.call import ids
from controller.control import Person
from ops.devstack import DevStack
from tests.fakes.tcp_proxy import TcpProxy
from tests.integration.call_house import real_house
from tests.waiting import until


async def test_the_callers_of_a_killed_controller_reach_the_operators_and_nothing_of_it_is_left(stack: DevStack) -> None:
    async with real_house(stack) as dead:
        phones = [await dead.exchange.dial(f"+38067123456{number}") for number in range(3)]
        await until(lambda: len(dead.agents) == 3 and all(agent.running for agent in dead.agents))
        gone = phones.pop()
        await dead.die()
        open_records = {record.call_id: record for record in dead.journal.revisions}
        gone.line.close()
        async with real_house(stack, predecessors=list(open_records.values())) as successor:
            await until(lambda: len(successor.journal.closed) == 3)
            assert {record.call_id for record in successor.journal.closed} == set(open_records)
            assert all(record.revision == open_records[record.call_id].revision + 1 for record in successor.journal.closed)
            async with asyncio.timeout(10):
                while await successor.rest.bridges():  # noqa: ASYNC110 - Asterisk does not tell
                    await asyncio.sleep(0.05)
            channels = {channel.id: channel for channel in await successor.rest.channels()}
            assert not [name for name in channels if name.startswith("m-")]
            for phone in phones:
                assert channels[phone.channel_id].dialplan.app_name == "Queue"
                phone.line.close()
            await successor.nothing_left()


async def test_telephones_snoops_and_side_bridges_of_a_killed_controller_are_removed_and_no_caller_is_hung_up(stack: DevStack) -> None:
    async with real_house(stack) as dead:
        taken = await dead.exchange.dial()
        await dead.agent_speaks()
        listener, taker = dead.exchange.desk_phone(), dead.exchange.desk_phone()
        call_id = dead.call_id
        assert (await dead.control.listen(call_id, Person(name="petro", role="supervisor", telephone=listener.endpoint))).accepted
        assert (await dead.control.take_over(call_id, Person(name="olha", role="supervisor", telephone=taker.endpoint))).accepted
        await listener.picked_up()
        await taker.picked_up()
        await until(lambda: dead.control.listeners(call_id) == ("petro",))
        await dead.state("supervised")
        await dead.rest.create_bridge("w-" + ids.new_call_id())
        before = [name[:2] for name in (*await dead.exchange.channels(), *await dead.exchange.bridges())]
        assert {"s-", "n-", "l-", "w-", "m-", "b-"} <= set(before)
        await dead.die()
        predecessors = [dead.journal.revisions[-1]]
        async with real_house(stack, predecessors=predecessors) as successor:
            async with asyncio.timeout(15):
                while await successor.exchange.channels() != [taken.channel_id] or await successor.exchange.bridges():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)  # Asterisk does not tell
            assert await successor.exchange.application_of(taken.channel_id) == "Queue"
            assert listener.gone
            assert taker.gone
            taken.line.close()
            await successor.nothing_left()


async def test_a_hang_up_while_the_event_socket_was_cut_is_noticed_after_it(stack: DevStack) -> None:
    port = urlsplit(stack.asterisk.ari_url).port
    assert port is not None
    async with TcpProxy.to(port) as proxy, real_house(stack, ari_url=f"http://127.0.0.1:{proxy.port}") as h:
        phone = await h.exchange.dial()
        stays = await h.exchange.dial()
        await until(lambda: len(h.agents) == 2 and all(agent.running for agent in h.agents))
        connects = h.socket.connects
        proxy.swallow()
        phone.line.close()
        async with asyncio.timeout(10):
            while phone.channel_id in await h.exchange.channels():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        proxy.release()
        await until(lambda: h.socket.connects > connects, 20)
        await until(lambda: len(h.switchboard.sessions) == 1)
        assert [(record.channel_id, record.outcome) for record in h.journal.closed] == [(phone.channel_id, "hung_up")]
        assert sum(agent.running for agent in h.agents) == 1
        stays.line.close()
        await until(lambda: not h.switchboard.sessions)
        await h.nothing_left()
