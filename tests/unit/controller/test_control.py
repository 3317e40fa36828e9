"""What people do with live calls, on a fake Asterisk: the real control, switchboard, sessions and listeners."""

from __future__ import annotations

import asyncio

from controller.ari.errors import AriRefused
from controller.call import ids
from controller.control import REFUSALS, Answer, Person
from controller.journal.records import Audited
from tests.fakes.calls import House, house, until

CALLER = "1700000000.1"
OLHA = Person(name="olha", role="supervisor", telephone="PJSIP/sup1")
PETRO = Person(name="petro", role="supervisor", telephone="PJSIP/sup2")


def call_id(h: House) -> str:
    return h.session().call.call_id


async def taken_over(h: House) -> str:
    """The call after olha took it; the channel of her telephone."""
    assert await h.control.take_over(call_id(h), OLHA) == Answer()
    await until(lambda: h.asterisk.phones)
    [phone] = h.asterisk.phones
    h.asterisk.pick_up(phone)
    await h.state("supervised")
    return phone


async def test_a_wish_is_answered_by_the_calls_machine() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        assert (await h.control.say(call_id(h), OLHA, "Зачекайте", cut=False)).accepted
        await until(lambda: agent.dictated == [("Зачекайте", "olha", False)])
        refused = await h.control.transfer(call_id(h), OLHA, queue="sales")
        assert (refused.code, refused.accepted, refused.args["queue"]) == ("queue_unknown", False, "sales")
        assert (await h.control.hang_up(call_id(h), OLHA, goodbye=True, why="test")).accepted
        await h.ended("hung_up", "supervisor")
        assert h.journal.closed[0].ended_who == "olha"
        assert not any(isinstance(record, Audited) for record in h.journal.records), "that is for whoever let olha in"


async def test_a_call_that_is_over_and_one_that_never_was_are_told_apart() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        known = call_id(h)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
        assert (await h.control.say(known, OLHA, "Так", cut=False)).code == "call_ended"
        assert (await h.control.listen(known, OLHA)).code == "call_ended"
        assert (await h.control.stop_listening(ids.new_call_id(), OLHA)).code == "call_unknown"
        assert (await h.control.take_over(ids.new_call_id(), OLHA)).code == "call_unknown"


async def test_a_call_that_ends_while_it_is_asked_says_so() -> None:
    async with house() as h:
        await h.talk(CALLER)
        asking = asyncio.create_task(h.control.hang_up(call_id(h), OLHA, goodbye=False))
        also = asyncio.create_task(h.control.hang_up(call_id(h), PETRO, goodbye=False))
        assert {(await asking).code, (await also).code} == {"accepted", "ending"}
        await h.ended("hung_up", "supervisor")


async def test_a_call_that_does_not_answer_in_time_is_told_as_that() -> None:
    async with house(answer_s=0.01) as h:
        await h.talk(CALLER)
        h.session().post = lambda event: None  # type: ignore[method-assign]  # as with a full inbox
        assert (await h.control.say(call_id(h), OLHA, "Так", cut=False)).code == "no_answer"
        del h.session().post
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")


async def test_the_state_that_is_shown_is_numbered() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        before = h.control.state_seq(call_id(h))
        assert before is not None
        h.asterisk.press(CALLER, "5")
        await until(lambda: any(line.name == "ChannelDtmfReceived" for line in h.journal.logged))
        assert h.control.state_seq(call_id(h)) == before
        assert h.control.state_seq(ids.new_call_id()) is None
        agent.hands_off()
        await h.state("queued")
        assert h.control.state_seq(call_id(h)) == before + 1
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")


# Take over, give back


async def test_a_supervisor_takes_a_call_and_gives_it_back_to_the_same_conversation() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        phone = await taken_over(h)
        bridge = "b-" + call_id(h)
        await until(lambda: phone in h.asterisk.mixing[bridge])
        assert set(h.asterisk.mixing[bridge]) == {CALLER, phone, *h.asterisk.legs}
        assert agent.cancelled == 1
        latest = h.session().record.latest
        assert latest is not None
        assert (latest.state, latest.operator) == ("operator", "olha")

        assert (await h.control.take_over(call_id(h), PETRO)) == Answer("with_supervisor", {"who": "olha"})
        assert (await h.control.give_back(call_id(h), PETRO)).code == "not_taken"
        assert (await h.control.give_back(call_id(h), OLHA)).accepted
        await until(lambda: agent.openings == ["greeting", "supervisor_left"])
        await until(lambda: not h.asterisk.phones)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_supervisor_whose_telephone_dies_costs_the_caller_nothing() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        phone = await taken_over(h)
        h.asterisk.put_down(phone)
        await until(lambda: agent.openings == ["greeting", "supervisor_left"])
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")


