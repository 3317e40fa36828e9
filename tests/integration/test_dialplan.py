"""The dialplan's promises on the real Asterisk: who reaches whom when a controller is there, when none is, and when nobody is."""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator

import pytest

from audiosocket.audio import SLIN16
from ops.devstack import DevStack

from .dialplan_lab import Lab, until

VOICE = b"\x00\x20\x00\xe0" * (SLIN16.rate_hz // 2)  # 1 s of 4 kHz, far above silence


@pytest.fixture
async def lab(stack: DevStack) -> AsyncIterator[Lab]:
    async with Lab.open(stack) as opened:
        yield opened


@pytest.mark.parametrize("number", ["+380441234567", "0441234567", "100", "s"])
async def test_a_call_reaches_the_controller_with_the_number_it_dialled(lab: Lab, number: str) -> None:
    async with lab.controller() as events:
        caller = await lab.call(number)
        start = await events.next("StasisStart")
        assert (start["args"], start["channel"]["id"]) == (["inbound", number, "next"], caller.channel)
        caller.line.close()
        await events.next("StasisEnd")


async def test_a_number_with_more_in_it_than_a_number_stays_one_argument(lab: Lab) -> None:
    async with lab.controller() as events:
        caller = await lab.call("+380,returned,x")
        assert (await events.next("StasisStart"))["args"] == ["inbound", "+380", "next"]
        caller.line.close()
        await events.next("StasisEnd")


async def test_a_caller_whom_the_controller_lets_go_is_hung_up(lab: Lab) -> None:
    async with lab.controller() as events:
        caller = await lab.call("100")
        await events.next("StasisStart")
        await lab.ari.post(f"/channels/{caller.channel}/continue")
        async with asyncio.timeout(5):
            await caller.line.closed()


async def test_without_a_controller_the_caller_reaches_the_queue_after_a_short_wait(lab: Lab) -> None:
    started = time.monotonic()
    caller = await lab.call("+380441234567")
    await lab.waits_in(caller, "Queue", timeout_s=8)
    assert 3 < time.monotonic() - started < 7


async def test_a_controller_that_comes_back_in_time_gets_the_waiting_caller(lab: Lab) -> None:
    async with lab.globals(CONTROLLER_TRIES="20"):
        caller = await lab.call("100")
        await lab.waits_in(caller, "Wait", timeout_s=3)
        async with lab.controller() as events:
            start = await events.next("StasisStart")
            assert start["args"] == ["inbound", "100", "next"]
            caller.line.close()
            await events.next("StasisEnd")


async def test_workers_that_are_not_there_leave_their_turns_evenly_to_those_that_are(lab: Lab) -> None:
    async with (
        lab.controller("callctl-1") as first,
        lab.controller("callctl-3") as third,
        # One try: who is not passed over at once is in the queue.
        lab.globals(ARI_WORKERS="&".join(f"callctl-{number}" for number in range(6)), TURN="0", CONTROLLER_TRIES="1"),
    ):
        for events in (first, third, first, third):
            caller = await lab.call("100")
            assert (await events.next("StasisStart"))["channel"]["id"] == caller.channel
            caller.line.close()
            await events.next("StasisEnd")


async def test_callers_who_come_at_once_all_reach_the_worker_that_is_there(lab: Lab) -> None:
    async with (
        lab.controller("callctl-17") as events,
        # Many names, so that the callers' ways through them overlap; one try: whose way misses the one that is there is in the queue.
        lab.globals(ARI_WORKERS="&".join(f"callctl-{number}" for number in range(30)), CONTROLLER_TRIES="1"),
    ):
        callers = await asyncio.gather(*(lab.call("100") for _ in range(10)))
        reached = {(await events.next("StasisStart"))["channel"]["id"] for _ in callers}
        assert reached == {caller.channel for caller in callers}


async def test_an_operator_who_answers_talks_with_the_caller_and_his_hang_up_ends_the_call(lab: Lab) -> None:
    leg = uuid.uuid4()
    ringing = lab.phones.expect(leg)
    async with lab.globals(CONTROLLER_TRIES="1", DIAL_op1=lab.phone(leg), DIAL_op2="Local/nobody@nowhere"):
        caller = await lab.call("100")
        operator = await ringing.line(timeout_s=15)
        heard, loud = bytearray(), asyncio.Event()

        def listen(pcm: bytes) -> None:
            heard.extend(pcm)
            if max(pcm) > 0:
                loud.set()

        caller.line.listen(listen)
        speech = operator.play()
        speech.feed(VOICE)
        speech.finish()
        async with asyncio.timeout(10):
            await loud.wait()
        operator.close()
        async with asyncio.timeout(5):
            await caller.line.closed()


async def test_an_operator_who_talks_is_not_rung_for_a_second_caller(lab: Lab) -> None:
    leg = uuid.uuid4()
    ringing = lab.phones.expect(leg)
    async with lab.globals(CONTROLLER_TRIES="1", QUEUE_TIMEOUT_S="4", DIAL_op1=lab.phone(leg), DIAL_op2="Local/nobody@nowhere"):
        first = await lab.call("100")
        operator = await ringing.line(timeout_s=15)
        refused_before = lab.phones.refusals.total()
        async with lab.controller() as events:
            await lab.call("100", {"CALL_ID": "second"})
            start = await events.next("StasisStart")
            await lab.ari.post(f"/channels/{start['channel']['id']}/continue", params={"context": "transfer-to-operator", "extension": "s"})
            back = await events.next("StasisStart", timeout_s=15)
        assert back["args"] == ["returned", "second", "TIMEOUT"]
        assert lab.phones.refusals.total() == refused_before, "the talking operator's phone was dialled again"
        assert operator.reason is None
        assert first.line.reason is None


async def test_a_caller_whom_nobody_takes_comes_back_to_the_application_that_owns_his_call(lab: Lab) -> None:
    async with lab.controller("callctl-7") as events:
        async with lab.globals(ARI_APP="callctl-7"):
            caller = await lab.call("100")
            await events.next("StasisStart")
        variables = {"__CALL_ID": "0190-the-call", "__CALL_APP": "callctl-7", "XFER_TIMEOUT": "2"}
        assert (await lab.ari.post(f"/channels/{caller.channel}/variables", json={"variables": variables})).status_code == 204
        await lab.ari.post(f"/channels/{caller.channel}/continue", params={"context": "transfer-to-operator", "extension": "s"})
        back = await events.next("StasisStart", timeout_s=15)
        assert back["args"] == ["returned", "0190-the-call", "TIMEOUT"]
        assert back["channel"]["channelvars"] == {"CALL_ID": "0190-the-call", "CALL_APP": "callctl-7", "CALLCTL_ACK": ""}


async def test_a_caller_comes_back_at_once_when_no_operator_is_there(lab: Lab) -> None:
    async with lab.controller() as events, lab.operators("UNAVAILABLE"):
        caller = await lab.call("100")
        await events.next("StasisStart")
        await lab.ari.post(f"/channels/{caller.channel}/continue", params={"context": "transfer-to-operator", "extension": "s"})
        back = await events.next("StasisStart", timeout_s=3)
        assert back["args"] == ["returned", "", "JOINEMPTY"]


async def test_with_neither_controller_nor_operator_the_call_ends_by_itself(lab: Lab) -> None:
    async with lab.operators("UNAVAILABLE"), lab.globals(CONTROLLER_TRIES="2", CONTROLLER_PAUSE_S="0.1"):
        caller = await lab.call("100")
        async with asyncio.timeout(15):
            await caller.line.closed()


async def test_waiting_callers_hear_the_hold_tone(lab: Lab) -> None:
    async with lab.globals(CONTROLLER_TRIES="1"):
        caller = await lab.call("100")
        await lab.waits_in(caller, "Queue", timeout_s=5)
        loud = asyncio.Event()

        def listen(pcm: bytes) -> None:
            if any(pcm):
                loud.set()

        caller.line.listen(listen)
        async with asyncio.timeout(8):
            await loud.wait()


async def test_who_waits_while_the_operator_talks_is_told_his_place_in_ukrainian(lab: Lab) -> None:
    leg = uuid.uuid4()
    ringing = lab.phones.expect(leg)
    async with lab.operators("UNAVAILABLE"), lab.globals(CONTROLLER_TRIES="1", DIAL_op1=lab.phone(leg)):
        await lab.set_global("DEVICE_STATE(Custom:op1)", "NOT_INUSE")
        await lab.call("100")
        await ringing.line(timeout_s=15)

        async def nobody_waits() -> bool:
            return "No Callers" in lab.stack.asterisk.cli("queue show operators")

        await until(nobody_waits, 10, "the first one is with the operator")  # until then the second would not be the next
        begins = lab.stack.asterisk.log_path.stat().st_size
        await lab.call("100")
        third = await lab.call("100")

        async def told() -> bool:
            with lab.stack.asterisk.log_path.open(encoding="utf-8") as log:
                log.seek(begins)
                said = log.read()
            names = ("queue-youarenext", "queue-thereare", "digits/2", "queue-callswaiting", "queue-thankyou")
            return all(re.search(rf"Playing '{name}\.\w+' \(language 'uk'\)", said) for name in names)

        await until(told, 20, f"{third.channel} and the one before him hear their places")


async def test_an_operator_is_free_again_after_his_talk(lab: Lab) -> None:
    for _ in range(2):
        leg = uuid.uuid4()
        ringing = lab.phones.expect(leg)
        async with lab.operators("UNAVAILABLE"), lab.globals(CONTROLLER_TRIES="1", DIAL_op1=lab.phone(leg)):
            await lab.set_global("DEVICE_STATE(Custom:op1)", "NOT_INUSE")
            caller = await lab.call("100")
            operator = await ringing.line(timeout_s=15)
            assert "(in use)" in lab.stack.asterisk.cli("queue show operators").lower()
            caller.line.close()
            async with asyncio.timeout(5):
                await operator.closed()


async def test_an_operator_who_leaves_during_his_talk_stays_away_after_it(lab: Lab) -> None:
    leg = uuid.uuid4()
    ringing = lab.phones.expect(leg)
    async with lab.operators("UNAVAILABLE"), lab.globals(CONTROLLER_TRIES="1", DIAL_op1=lab.phone(leg)):
        await lab.set_global("DEVICE_STATE(Custom:op1)", "NOT_INUSE")
        caller = await lab.call("100")
        operator = await ringing.line(timeout_s=15)
        await lab.set_global("DEVICE_STATE(Custom:op1)", "UNAVAILABLE")
        caller.line.close()
        async with asyncio.timeout(5):
            await operator.closed()
        await lab.nothing_left()
        assert "(not in use)" not in lab.stack.asterisk.cli("queue show operators").lower()


def test_operators_are_free_after_a_restart(stack: DevStack) -> None:
    assert stack.asterisk.cli("devstate change Custom:op1 INUSE")
    stack.asterisk.kill()
    stack.asterisk.start()
    assert stack.asterisk.cli("queue show operators").lower().count("(not in use)") == 2


@pytest.mark.parametrize(
    "context", ["incoming", "transfer-to-operator", "back", "ops", "screen", "screen-alone", "summary-accepted", "phones"]
)
def test_the_context_is_there(stack: DevStack, context: str) -> None:
    assert f"Context '{context}'" in stack.asterisk.cli(f"dialplan show {context}")


@pytest.mark.parametrize("command", ["dialplan reload", "module reload app_queue.so", "module reload res_pjsip.so"])
def test_the_configuration_can_be_reloaded(stack: DevStack, command: str) -> None:
    assert "error" not in stack.asterisk.cli(command).lower()


def test_a_key_pressed_over_ami_is_a_call_right(stack: DevStack) -> None:
    assert "write perm: call" in stack.asterisk.cli(f"manager show user {stack.asterisk.ami_username}").lower()
