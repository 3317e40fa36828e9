"""A supervisor's telephone in a call, on the real Asterisk; only the agent is a puppet."""

from __future__ import annotations

import asyncio
import time

from audiosocket.audio import SLIN16
from controller.control import Answer, Person
from ops.caller.desk_phone import DeskPhone
from ops.caller.ear import PAUSE_S
from ops.caller.telephone import Telephone
from ops.devstack import DevStack
from ops.standins.phrasebook import phrase
from tests.fakes.calls import PuppetAgent
from tests.integration.call_house import RealHouse, real_house
from tests.waiting import until

LONGEST_GAP_MS = 200.0  # 7 ms on an idle machine: frames come on from the leg that stays
TICK_S = 0.005


class OwnStalls:
    """How long this process itself stood still, which also plays the agent and the telephones: the machine's load, not the call's gap."""

    def __init__(self) -> None:
        self.longest_ms = 0.0

    async def __aenter__(self) -> OwnStalls:
        self._watching = asyncio.create_task(self._watch(), name="own-stalls")
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(TICK_S)
            self.longest_ms = max(self.longest_ms, 1000 * (time.monotonic() - began_s - TICK_S))


def olha(phone: DeskPhone) -> Person:
    return Person(name="olha", role="supervisor", telephone=phone.endpoint)


def agent_says(agent: PuppetAgent, key: str) -> None:
    assert agent.line is not None
    playback = agent.line.play()
    playback.feed(phrase(key).pcm(SLIN16))
    playback.finish()


async def taken_over(h: RealHouse) -> tuple[Telephone, PuppetAgent, DeskPhone]:
    caller = await h.exchange.dial()
    agent = await h.agent_speaks()
    await hears_on(caller)
    phone = h.exchange.desk_phone()
    assert await h.control.take_over(h.call_id, olha(phone)) == Answer()
    await phone.picked_up()
    await h.state("supervised")
    await until(lambda: any(step.event["type"] == "taken_over.1" for step in h.journal.steps))
    return caller, agent, phone


async def hears_on(caller: Telephone) -> None:
    """Half a second of whatever comes, silence too: a gap would be seen in it."""
    so_far = len(caller.ear.arrivals)
    await until(lambda: len(caller.ear.arrivals) >= so_far + 25)


async def talk_to_each_other(caller: Telephone, phone: DeskPhone) -> None:
    """By sound, not by words: a mixing bridge of three drops a frame now and then on a busy machine, and a mark with it."""
    await until(lambda: caller.ear.quiet_s(time.monotonic()) > PAUSE_S and phone.ear.quiet_s(time.monotonic()) > PAUSE_S)
    began_s = time.monotonic()
    phone.say(phrase("yes").pcm(SLIN16))
    await until(lambda: caller.ear.first_voiced_after(began_s))
    began_s = time.monotonic()
    await caller.say(phrase("yes").pcm(SLIN16))
    await until(lambda: phone.ear.first_voiced_after(began_s))


async def test_the_supervisor_and_the_caller_hear_each_other_and_the_agent_comes_back_upon_the_same_leg(stack: DevStack) -> None:
    async with real_house(stack) as h, OwnStalls() as own:
        caller, agent, phone = await taken_over(h)
        assert agent.cancelled == 1
        legs = {name for name in await h.exchange.channels() if name.startswith("m-")}
        await talk_to_each_other(caller, phone)

        assert (await h.control.give_back(h.call_id, olha(phone))).accepted
        await h.agent_speaks(2)
        assert agent.openings == ["greeting", "supervisor_left"]
        await until(lambda: caller.ear.quiet_s(time.monotonic()) > PAUSE_S)
        began_s = time.monotonic()
        agent_says(agent, "yes")
        await until(lambda: caller.ear.first_voiced_after(began_s))
        assert {name for name in await h.exchange.channels() if name.startswith("m-")} == legs
        await until(lambda: phone.gone)
        assert max(caller.ear.jitter_ms()) < LONGEST_GAP_MS + own.longest_ms
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
        assert [record.operator for record in h.journal.closed] == ["olha"]


async def test_a_supervisors_telephone_that_dies_gives_the_caller_back_without_a_gap(stack: DevStack) -> None:
    async with real_house(stack) as h, OwnStalls() as own:
        caller, agent, phone = await taken_over(h)
        await hears_on(caller)
        phone.put_down()
        await h.agent_speaks(2)
        await hears_on(caller)
        assert max(caller.ear.jitter_ms()) < LONGEST_GAP_MS + own.longest_ms
        assert not caller.gone
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_caller_who_hangs_up_on_the_supervisor_ends_everything(stack: DevStack) -> None:
    async with real_house(stack) as h:
        caller, _, phone = await taken_over(h)
        await caller.hang_up()
        await until(lambda: phone.gone)
        await h.ended("transferred", "caller")


async def test_a_call_that_ends_while_the_telephone_rings_stops_it(stack: DevStack) -> None:
    async with real_house(stack) as h:
        caller = await h.exchange.dial()
        await h.agent_speaks()
        operator = await h.exchange.operator("op1")
        silent = Person(name="olha", role="supervisor", telephone="Local/op2@ops")  # op2's telephone is not there: it rings on
        assert (await h.control.take_over(h.call_id, silent)).accepted
        await until(lambda: any(line.text.startswith("RingPhone") for line in h.journal.logged))
        await caller.hang_up()
        await h.ended("hung_up", "caller")
        operator.hang_up()


async def test_a_telephone_that_is_not_there_leaves_the_talk_alone(stack: DevStack) -> None:
    async with real_house(stack) as h:
        await h.exchange.dial()
        agent = await h.agent_speaks()
        nowhere = Person(name="olha", role="supervisor", telephone="PJSIP/nobody")
        assert (await h.control.take_over(h.call_id, nowhere)).accepted
        await until(lambda: h.switchboard.sessions[0].call.phone is None)
        assert agent.running == 1
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_supervisor_sends_the_caller_on_to_an_operator(stack: DevStack) -> None:
    async with real_house(stack) as h:
        caller, _, phone = await taken_over(h)
        assert (await h.control.transfer(h.call_id, olha(phone), warm=False)).accepted
        await h.state("queued")
        await until(lambda: phone.gone)
        await caller.hang_up()
        await h.ended("abandoned", "caller")


async def test_the_bridge_and_our_leg_may_go_under_the_supervisors_talk(stack: DevStack) -> None:
    async with real_house(stack) as h:
        caller, agent, phone = await taken_over(h)
        await until(lambda: any("JoinPhone" in line.text for line in h.journal.logged))  # they talk: it is under their talk that it goes
        await h.rest.destroy_bridge("b-" + h.call_id)
        await until(lambda: any(step.event["type"] == "bridge_lost.1" for step in h.journal.steps))
        await until(lambda: sum("JoinPhone" in line.text for line in h.journal.logged) == 2)
        await talk_to_each_other(caller, phone)
        [leg] = [name for name in await h.exchange.channels() if name.startswith("m-")]
        await h.rest.hang_up(leg)
        await until(lambda: h.switchboard.sessions[0].call.leg is None)
        await talk_to_each_other(caller, phone)
        phone.put_down()
        await h.agent_speaks(2)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