async def test_a_caller_who_hangs_up_takes_the_supervisors_telephone_with_him() -> None:
    async with house() as h:
        await h.talk(CALLER)
        await taken_over(h)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("transferred", "caller")


async def test_a_caller_who_hangs_up_stops_the_ringing() -> None:
    async with house() as h:
        await h.talk(CALLER)
        assert (await h.control.take_over(call_id(h), OLHA)).accepted
        await until(lambda: h.asterisk.phones)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")


async def test_a_telephone_that_cannot_be_rung_leaves_the_talk_alone() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        h.asterisk.faults["ring"].append(AriRefused("POST /channels", "Allocation failed", 500))
        assert (await h.control.take_over(call_id(h), OLHA)).accepted
        await until(lambda: h.session().call.phones_made and h.session().call.phone is None)
        assert agent.running == 1
        assert (await h.control.take_over(call_id(h), Person(name="olha", role="supervisor"))).code == "no_telephone"
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_supervisor_sends_the_caller_on() -> None:
    async with house() as h:
        await h.talk(CALLER)
        await taken_over(h)
        assert (await h.control.transfer(call_id(h), OLHA, note="Скарга", warm=False)).accepted
        await h.state("queued")
        variables = h.asterisk.calls[CALLER].variables
        assert (variables["XFER_QUEUE"], variables["__XFER_WARM"], variables["__TRANSFER_SUMMARY"]) == ("operators", "0", "Скарга")
        await until(lambda: not h.asterisk.phones)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")


# Listen


async def listening(h: House, person: Person = OLHA) -> str:
    """*person* hears the call; the channel of the telephone."""
    before = set(h.asterisk.phones)
    assert (await h.control.listen(call_id(h), person)).accepted
    await until(lambda: set(h.asterisk.phones) - before)
    [phone] = set(h.asterisk.phones) - before
    h.asterisk.pick_up(phone)
    await until(lambda: person.name in h.control.listeners(call_id(h)))
    return phone


async def test_a_listener_hears_from_a_bridge_of_his_own_and_the_call_does_not_notice() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        steps = len(h.journal.steps)
        phone = await listening(h)
        [snoop] = h.asterisk.snoops
        assert h.asterisk.mixing["l-" + phone[2:]] == [phone, snoop]
        assert len(h.journal.steps) == steps
        assert (await h.control.listen(call_id(h), OLHA)).code == "already_listening"
        assert h.heard_by == [("olha",)]
        assert (await h.control.stop_listening(call_id(h), OLHA)).accepted
        await until(lambda: not h.asterisk.phones and not h.asterisk.snoops and len(h.asterisk.mixing) == 1)
        assert h.heard_by == [("olha",), ()]
        assert (await h.control.stop_listening(call_id(h), OLHA)).code == "not_listening"
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
    assert [line.text for line in h.journal.logged if line.name.startswith("Listening")] == ["olha", "olha"]


async def test_listening_ends_with_the_call_and_with_the_telephone() -> None:
    async with house() as h:
        await h.talk(CALLER)
        h.asterisk.put_down(await listening(h, PETRO))
        await until(lambda: not h.asterisk.snoops)
        await listening(h)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")
        assert h.heard_by == [("petro",), (), ("olha",), ()]


async def test_two_hear_the_same_call_and_a_third_is_one_too_many() -> None:
    async with house(listeners_max=2) as h:
        agent = await h.talk(CALLER)
        await listening(h)
        await listening(h, PETRO)
        assert h.control.listeners(call_id(h)) == ("olha", "petro")
        third = Person(name="ivan", role="supervisor", telephone="PJSIP/sup3")
        assert await h.control.listen(call_id(h), third) == Answer("too_many", {"limit": 2})
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_listener_who_never_picks_up_or_cannot_be_joined_leaves_nothing() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        assert (await h.control.listen(call_id(h), OLHA)).accepted
        await until(lambda: h.asterisk.phones)
        h.asterisk.somebody_hangs_up(h.asterisk.phones[0])
        h.asterisk.faults["snoop"].append(AriRefused("POST snoop", "gone", 404))
        assert (await h.control.listen(call_id(h), PETRO)).accepted
        await until(lambda: len(h.asterisk.phones) == 1)
        h.asterisk.pick_up(h.asterisk.phones[0])
        await until(lambda: not h.asterisk.phones and len(h.asterisk.mixing) == 1)
        assert h.heard_by == []
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_call_that_ends_stops_the_ringing_of_who_wanted_to_listen() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        assert (await h.control.listen(call_id(h), OLHA)).accepted
        await until(lambda: h.asterisk.phones)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


def test_every_refusal_has_a_status_of_its_kind() -> None:
    assert set(REFUSALS.values()) <= {404, 409, 410, 422, 429, 504}
