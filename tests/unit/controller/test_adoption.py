"""A controller is killed; its successor goes on with each call, whatever state it was in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from controller.ari.errors import AriUnavailable
from controller.call import events as seen
from controller.journal.records import CallRevised, Logged, MachineStepped
from controller.record import SKIPPED
from controller.sheets.sheet import Sheet
from tests.fakes.calls import House, house, until

CALLER = "1700000000.1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.recovery.SECOND_LOOK_S", 0.02)


@asynccontextmanager
async def successor_of(dead: House, *predecessors: CallRevised) -> AsyncIterator[House]:
    """The dead one's calls adopted, and Asterisk looked at once."""
    sheets = await dead.die()
    async with house(asterisk=dead.asterisk) as h:
        await h.switchboard.adopt(sheets)
        await h.recovery(*predecessors).reconcile()
        yield h


async def test_a_talk_goes_on_with_what_the_agent_knew_and_the_caller_is_never_moved() -> None:
    async with house() as dead:
        agent = await dead.talk(CALLER)
        call_id = dead.session().call.call_id
        agent.learns(b"he wants winter tyres")
        await asyncio.sleep(0)
        async with successor_of(dead, dead.journal.revisions[-1]) as h:
            await until(lambda: h.agents and h.agent().running)
            assert h.agent().openings == ["adopted"]
            assert h.agent().caller.memory == b"he wants winter tyres"
            assert h.session().call.call_id == call_id
            assert not [done for done in h.asterisk.done if done[0] == "continue_in_dialplan"]
            assert not h.journal.closed
            h.agent().says_goodbye()
            await h.ended("goodbye", "agent")


async def test_a_new_leg_is_made_for_him_in_the_bridge_that_stands() -> None:
    async with house() as dead:
        await dead.talk(CALLER)
        dead.asterisk.done.clear()
        async with successor_of(dead) as h:
            await until(lambda: h.agents and h.agent().running)
            assert len(h.asterisk.legs) == 1
            assert [done[0] for done in h.asterisk.done if done[0] in {"create_bridge", "answer", "subscribe_channel"}] == []
            h.asterisk.caller_hangs_up(CALLER)
            await h.ended("hung_up", "caller")


async def test_the_record_goes_on_behind_the_numbers_of_the_one_before() -> None:
    async with house() as dead:
        await dead.talk(CALLER)
        before = dead.journal
        answered = before.revisions[-1].answered_at_ms
        async with successor_of(dead, before.revisions[-1]) as h:
            await until(lambda: h.agents and h.agent().running)
            h.agent().says_goodbye()
            await h.ended("goodbye", "agent")
            lines = [r for r in before.records if isinstance(r, Logged | MachineStepped)]
            mine = [r for r in h.journal.records if isinstance(r, Logged | MachineStepped)]
            assert lines[-1].sequence < mine[0].sequence <= lines[-1].sequence + SKIPPED + 1
            assert mine[0].position > lines[-1].position
            assert h.journal.revisions[0].revision > before.revisions[-1].revision
            assert h.journal.closed[0].answered_at_ms == answered


async def test_one_who_was_still_ringing_is_answered_and_greeted() -> None:
    async with house() as dead:
        dead.asterisk.stuck["answer"] = 1
        dead.asterisk.call_in(CALLER)
        await dead.state("connecting")
        async with successor_of(dead) as h:
            await until(lambda: h.agents and h.agent().running)
            assert h.agent().openings == ["greeting"]
            assert h.asterisk.calls[CALLER].state == "Up"


async def test_one_who_waits_for_an_operator_is_followed_to_the_end() -> None:
    async with house() as dead:
        (await dead.talk(CALLER)).hands_off()
        await dead.state("queued")
        async with successor_of(dead, dead.journal.revisions[-1]) as h:
            await h.state("queued")
            h.asterisk.caller_hangs_up(CALLER)
            await h.ended("abandoned", "caller")


async def test_one_who_has_come_back_from_the_queue_meanwhile_is_taken_back_to_the_same_conversation() -> None:
    async with house() as dead:
        (await dead.talk(CALLER)).hands_off()
        await dead.state("queued")
        dead.agent().learns(b"he waited")
        await asyncio.sleep(0)
        sheets = await dead.die()
        dead.asterisk.deaf = True
        dead.asterisk.queue_gives_up(CALLER, "TIMEOUT")
        dead.asterisk.deaf = False
        async with house(asterisk=dead.asterisk) as h:
            await h.switchboard.adopt(sheets)
            await h.recovery().reconcile()
            await until(lambda: h.agents and h.agent().running)
            assert (h.agent().openings, h.agent().caller.memory) == (["nobody_free"], b"he waited")


