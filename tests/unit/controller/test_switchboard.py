from __future__ import annotations

import asyncio

from controller.ari import messages as ari
from controller.ari.errors import AriUnavailable
from controller.ari.resources import Channel
from controller.call import ids
from tests.fakes.calls import house, until


async def test_each_callers_events_reach_his_own_call() -> None:
    async with house() as h:
        first = await h.talk("1700000000.1")
        second = await h.talk("1700000000.2")
        h.asterisk.caller_hangs_up("1700000000.1")
        await until(lambda: len(h.switchboard.sessions) == 1)
        assert (first.running, second.running) == (0, 1)
        h.asterisk.caller_hangs_up("1700000000.2")
        await h.ended("hung_up", "caller", calls=2)


async def test_beyond_the_limit_a_caller_goes_to_the_queue_and_the_others_are_unharmed() -> None:
    async with house(calls_max=1) as h:
        agent = await h.talk("1700000000.1")
        h.asterisk.call_in("1700000000.2")
        await h.state("queued")
        assert h.asterisk.calls["1700000000.2"].app_name == "Queue"
        assert h.asterisk.calls["1700000000.2"].state == "Ring"
        assert agent.running
        assert len(h.agents) == 1


async def test_callers_with_operators_do_not_count_against_the_limit() -> None:
    async with house(calls_max=1) as h:
        agent = await h.talk("1700000000.1")
        agent.hands_off()
        await h.state("queued")
        await h.talk("1700000000.2")
        assert len(h.agents) == 2


async def test_a_leg_that_nobody_wants_is_hung_up() -> None:
    async with house() as h:
        leg = ids.leg_id(ids.new_call_id(), 1)
        h.asterisk.silent_legs = True
        await h.asterisk.external_media(ids.leg_channel_id(leg), leg, "")
        await until(lambda: not h.asterisk.legs)


async def test_strangers_are_left_alone() -> None:
    async with house() as h:
        h.switchboard.handle(ari.ChannelDtmfReceived(channel=Channel(id="1700000000.9"), digit="1"))
        await asyncio.sleep(0)
        assert not h.switchboard.sessions
        assert not h.asterisk.done


async def test_one_who_is_sent_to_us_for_an_unknown_purpose_is_given_back_to_the_dialplan() -> None:
    async with house() as h:
        h.asterisk.call_in("1700000000.8", "100", "summary", "x", "op1")
        await until(lambda: not h.asterisk.calls["1700000000.8"].in_stasis)
        assert h.asterisk.done == [("continue_in_dialplan", "1700000000.8")]
        assert not h.switchboard.sessions


async def test_a_dialplan_that_says_nothing_of_the_purpose_means_a_new_call() -> None:
    async with house() as h:
        h.switchboard.handle(ari.StasisStart(channel=Channel(id="1700000000.8"), args=[]))
        assert len(h.switchboard.sessions) == 1


async def test_a_supervisors_events_on_the_channel_transfer_and_hang_up() -> None:
    async with house() as h:
        await h.talk("1700000000.1")
        wish = ari.ChannelUserevent(eventname="transfer", userevent={"reason": "angry"}, channel=Channel(id="1700000000.1"))
        h.switchboard.handle(wish)
        await h.state("queued")
        assert h.session().call.transfer_reason == "angry"
        h.switchboard.handle(ari.ChannelUserevent(eventname="hangup", channel=Channel(id="1700000000.1")))
        await h.ended("hung_up", "supervisor")


async def test_a_predecessors_caller_who_comes_back_from_the_queue_is_taken() -> None:
    async with house() as h:
        h.asterisk.call_in("1700000000.1", "380671234567", "returned", ids.new_call_id(), "TIMEOUT")
        await until(lambda: h.agents and h.agent().running)
        assert h.agent().openings == ["nobody_free"]


async def test_draining_lets_a_running_call_finish_and_refuses_new_ones() -> None:
    async with house() as h:
        agent = await h.talk("1700000000.1")
        draining = asyncio.create_task(h.switchboard.drain(5.0))
        await until(lambda: h.switchboard.draining)
        h.asterisk.call_in("1700000000.2")
        await h.state("queued")
        assert agent.running
        agent.says_goodbye()
        await draining
        outcomes = {record.channel_id: record.outcome for record in h.journal.closed}
        assert outcomes == {"1700000000.1": "goodbye", "1700000000.2": "transferred"}
        assert not h.switchboard.sessions


