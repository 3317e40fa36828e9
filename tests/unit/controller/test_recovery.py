from __future__ import annotations

import asyncio

import pytest

from controller.ari.errors import AriUnavailable
from controller.ari.resources import Channel
from controller.call import ids
from controller.dialplan import ALONE_CONTEXT
from controller.journal.records import CallRevised
from tests.fakes.ari import APP, FRONT
from tests.fakes.calls import House, house, until

CALLER = "1700000000.1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.recovery.SECOND_LOOK_S", 0.02)


def record_of(call_id: str, channel_id: str) -> CallRevised:
    return CallRevised(call_id=call_id, revision=7, caller_id="380671234567", app="callctl", channel_id=channel_id, state="listening")


async def leave_behind(h: House) -> str:
    """What a killed controller leaves: a caller in a bridge with a dead leg's rest, an empty bridge, a record."""
    call_id = ids.new_call_id()
    h.asterisk.deaf = True
    h.asterisk.call_in(CALLER)
    h.asterisk.calls[CALLER].variables["__CALL_ID"] = call_id
    await h.asterisk.create_bridge("b-" + call_id)
    h.asterisk.silent_legs = True
    leg = ids.leg_channel_id(ids.leg_id(call_id, 1))
    await h.asterisk.external_media(leg, ids.leg_id(call_id, 1), "")
    await h.asterisk.add_to_bridge("b-" + call_id, CALLER, leg)
    await h.asterisk.create_bridge("b-" + ids.new_call_id())
    h.asterisk.deaf = h.asterisk.silent_legs = False
    return call_id


async def test_a_dead_predecessors_caller_goes_to_the_operators_and_nothing_of_it_remains() -> None:
    async with house() as h:
        call_id = await leave_behind(h)
        await h.recovery(record_of(call_id, CALLER)).reconcile()
        assert h.asterisk.calls[CALLER].app_name == "Queue"
        assert ("hang_up", CALLER) not in h.asterisk.done
        assert not h.asterisk.legs
        assert not h.asterisk.mixing
        assert [(r.call_id, r.revision, r.outcome, r.ended_by) for r in h.journal.closed] == [(call_id, 8, "orphaned", "controller")]


async def test_an_operator_whom_a_predecessor_was_telling_of_a_caller_is_asked_by_asterisk() -> None:
    async with house() as h:
        h.asterisk.deaf = True
        operator, (leg, bridge) = "1600000000.7", ids.screening_ids()
        h.asterisk.call_in(operator, "", "summary", ids.new_call_id(), "op1")
        h.asterisk.calls[operator].variables["__CALL_ID"] = ids.new_call_id()
        await h.asterisk.create_bridge(bridge)
        h.asterisk.silent_legs = True
        await h.asterisk.external_media(ids.leg_channel_id(leg), leg, "")
        await h.asterisk.add_to_bridge(bridge, operator, ids.leg_channel_id(leg))
        h.asterisk.deaf = False
        await h.recovery().reconcile()
        assert h.asterisk.calls[operator].context == ALONE_CONTEXT
        assert not h.asterisk.legs
        assert not h.asterisk.mixing


async def test_the_record_of_a_predecessors_caller_who_is_with_operators_says_so() -> None:
    async with house() as h:
        call_id = await leave_behind(h)
        await h.asterisk.continue_in_dialplan(CALLER)
        await h.recovery(record_of(call_id, CALLER)).reconcile()
        assert [r.outcome for r in h.journal.closed] == ["transferred"]


async def test_the_record_of_a_predecessors_caller_who_is_gone_is_closed_once() -> None:
    async with house() as h:
        recovery = h.recovery(record_of(ids.new_call_id(), "1600000000.1"))
        await recovery.reconcile()
        await recovery.reconcile()
        assert [r.outcome for r in h.journal.closed] == ["orphaned"]


async def test_a_caller_who_came_while_nobody_listened_is_taken_as_he_comes() -> None:
    async with house() as h:
        h.asterisk.deaf = True
        h.asterisk.call_in(CALLER)
        h.asterisk.deaf = False
        await h.recovery().reconcile()
        await until(lambda: h.agents and h.agent().running)


async def test_a_caller_who_arrives_during_the_look_is_taken_once() -> None:
    async with house() as h:
        h.asterisk.call_in(CALLER)
        await h.recovery().reconcile()
        await until(lambda: h.agents and h.agent().running)
        assert len(h.switchboard.sessions) == 1


async def test_a_hang_up_during_a_gap_is_noticed() -> None:
    async with house() as h:
        await h.talk(CALLER)
        h.asterisk.deaf = True
        h.asterisk.caller_hangs_up(CALLER)
        h.asterisk.deaf = False
        await h.recovery().reconcile()
        await h.ended("hung_up", "caller")


async def test_a_bridge_that_could_not_be_removed_during_a_gap_is_removed_soon_after() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        h.asterisk.deaf = True
        h.asterisk.faults["destroy_bridge"] = [AriUnavailable("DELETE /bridges", "no route")]
        agent.says_goodbye()
        await until(lambda: CALLER not in h.asterisk.calls)
        h.asterisk.deaf = False
        recovery = h.recovery()
        await recovery.reconcile()
        task = asyncio.create_task(recovery.run(soon_s=0.01))
        await until(lambda: not h.asterisk.mixing)
        task.cancel()
        await h.ended("goodbye", "agent")