async def test_one_who_hung_up_meanwhile_is_written_down_as_such_and_nothing_is_left() -> None:
    async with house() as dead:
        await dead.talk(CALLER)
        sheets = await dead.die()
        dead.asterisk.caller_hangs_up(CALLER)
        async with house(asterisk=dead.asterisk) as h:
            await h.switchboard.adopt(sheets)
            await h.recovery().reconcile()
            await h.ended("hung_up", "caller")
            assert not h.agents


async def test_one_whom_asterisk_lost_when_it_was_started_anew_is_written_down_as_its() -> None:
    async with house() as dead:
        await dead.talk(CALLER)
        sheets = await dead.die()
        dead.asterisk.caller_hangs_up(CALLER)
        dead.asterisk.started_at = "2100-01-01T00:00:00.000+0000"
        async with house(asterisk=dead.asterisk) as h:
            await h.switchboard.adopt(sheets)
            await h.recovery().reconcile()
            await h.ended("failed", "asterisk")


async def test_events_that_come_before_the_look_wait_for_it_and_make_no_second_call() -> None:
    async with house() as dead:
        await dead.talk(CALLER)
        sheets = await dead.die()
        async with house(asterisk=dead.asterisk) as h:
            await h.switchboard.adopt(sheets)
            h.asterisk.press(CALLER, "0")
            await asyncio.sleep(0.05)
            assert not h.journal.steps
            await h.recovery().reconcile()
            await until(lambda: h.journal.steps)
            assert [step.event["type"] for step in h.journal.steps][:2] == ["adopted.1", "digit_pressed.1"]
            assert len(h.switchboard.sessions) == 1


async def test_with_whom_three_processes_died_in_a_minute_goes_to_people() -> None:
    async with house() as first:
        await first.talk(CALLER)
        asterisk = first.asterisk
        sheets = await first.die()
    for _ in range(3):
        async with house(asterisk=asterisk) as h:
            await h.switchboard.adopt(sheets)
            await h.recovery().reconcile()
            await until(lambda: h.agents and h.agent().running)
            sheets = await h.die()
    async with house(asterisk=asterisk) as h:
        await h.switchboard.adopt(sheets)
        await h.recovery().reconcile()
        await h.state("queued")
        assert h.session().call.transfer_reason == "adopted_in_vain"
        assert not h.agents


async def test_who_talks_with_a_supervisor_talks_on() -> None:
    async with house() as dead:
        await dead.talk(CALLER)
        dead.session().post(seen.TakeOverRequested(who="olha", telephone="PJSIP/sup1", request="1"))
        await until(lambda: dead.asterisk.phones)
        dead.asterisk.pick_up(next(iter(dead.asterisk.phones)))
        await dead.state("supervised")
        async with successor_of(dead) as h:
            await h.state("supervised")
            assert len(h.asterisk.phones) == 1
            h.asterisk.put_down(next(iter(h.asterisk.phones)))
            await until(lambda: h.agents and h.agent().running)
            assert h.agent().openings == ["supervisor_left"]


async def test_events_that_could_not_be_asked_for_are_asked_for_again() -> None:
    async with house() as dead:
        (await dead.talk(CALLER)).hands_off()
        await dead.state("queued")
        sheets = await dead.die()
        dead.asterisk.calls[CALLER].subscribed = False
        async with house(asterisk=dead.asterisk) as h:
            h.asterisk.faults["subscribe"] = [AriUnavailable("POST /applications", "no route")]
            await h.switchboard.adopt(sheets)
            recovery = h.recovery()
            with pytest.raises(AriUnavailable):
                await recovery.reconcile()
            await recovery.reconcile()
            assert h.asterisk.calls[CALLER].subscribed


async def test_a_sheet_is_gone_with_its_call() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        await until(lambda: h.sheets.kept)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
        assert not h.sheets.kept


async def test_a_call_whose_sheet_is_only_on_another_host_goes_on_too_and_one_of_nobody_goes_to_the_operators() -> None:
    async with house() as dead:
        agent = await dead.talk(CALLER)
        agent.learns(b"from afar")
        await dead.talk("1700000000.2")
        sheets = {sheet.call.call_id: sheet for sheet in await dead.die()}
        far = next(sheet for sheet in sheets.values() if sheet.call.channel_id == CALLER)

        async def sheet_of(call_id: str) -> Sheet | None:
            return far if call_id == far.call.call_id else None

        predecessors = [sheet.progress.latest for sheet in sheets.values() if sheet.progress.latest]
        async with house(asterisk=dead.asterisk) as h:
            await h.recovery(*predecessors, sheet_of=sheet_of).reconcile()
            await until(lambda: h.agents and h.agent().running)
            assert (h.agent().openings, h.agent().caller.memory) == (["adopted"], b"from afar")
            assert h.asterisk.calls["1700000000.2"].app_name == "Queue"
            assert [(r.channel_id, r.outcome) for r in h.journal.closed] == [("1700000000.2", "orphaned")]