async def test_who_still_talks_at_the_end_of_draining_is_given_to_the_operators() -> None:
    async with house() as h:
        await h.talk("1700000000.1")
        await h.switchboard.drain(0.0)
        assert h.asterisk.calls["1700000000.1"].app_name == "Queue"
        assert ("hang_up", "1700000000.1") not in h.asterisk.done
        await h.ended("transferred", "controller")


async def test_stopping_without_any_time_leaves_callers_to_the_queue_and_closes_their_records() -> None:
    async with house() as h:
        await h.talk("1700000000.1")
        await h.switchboard.drain(0.0, transfer_s=0.0)
        await h.ended("orphaned", "controller")
        assert h.asterisk.calls["1700000000.1"].app_name == "Queue"


async def test_who_calls_in_the_very_last_moment_reaches_the_queue_and_holds_nothing_up() -> None:
    async with house() as h:
        agent = await h.talk("1700000000.1")
        agent.may_end.clear()
        stopping = asyncio.create_task(h.switchboard.drain(0.0, transfer_s=0.0))
        await until(lambda: agent.cancelled)  # its record closes behind it
        h.asterisk.call_in("1700000000.2")
        await until(lambda: h.asterisk.calls["1700000000.2"].app_name == "Queue")
        agent.may_end.set()
        async with asyncio.timeout(2.0):
            await stopping
        await h.ended("orphaned", "controller", calls=2)


async def test_one_without_room_gives_a_caller_who_has_others_to_ask_back_to_the_dialplan_and_has_no_call_of_his() -> None:
    async with house(calls_max=1) as h:
        agent = await h.talk("1700000000.1")
        h.asterisk.call_in("1700000000.2", "380671234567", "inbound", "100", "next")
        await until(lambda: not h.asterisk.calls["1700000000.2"].in_stasis)
        passed_on = h.asterisk.calls["1700000000.2"]
        assert (passed_on.context, passed_on.variables) == ("", {"CTL_NEXT": "1"})
        assert agent.running
        assert len(h.switchboard.sessions) == 1


async def test_one_with_room_takes_him() -> None:
    async with house() as h:
        h.asterisk.call_in("1700000000.1", "380671234567", "inbound", "100", "next")
        await until(lambda: h.agents and h.agent().running)


async def test_who_cannot_be_given_back_goes_to_the_operators() -> None:
    async with house(calls_max=1) as h:
        await h.talk("1700000000.1")
        h.asterisk.faults["set_variables"] = [AriUnavailable("POST /channels/variables", "no route")]
        h.asterisk.call_in("1700000000.2", "380671234567", "inbound", "100", "next")
        await h.state("queued")
        assert h.asterisk.calls["1700000000.2"].context == "transfer-to-operator"


async def test_a_drained_one_lets_its_calls_go_on_and_takes_back_whom_no_operator_took_but_nobody_new() -> None:
    async with house() as h:
        agent = await h.talk("1700000000.1")
        h.switchboard.set_drained(drained=True)
        assert h.switchboard.takes == 0
        h.asterisk.call_in("1700000000.2", "380671234567", "inbound", "100", "next")
        await until(lambda: not h.asterisk.calls["1700000000.2"].in_stasis)
        h.asterisk.call_in("1700000000.3", "380671234567", "returned", ids.new_call_id(), "TIMEOUT")
        await until(lambda: len(h.agents) == 2 and h.agent().running)
        agent.hands_off()
        await h.state("queued")
        h.asterisk.queue_gives_up("1700000000.1", "TIMEOUT")
        await until(lambda: len(agent.openings) == 2 and agent.running)


async def test_an_undrained_one_takes_calls_again() -> None:
    async with house() as h:
        h.switchboard.set_drained(drained=True)
        h.switchboard.set_drained(drained=False)
        h.asterisk.call_in("1700000000.1", "380671234567", "inbound", "100", "next")
        await until(lambda: h.agents and h.agent().running)
