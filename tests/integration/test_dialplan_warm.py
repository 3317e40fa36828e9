"""The dialplan's part of the warm transfer on the real Asterisk: told first, then connected; no caller is lost whoever hangs up or dies."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from audiosocket.line import Line
from ops.caller.ami import play_dtmf
from ops.devstack import DevStack

from .dialplan_lab import Caller, Events, Lab, until

CALL_ID = "0190-the-call"
ANOTHER = "0190-another"
NOBODY = "Local/nobody@nowhere"


@pytest.fixture
async def lab(stack: DevStack) -> AsyncIterator[Lab]:
    async with Lab.open(stack) as opened, opened.globals(DIAL_op1=NOBODY, DIAL_op2=NOBODY, TURN="0"):
        yield opened


class Operator:
    """A telephone on an operator's desk."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.leg = uuid.uuid4()
        self.ringing = lab.phones.expect(self.leg)

    async def plugged_in(self) -> "Operator":
        await self.lab.set_global(f"DIAL_{self.name}", self.lab.phone(self.leg))
        return self

    async def answers(self) -> Line:
        return await self.ringing.line(timeout_s=15)

    async def channel(self) -> str:
        """The id of his channel, once it is there."""

        async def found() -> str:
            return next((str(one["id"]) for one in await self.lab.channels() if str(self.leg) in one["name"]), "")

        return str(await until(found, 5, f"{self.name}'s channel"))

    async def press(self, key: str) -> None:
        await play_dtmf(self.lab.stack.asterisk, await self.channel(), key)


async def transferred(lab: Lab, events: Events, **variables: str) -> Caller:
    """A caller of ours goes to the operators."""
    caller = await lab.call("100")
    await events.next("StasisStart")
    await transfer(lab, caller, **variables)
    return caller


async def transfer(lab: Lab, caller: Caller, **variables: str) -> None:
    given = {"__CALL_ID": CALL_ID, "XFER_TIMEOUT": "8"} | variables
    assert (await lab.ari.post(f"/channels/{caller.channel}/variables", json={"variables": given})).status_code == 204
    await lab.ari.post(f"/channels/{caller.channel}/continue", params={"context": "transfer-to-operator", "extension": "s"})


async def go_on(lab: Lab, channel: str, context: str) -> None:
    answer = await lab.ari.post(f"/channels/{channel}/continue", params={"context": context, "extension": "s", "priority": 1})
    assert answer.status_code == 204, answer.text


async def bridged(lab: Lab, caller: Caller) -> None:
    async def together() -> bool:
        return any(caller.channel in bridge["channels"] for bridge in (await lab.ari.get("/bridges")).json())

    await until(together, 5, "caller and operator in one bridge")


async def test_the_controller_has_the_operator_first_and_the_caller_waits_with_music_until_he_accepts(lab: Lab) -> None:
    operator = await Operator(lab, "op1").plugged_in()
    async with lab.controller() as events:
        caller = await transferred(lab, events)
        await operator.answers()
        summary = await events.next("StasisStart", 15)
        assert summary["args"] == ["summary", CALL_ID, "op1"]
        assert summary["channel"]["id"] == await operator.channel()
        assert (await lab.ari.get(f"/channels/{caller.channel}")).json()["dialplan"]["app_name"] == "Queue"
        await go_on(lab, summary["channel"]["id"], "summary-accepted")
        await bridged(lab, caller)
        assert caller.line.reason is None


@pytest.mark.parametrize("who", ["controller", "operator"])
async def test_one_who_refuses_or_hangs_up_costs_the_caller_nothing_and_the_next_ones_phone_rings(lab: Lab, who: str) -> None:
    first, second = await Operator(lab, "op1").plugged_in(), await Operator(lab, "op2").plugged_in()
    async with lab.controller() as events:
        caller = await transferred(lab, events)
        summary = await events.next("StasisStart", 15)
        name = summary["args"][2]
        refusing, other = (first, second) if name == "op1" else (second, first)
        line = await refusing.answers()
        if who == "controller":
            await lab.ari.delete(f"/channels/{summary['channel']['id']}")
        else:
            line.close()
        await other.answers()
        again = await events.next("StasisStart", 15)
        assert again["args"] == ["summary", CALL_ID, other.name]
        await go_on(lab, again["channel"]["id"], "summary-accepted")
        await bridged(lab, caller)
        assert caller.line.reason is None


