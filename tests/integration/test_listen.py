"""Supervisors who listen in, on the real Asterisk; only the agent is a puppet."""

from __future__ import annotations

import time

from audiosocket.audio import SLIN16
from controller.control import Answer, Person
from ops.caller.desk_phone import DeskPhone
from ops.caller.ear import PAUSE_S, Ear
from ops.devstack import DevStack
from ops.standins.phrasebook import phrase
from tests.integration.call_house import RealHouse, real_house
from tests.integration.test_take_over import agent_says
from tests.waiting import until


async def listens(h: RealHouse, name: str = "olha") -> DeskPhone:
    phone = h.exchange.desk_phone()
    assert await h.control.listen(h.call_id, Person(name=name, role="supervisor", telephone=phone.endpoint)) == Answer()
    await phone.picked_up()
    await until(lambda: name in h.control.listeners(h.call_id))
    return phone


async def quiet(*ears: Ear) -> None:
    await until(lambda: all(ear.quiet_s(time.monotonic()) > PAUSE_S for ear in ears))


async def test_a_listener_hears_both_sides_is_not_heard_and_the_call_does_not_notice(stack: DevStack) -> None:
    async with real_house(stack) as h:
        caller = await h.exchange.dial()
        agent = await h.agent_speaks()
        steps = len(h.journal.steps)
        phone = await listens(h)
        began_s = time.monotonic()
        agent_says(agent, "yes")
        await until(lambda: phone.ear.first_voiced_after(began_s) and caller.ear.first_voiced_after(began_s))
        await quiet(caller.ear, phone.ear)
        began_s = time.monotonic()
        await caller.say(phrase("yes").pcm(SLIN16))
        await until(lambda: phone.ear.first_voiced_after(began_s))
        await quiet(caller.ear, phone.ear)
        began_s, frames = time.monotonic(), len(caller.ear.arrivals)
        phone.say(phrase("yes").pcm(SLIN16))
        await until(lambda: len(caller.ear.arrivals) > frames + 100)
        assert caller.ear.first_voiced_after(began_s) is None, "the caller hears who listens"
        assert len(h.journal.steps) == steps

        assert (await h.control.stop_listening(h.call_id, Person(name="olha", role="supervisor"))).accepted
        await until(lambda: phone.gone and h.heard_by == [("olha",), ()])
        await h.nobody_listens()
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_listening_goes_on_into_the_queue_and_ends_with_the_call(stack: DevStack) -> None:
    async with real_house(stack) as h:
        caller = await h.exchange.dial()
        agent = await h.agent_speaks()
        first, second = await listens(h), await listens(h, "petro")
        second.put_down()
        await until(lambda: h.control.listeners(h.call_id) == ("olha",))
        agent.hands_off()
        await h.state("queued")
        assert h.control.listeners(h.call_id) == ("olha",)
        await caller.hang_up()
        await until(lambda: first.gone)
        await h.ended("abandoned", "caller")
        assert h.heard_by == [("olha",), ("olha", "petro"), ("olha",), ()]


async def test_a_caller_who_is_gone_before_the_telephone_is_picked_up_leaves_nothing(stack: DevStack) -> None:
    async with real_house(stack) as h:
        caller = await h.exchange.dial()
        await h.agent_speaks()
        phone = h.exchange.desk_phone()
        assert (await h.control.listen(h.call_id, Person(name="olha", role="supervisor", telephone=phone.endpoint))).accepted
        await caller.hang_up()
        await h.ended("hung_up", "caller")
        phone.put_down()
