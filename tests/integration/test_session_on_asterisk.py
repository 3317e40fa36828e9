"""Calls from arrival to a closed record, on the real Asterisk; only the agent is a puppet."""

from __future__ import annotations

from controller.call.events import Limits
from ops.devstack import DevStack
from tests.integration.call_house import real_house
from tests.waiting import until

BLIND = Limits(warm_transfer=False)


async def test_a_caller_speaks_with_the_agent_and_the_goodbye_ends_it(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial("+380671234567")
        agent = await h.agent_speaks()
        assert agent.caller.number.endswith("380671234567")
        assert await h.rest.get_variable(phone.channel_id, "CALL_ID") == agent.caller.call_id
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
        await phone.ended()


async def test_a_caller_hangs_up_while_the_agent_speaks(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial()
        agent = await h.agent_speaks()
        phone.line.close()
        await h.ended("hung_up", "caller")
        assert agent.cancelled == 1


async def test_a_caller_hangs_up_before_anybody_answered(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial()
        phone.line.close()
        await until(lambda: bool(h.journal.closed))
        await h.ended("hung_up", "caller")


async def test_a_supervisor_deletes_the_channel(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial()
        await h.agent_speaks()
        await h.rest.hang_up(phone.channel_id)
        await h.ended("hung_up", "supervisor")


async def test_a_hand_off_reaches_an_operator_and_ends_when_he_hangs_up(stack: DevStack) -> None:
    async with real_house(stack, limits=BLIND) as h:
        operator = await h.exchange.operator("op1")
        await h.exchange.dial()
        agent = await h.agent_speaks()
        agent.hands_off()
        await operator.answered()
        await h.state("operator")
        operator.hang_up()
        await h.ended("transferred", "operator")
        await h.exchange.set_global("DIAL_op1", "")


async def test_a_caller_ends_the_talk_with_the_operator(stack: DevStack) -> None:
    async with real_house(stack, limits=BLIND) as h:
        operator = await h.exchange.operator("op1")
        phone = await h.exchange.dial()
        agent = await h.agent_speaks()
        agent.hands_off()
        await operator.answered()
        await h.state("operator")
        phone.line.close()
        await h.ended("transferred", "operator")  # a telephone without SIP is hung up like by the dialplan's end
        await h.exchange.set_global("DIAL_op1", "")


async def test_a_caller_hangs_up_while_he_waits_for_an_operator(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial()
        agent = await h.agent_speaks()
        agent.hands_off()
        await h.state("queued")
        phone.line.close()
        await h.ended("abandoned", "caller")


async def test_nobody_takes_the_caller_so_he_comes_back_twice_and_then_is_told(stack: DevStack) -> None:
    async with real_house(stack, limits=Limits(queue_s=1.0)) as h:
        phone = await h.exchange.dial()
        for talks in (1, 2, 3):
            agent = await h.agent_speaks(talks)
            agent.hands_off()
        await h.ended("nobody_free", "controller")
        assert agent.openings == ["greeting", "nobody_free", "nobody_free"]
        await phone.ended()


async def test_key_0_leads_to_the_queue(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial()
        agent = await h.agent_speaks()
        await phone.press("0")
        await h.state("queued")
        assert agent.cancelled == 1
        phone.line.close()
        await h.ended("abandoned", "caller")


async def test_a_caller_beyond_the_limit_goes_to_the_queue(stack: DevStack) -> None:
    async with real_house(stack, calls_max=1) as h:
        await h.exchange.dial()
        agent = await h.agent_speaks()
        second = await h.exchange.dial()
        await h.state("queued")
        second.line.close()
        await until(lambda: len(h.switchboard.sessions) == 1)
        assert agent.running == 1
        agent.says_goodbye()
        await until(lambda: not h.switchboard.sessions)
        await h.nothing_left()
        assert sorted(record.outcome or "" for record in h.journal.closed) == ["abandoned", "goodbye"]


async def test_a_leg_deleted_by_others_is_replaced(stack: DevStack) -> None:
    async with real_house(stack) as h:
        await h.exchange.dial()
        await h.agent_speaks()
        [leg] = [channel for channel in await h.exchange.channels() if channel.startswith("m-")]
        await h.rest.hang_up(leg)
        agent = await h.agent_speaks(2)
        assert agent.openings == ["greeting", "didnt_hear"]
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_bridge_deleted_by_others_is_built_again(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial()
        agent = await h.agent_speaks()
        bridge = "b-" + agent.caller.call_id
        await h.rest.destroy_bridge(bridge)
        await until(lambda: any(step.event["type"] == "bridge_lost.1" for step in h.journal.steps))
        await until(lambda: sum(step.event["type"] == "line_joined.1" for step in h.journal.steps) == 2)
        assert set((await h.rest.bridge(bridge)).channels) >= {phone.channel_id}
        assert agent.running == 1
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_caller_continued_elsewhere_by_others_keeps_his_call(stack: DevStack) -> None:
    async with real_house(stack, limits=Limits(settle_s=0.1)) as h:
        phone = await h.exchange.dial()
        await h.agent_speaks()
        await h.rest.continue_in_dialplan(phone.channel_id, context="transfer-to-operator", extension="s", priority=1)
        await h.state("moved")
        await until(lambda: not h.server.lines)
        assert phone.channel_id in await h.exchange.channels()
        await until(lambda: not h.switchboard.sessions[0].call.deadlines)
        phone.line.close()
        await h.ended("moved", "caller")


async def test_stopping_gives_the_callers_to_the_queue(stack: DevStack) -> None:
    async with real_house(stack) as h:
        phone = await h.exchange.dial()
        await h.agent_speaks()
        await h.switchboard.drain(0)
        assert [(record.outcome, record.ended_by) for record in h.journal.closed] == [("transferred", "controller")]
        assert not phone.gone
        phone.line.close()
        await h.nothing_left()