async def test_refused_by_all_he_comes_back_when_his_time_is_over(lab: Lab) -> None:
    await Operator(lab, "op1").plugged_in()
    async with lab.controller() as events:
        await transferred(lab, events, XFER_TIMEOUT="4")  # who has just talked is not rung for 2 s
        summary = await events.next("StasisStart", 15)
        await lab.ari.delete(f"/channels/{summary['channel']['id']}")
        assert (await events.next("StasisStart", 15))["args"] == ["returned", CALL_ID, "TIMEOUT"]


async def test_an_operator_who_is_being_told_is_not_cut_off_by_the_end_of_the_callers_time(lab: Lab) -> None:
    await Operator(lab, "op1").plugged_in()
    async with lab.controller() as events:
        caller = await transferred(lab, events, XFER_TIMEOUT="3")
        summary = await events.next("StasisStart", 15)
        await transferred(lab, events, __CALL_ID=ANOTHER, XFER_TIMEOUT="3")  # behind him, and his time is over later
        assert (await events.next("StasisStart", 15))["args"] == ["returned", ANOTHER, "TIMEOUT"]
        await go_on(lab, summary["channel"]["id"], "summary-accepted")
        await bridged(lab, caller)


async def test_a_blind_transfer_connects_as_soon_as_the_operator_picks_up(lab: Lab) -> None:
    operator = await Operator(lab, "op1").plugged_in()
    async with lab.controller() as events:
        caller = await transferred(lab, events, __XFER_WARM="0")
        await operator.answers()
        await bridged(lab, caller)


@pytest.mark.parametrize(("wanted", "rings"), [("service", "op2"), ("nowhere", "op1"), ("operators,r", "op1")])
async def test_a_transfer_may_name_a_queue_and_one_that_does_not_exist_is_the_operators(lab: Lab, wanted: str, rings: str) -> None:
    await Operator(lab, rings).plugged_in()
    async with lab.controller() as events:
        await transferred(lab, events, XFER_QUEUE=wanted)
        assert (await events.next("StasisStart", 15))["args"] == ["summary", CALL_ID, rings]


async def test_without_any_controller_the_operator_hears_a_fixed_phrase_and_accepts_with_1(lab: Lab) -> None:
    operator = await Operator(lab, "op1").plugged_in()
    async with lab.controller() as events:
        caller = await lab.call("100")
        await events.next("StasisStart")
    begins = lab.stack.asterisk.log_path.stat().st_size
    await transfer(lab, caller, __CALL_APP="callctl-7")
    await operator.answers()

    async def asked() -> bool:
        with lab.stack.asterisk.log_path.open(encoding="utf-8") as log:
            log.seek(begins)
            return "'screening.wav' (language 'uk')" in log.read().replace("screening.slin", "screening.wav")

    await until(asked, 10, "the fixed phrase")
    await operator.press("1")
    await bridged(lab, caller)


async def test_without_any_controller_one_who_presses_another_key_or_none_has_refused(lab: Lab) -> None:
    operator = await Operator(lab, "op1").plugged_in()
    async with lab.globals(CONTROLLER_TRIES="1", SCREEN_KEY_S="1"):
        caller = await lab.call("100", {"__CALL_ID": CALL_ID})
        line = await operator.answers()
        await operator.press("2")
        async with asyncio.timeout(10):
            await line.closed()
        assert caller.line.reason is None


async def test_where_the_owner_of_the_call_is_gone_another_controller_tells_the_operator(lab: Lab) -> None:
    await Operator(lab, "op1").plugged_in()
    async with lab.controller() as events:
        await transferred(lab, events, __CALL_APP="callctl-7", __TRANSFER_SUMMARY="Хоче шини")
        summary = await events.next("StasisStart", 15)
        assert summary["args"] == ["summary", CALL_ID, "op1"]
        told = await lab.ari.get(f"/channels/{summary['channel']['id']}/variable", params={"variable": "TRANSFER_SUMMARY"})
        assert told.json()["value"] == "Хоче шини"