async def test_calls_lost_in_a_restart_are_put_down_to_asterisk() -> None:
    async with house() as h:
        recovery = h.recovery()
        await recovery.reconcile()
        agent = await h.talk(CALLER)
        h.asterisk.restart()
        await recovery.reconcile()
        await h.ended("failed", "asterisk")
        assert not agent.running


async def test_a_look_that_fails_does_not_forget_that_asterisk_was_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with house() as h:
        await h.talk(CALLER)
        recovery = h.recovery()
        await recovery.reconcile()
        h.asterisk.restart()
        with monkeypatch.context() as patch:
            patch.setattr(h.asterisk, "channels", _away)
            with pytest.raises(AriUnavailable):
                await recovery.reconcile()
        await recovery.reconcile()
        await h.ended("failed", "asterisk")


async def _away() -> list[Channel]:
    raise AriUnavailable("GET /channels", "still loading")


async def test_who_left_once_and_came_back_during_a_gap_is_taken() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.hands_off()
        await h.state("queued")
        h.asterisk.queue_gives_up(CALLER, "TIMEOUT")
        await until(lambda: agent.openings == ["greeting", "nobody_free"])
        h.asterisk.faults["continue_in_dialplan"].append(AriUnavailable("POST /continue", "gone for a moment"))
        h.session().post("no event")  # type: ignore[arg-type]
        await until(lambda: not h.switchboard.sessions)
        await h.recovery().reconcile()
        await until(lambda: h.asterisk.calls[CALLER].app_name == "Queue")


async def test_a_move_during_a_gap_is_followed() -> None:
    async with house() as h:
        await h.talk(CALLER)
        h.asterisk.deaf = True
        h.asterisk.move_elsewhere(CALLER)
        h.asterisk.deaf = False
        await h.recovery().reconcile()
        await h.state("moved")
        await until(lambda: not h.asterisk.legs)
        assert CALLER in h.asterisk.calls


async def test_a_return_during_a_gap_is_followed_once() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.hands_off()
        await h.state("queued")
        h.asterisk.deaf = True
        h.asterisk.queue_gives_up(CALLER, "TIMEOUT")
        h.asterisk.deaf = False
        await h.recovery().reconcile()
        await until(lambda: agent.openings == ["greeting", "nobody_free"])
        assert h.session().call.rounds == 1


async def test_an_answer_during_a_gap_is_followed() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.hands_off()
        await h.state("queued")
        h.asterisk.deaf = True
        h.asterisk.operator_answers(CALLER)
        h.asterisk.deaf = False
        await h.recovery().reconcile()
        await h.state("operator")


async def test_other_controllers_legs_and_bridges_are_left_alone() -> None:
    async with house() as h:
        call_id = ids.new_call_id()
        h.asterisk.deaf = True
        await h.asterisk.create_bridge("b-" + call_id)
        h.asterisk.bridge_names["b-" + call_id] = "callctl-2"
        leg = ids.leg_channel_id(ids.leg_id(call_id, 1))
        h.asterisk.silent_legs = True
        await h.asterisk.external_media(leg, ids.leg_id(call_id, 1), "")
        h.asterisk.calls[leg].app_data = "callctl-2," + leg
        h.asterisk.call_in(CALLER)
        h.asterisk.calls[CALLER].app_data = "callctl-2,inbound,100"
        await h.recovery().reconcile()
        assert h.asterisk.legs == [leg]
        assert "b-" + call_id in h.asterisk.mixing
        assert h.asterisk.calls[CALLER].in_stasis


async def test_running_calls_are_not_touched() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        before = len(h.asterisk.done)
        await h.recovery().reconcile()
        assert len(h.asterisk.done) == before
        assert agent.running


async def test_a_caller_who_was_moved_to_us_is_with_us() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        h.asterisk.calls[CALLER].app_data = f"{FRONT},inbound,100"
        before = len(h.asterisk.done)
        await h.recovery().reconcile()
        assert len(h.asterisk.done) == before
        assert agent.running


async def test_a_dead_predecessors_caller_who_was_moved_to_it_goes_to_the_operators_and_another_workers_does_not() -> None:
    async with house() as h:
        call_id = await leave_behind(h)
        h.asterisk.calls[CALLER].app_data = f"{FRONT},inbound,100"
        h.asterisk.calls[CALLER].variables["__CALL_APP"] = "callctl-2"
        await h.recovery(record_of(call_id, CALLER)).reconcile()
        assert h.asterisk.calls[CALLER].in_stasis
        h.asterisk.calls[CALLER].variables["__CALL_APP"] = APP
        await h.recovery().reconcile()
        assert h.asterisk.calls[CALLER].app_name == "Queue"


async def test_who_left_before_he_was_taken_is_not_taken() -> None:
    async with house() as h:
        h.asterisk.deaf = True
        h.asterisk.call_in(CALLER)
        h.asterisk.deaf = False
        h.switchboard.left.add(CALLER)
        await h.recovery().reconcile()
        assert not h.switchboard.sessions
        assert isinstance(h.asterisk.calls[CALLER].told(), Channel)