async def test_a_controller_that_dies_with_the_operator_in_its_hands_does_not_keep_him(lab: Lab) -> None:
    first, second = await Operator(lab, "op1").plugged_in(), await Operator(lab, "op2").plugged_in()
    async with lab.globals(SCREEN_S="2"):
        async with lab.controller() as events:
            caller = await transferred(lab, events, XFER_TIMEOUT="20")
            name = (await events.next("StasisStart", 15))["args"][2]
        other = second if name == "op1" else first
        await other.answers()
        await until(lambda: _reads(lab, other), 5, "the next one asked by the dialplan")
        await other.press("1")
        await bridged(lab, caller)
        limit = await lab.ari.get(f"/channels/{await other.channel()}/variable", params={"variable": "TIMEOUT(absolute)"})
        assert float(limit.json()["value"]) <= 0, "the limit ends with the screening"
        assert caller.line.reason is None


async def _reads(lab: Lab, operator: Operator) -> bool:
    channel = (await lab.ari.get(f"/channels/{await operator.channel()}")).json()
    return bool(channel["dialplan"]["app_name"] == "Read")


async def test_nobody_stays_when_the_caller_gives_up_while_the_dialplan_asks_the_operator(lab: Lab) -> None:
    operator = await Operator(lab, "op1").plugged_in()
    async with lab.globals(CONTROLLER_TRIES="1"):
        caller = await lab.call("100", {"__CALL_ID": CALL_ID})
        await operator.answers()
        await until(lambda: _reads(lab, operator), 5, "the dialplan asks")
        caller.line.close()
        await operator.press("1")
        await lab.nothing_left()


async def test_new_calls_go_to_the_controllers_in_turn_and_past_one_that_is_gone(lab: Lab) -> None:
    async with (
        lab.globals(ARI_WORKERS="callctl-1&callctl-2&callctl-3"),
        lab.controller("callctl-1") as first,
        lab.controller("callctl-2") as second,
    ):
        for events in (first, second, first, second):
            caller = await lab.call("100")
            start = await events.next("StasisStart")
            assert start["channel"]["id"] == caller.channel
            assert start["args"] == ["inbound", "100", "next"]


async def test_a_caller_whom_nobody_took_comes_back_to_any_controller_where_the_owner_of_his_call_is_gone(lab: Lab) -> None:
    async with lab.controller() as events, lab.operators("UNAVAILABLE"):
        await transferred(lab, events, __CALL_APP="callctl-7")
        back = await events.next("StasisStart", 5)
        assert back["args"] == ["returned", CALL_ID, "JOINEMPTY"]


async def test_a_transfer_to_a_certain_operator_rings_him_first_and_then_whoever_is_free(lab: Lab) -> None:
    wanted = await Operator(lab, "op2").plugged_in()
    async with lab.controller() as events:
        caller = await transferred(lab, events, XFER_OPERATOR="op2")
        summary = await events.next("StasisStart", 15)
        assert summary["args"] == ["summary", CALL_ID, "op2"]
        await wanted.answers()
        other = await Operator(lab, "op1").plugged_in()
        await lab.set_global("DIAL_op2", NOBODY)  # the queue may try him again: it does not know that he has just refused
        await lab.ari.delete(f"/channels/{summary['channel']['id']}")
        again = await events.next("StasisStart", 15)
        assert again["args"] == ["summary", CALL_ID, "op1"]
        await other.answers()
        await go_on(lab, again["channel"]["id"], "summary-accepted")
        await bridged(lab, caller)


@pytest.mark.parametrize("operator", ["op9", "op2,r", "op2"])
async def test_one_who_is_away_or_unknown_is_not_waited_for(lab: Lab, operator: str) -> None:
    await Operator(lab, "op1").plugged_in()
    async with lab.controller() as events, lab.operators("NOT_INUSE"):
        await lab.set_global("DEVICE_STATE(Custom:op2)", "UNAVAILABLE")
        await transferred(lab, events, XFER_OPERATOR=operator)
        assert (await events.next("StasisStart", 15))["args"] == ["summary", CALL_ID, "op1"]  # who has just talked is not rung for 2 s
