"""What people wish of a call, and what it says to them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agent.outcome import Completed, HandOff
from controller.call import commands as order
from controller.call import events as seen
from controller.call.draft import AFTER_HOURS, SUPERVISOR_LEFT
from controller.call.events import Limits
from controller.call.state import SHOWN, Call, State
from tests.unit.controller.call.test_machine import (
    ARRIVAL,
    announced,
    closing,
    kinds,
    passed,
    play,
    pressed,
    queued,
    talking,
    third_time_back,
)

WISHES: tuple[seen.Wish, ...] = (
    seen.TransferRequested(request="1", who="olha"),
    seen.HangUpRequested(request="1", who="olha"),
    seen.SayRequested(request="1", who="olha", text="Зачекайте"),
    seen.TakeOverRequested(request="1", who="olha", telephone="PJSIP/sup1"),
    seen.GiveBackRequested(request="1", who="olha"),
)


def answers(commands: list[order.AnyCommand]) -> list[tuple[str, str]]:
    return [(command.event, command.code) for command in commands if isinstance(command, order.Acknowledge)]


def wished(wish: seen.Wish, call: Call) -> tuple[Call, str, list[order.AnyCommand]]:
    call, commands = play(wish, call=call)  # type: ignore[arg-type]
    [(_, code)] = answers(commands)
    return call, code, commands


def leaving() -> Call:
    return play(seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary="Хоче шини")), call=talking())[0]


def with_operator() -> Call:
    return play(seen.OperatorAnswered(operator="op1"), call=queued())[0]


def told_of_transfer() -> Call:
    return play(seen.TransferRequested(by="supervisor"), call=talking())[0]


def told_goodbye() -> Call:
    return play(passed(talking(), "length"), call=talking())[0]


def supervised(call: Call | None = None) -> Call:
    call, _, _ = wished(seen.TakeOverRequested(request="1", who="olha", telephone="PJSIP/sup1"), call or talking())
    call, _ = play(seen.TakenOver(phone_id=call.phone or ""), call=call)
    assert call.state is State.SUPERVISED
    return call


def ending() -> Call:
    return play(seen.AgentFinished(run=1, outcome=Completed(why="goodbye")), call=talking())[0]


REFUSED = {
    "when it ends": (ending, ["ending"] * 5),
    "while the leg is made": (lambda: play(ARRIVAL)[0], ["accepted", "accepted", "connecting", "accepted", "not_taken"]),
    "while the agent talks": (talking, ["accepted", "accepted", "accepted", "accepted", "not_taken"]),
    "while he is told that he will be put through": (
        told_of_transfer,
        ["transferring", "accepted", "transferring", "accepted", "not_taken"],
    ),
    "while he is told goodbye": (told_goodbye, ["accepted", "accepted", "ending", "accepted", "not_taken"]),
    "on his way to the queue": (leaving, ["transferring", "accepted", "transferring", "transferring", "not_taken"]),
    "in the queue": (queued, ["transferring", "accepted", "transferring", "transferring", "not_taken"]),
    "with an operator": (with_operator, ["with_operator", "accepted", "with_operator", "with_operator", "not_taken"]),
    "with this supervisor": (supervised, ["accepted", "accepted", "with_supervisor", "with_supervisor", "accepted"]),
}


@pytest.mark.parametrize("where", REFUSED)
def test_every_wish_is_granted_or_refused_with_its_reason(where: str) -> None:
    reach, expected = REFUSED[where]
    assert [wished(wish, reach())[1] for wish in WISHES] == expected


@pytest.mark.parametrize("where", REFUSED)
def test_a_refused_wish_changes_nothing(where: str) -> None:
    reach, _ = REFUSED[where]
    for wish in WISHES:
        before = reach()
        after, code, commands = wished(wish, before)
        if code != "accepted":
            assert after == before
            assert kinds(commands) == ["Acknowledge"]


def test_a_refusal_says_who_has_him() -> None:
    _, commands = play(seen.SayRequested(request="7", who="petro", text="Так"), call=with_operator())
    assert commands == [order.Acknowledge(channel_id="1700000000.1", request="7", event="say", code="with_operator", args={"who": "op1"})]


# Transfer


def variables(commands: list[order.AnyCommand]) -> dict[str, str]:
    [found] = [command.variables for command in commands if isinstance(command, order.SetVariables)]
    return found


def test_a_transfer_carries_its_queue_its_manner_and_what_the_operator_should_know() -> None:
    call = replace(talking(), limits=Limits(queues=("operators", "service")))
    wish = seen.TransferRequested(request="1", who="olha", queue="service", warm=False, summary="Скарга", reason="angry", operator="op2")
    call, _, _ = wished(wish, call)
    _, commands = play(seen.Announced(phrase="transfer"), call=call)
    assert variables(commands) == {
        "XFER_TIMEOUT": "60",
        "XFER_QUEUE": "service",
        "XFER_OPERATOR": "op2",
        "__XFER_WARM": "0",
        "__TRANSFER_REASON": "angry",
        "__TRANSFER_SUMMARY": "Скарга",
    }


def test_the_agents_own_transfer_goes_to_the_usual_queue_as_the_settings_say() -> None:
    call = replace(talking(), limits=Limits(queues=("service", "operators"), warm_transfer=False))
    _, commands = play(seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary="Хоче шини")), call=call)
    assert (variables(commands)["XFER_QUEUE"], variables(commands)["__XFER_WARM"]) == ("service", "0")


def test_what_a_supervisor_chose_holds_for_his_transfer_only() -> None:
    call = replace(talking(), limits=Limits(queues=("operators", "service")))
    call, _, _ = wished(seen.TransferRequested(request="1", who="olha", queue="service", warm=False), call)
    back = seen.CallReturned(queue_status="TIMEOUT")
    call, _ = play(
        seen.Announced(phrase="transfer"), seen.LeftStasis(), back, seen.LineOpened(leg_id=""), seen.LineJoined(leg_id=""), call=call
    )
    _, commands = play(seen.AgentFinished(run=2, outcome=HandOff(why="asked", summary="")), call=call)
    assert (variables(commands)["XFER_QUEUE"], variables(commands)["__XFER_WARM"]) == ("operators", "1")


def test_a_queue_that_is_not_known_is_refused_by_name() -> None:
    call, commands = play(seen.TransferRequested(request="1", queue="sales"), call=talking())
    assert commands[0] == order.Acknowledge(
        channel_id="1700000000.1", request="1", event="transfer", code="queue_unknown", args={"queue": "sales", "known": ["operators"]}
    )
    assert call == talking()


def test_of_two_who_transfer_at_once_the_second_is_told_that_it_happens_already() -> None:
    call, first, _ = wished(seen.TransferRequested(request="1", who="olha"), talking())
    _, second, _ = wished(seen.TransferRequested(request="2", who="petro"), call)
    assert (first, second) == ("accepted", "transferring")


# Hang up


def test_with_a_goodbye_the_caller_hears_it_first_and_the_record_names_the_supervisor() -> None:
    call, commands = play(seen.HangUpRequested(request="1", who="olha", goodbye=True), call=talking())
    assert announced(commands) == ["goodbye"]
    assert "HangUp" not in kinds(commands)
    call, commands = play(seen.Announced(phrase="goodbye"), seen.ChannelGone(), call=call)
    assert "HangUp" in kinds(commands)
    assert commands[-1] == order.CloseRecord(outcome="hung_up", ended_by="supervisor", who="olha")


def test_a_goodbye_takes_the_place_of_what_he_is_being_told() -> None:
    call, commands = play(seen.HangUpRequested(request="1", who="olha", goodbye=True), call=told_of_transfer())
    assert kinds(commands)[:3] == ["Hush", "Acknowledge", "Announce"]
    call, commands = play(seen.Announced(phrase="transfer"), call=call)
    assert (call.state, commands) == (State.ANNOUNCING, []), "the phrase that was hushed counts no more"
    assert play(seen.Announced(phrase="goodbye"), call=call)[0].state is State.ENDING


def test_without_one_he_is_hung_up_at_once() -> None:
    _, commands = play(seen.HangUpRequested(request="1", who="olha"), seen.ChannelGone(), call=talking())
    assert kinds(commands)[:3] == ["Acknowledge", "StopAgent", "HangUp"]
    assert commands[-1] == order.CloseRecord(outcome="hung_up", ended_by="supervisor", who="olha")


def test_an_operator_who_hangs_up_is_named() -> None:
    _, commands = play(seen.CallerHungUp(cause=16, soft=True), seen.ChannelGone(), call=with_operator())
    assert commands[-1] == order.CloseRecord(outcome="transferred", ended_by="operator", who="op1")


# Say


def test_the_agent_is_given_the_supervisors_words() -> None:
    _, commands = play(seen.SayRequested(request="1", who="olha", text="Зачекайте", cut=True), call=talking())
    assert order.Say(run=1, text="Зачекайте", who="olha", cut=True) in commands


@pytest.mark.parametrize(("text", "code"), [("о" * 501, "text_too_long"), (" \n", "text_missing")])
def test_a_text_that_cannot_be_said_is_refused(text: str, code: str) -> None:
    assert wished(seen.SayRequested(request="1", text=text), talking())[1] == code


# Take over, give back


def test_taking_over_rings_the_telephone_and_leaves_the_talk_alone_until_it_is_picked_up() -> None:
    call, commands = play(WISHES[3], call=talking())  # type: ignore[arg-type]
    assert kinds(commands) == ["Acknowledge", "RingPhone", "Deadline"]
    assert call.state is State.TALKING
    call, commands = play(seen.TakenOver(phone_id=call.phone or ""), call=call)
    assert kinds(commands) == ["StopAgent", "CancelDeadline", "JoinPhone", "CancelDeadline"]
    assert (SHOWN[call.state], call.operator) == ("operator", "olha")
    assert call.leg is not None, "the leg stays: the way back has no gap"


def test_the_second_supervisor_is_told_who_was_first() -> None:
    ringing, _ = play(WISHES[3], call=talking())  # type: ignore[arg-type]
    for call in (ringing, supervised()):
        _, commands = play(seen.TakeOverRequested(request="2", who="petro", telephone="PJSIP/sup2"), call=call)
        assert commands == [
            order.Acknowledge(channel_id="1700000000.1", request="2", event="take", code="with_supervisor", args={"who": "olha"})
        ]


@pytest.mark.parametrize("how", ["given back", "telephone gone", "telephone cannot be joined"])
def test_when_the_supervisor_leaves_the_agent_goes_on_upon_the_same_leg_at_once(how: str) -> None:
    call = supervised()
    phone, leg = call.phone or "", call.leg
    left: dict[str, seen.AnyEvent] = {
        "given back": seen.GiveBackRequested(request="1", who="olha"),
        "telephone gone": seen.PhoneGone(phone_id=phone),
        "telephone cannot be joined": seen.CommandFailed(command="JoinPhone", why="404", phone_id=phone, leg_id="none"),
    }
    call, commands = play(left[how], call=call)
    assert (call.state, call.leg) == (State.TALKING, leg)
    assert order.DropPhone(phone_id=phone) in commands
    assert order.StartAgent(run=2, opening=SUPERVISOR_LEFT) in commands


def test_without_its_leg_the_agent_comes_back_upon_a_new_one() -> None:
    call, commands = play(seen.LineLost(leg_id=""), call=supervised())
    assert (call.state, kinds(commands)) == (State.SUPERVISED, ["ReleaseLeg"])
    call, commands = play(seen.PhoneGone(phone_id=call.phone or ""), call=call)
    assert call.state is State.CONNECTING
    assert {"DropPhone", "OpenLine"} <= set(kinds(commands))


def test_a_telephone_that_nobody_picks_up_changes_nothing() -> None:
    ringing, _ = play(WISHES[3], call=talking())  # type: ignore[arg-type]
    phone = ringing.phone or ""
    failed = seen.CommandFailed(command="RingPhone", why="no such endpoint", phone_id=phone, leg_id="none")
    for event in (seen.PhoneGone(phone_id=phone), passed(ringing, "ring"), failed, seen.GiveBackRequested(request="2", who="olha")):
        call, commands = play(event, call=ringing)
        assert (call.state, call.phone, call.agent_on) == (State.TALKING, None, True)
        assert order.DropPhone(phone_id=phone) in commands


def test_a_call_that_ends_or_leaves_stops_the_ringing() -> None:
    ringing, _ = play(WISHES[3], call=talking())  # type: ignore[arg-type]
    left = seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary=""))
    for event in (seen.CallerHungUp(), left, seen.LeftStasis(), seen.ControllerStopping()):
        call, commands = play(event, call=ringing)
        assert call.phone is None
        assert kinds(commands).count("DropPhone") == 1
        assert play(seen.TakenOver(phone_id=ringing.phone or ""), call=call) == (call, []), "picked up too late"


def test_an_announcement_gives_way_to_the_supervisor() -> None:
    ringing, _ = play(WISHES[3], call=told_of_transfer())  # type: ignore[arg-type]
    call, commands = play(seen.TakenOver(phone_id=ringing.phone or ""), call=ringing)
    assert kinds(commands)[0] == "Hush"
    assert play(seen.Announced(phrase="transfer"), call=call) == (call, [])


def test_a_call_whose_leg_is_still_being_made_can_be_taken_over() -> None:
    ringing, _ = play(WISHES[3], call=play(ARRIVAL)[0])  # type: ignore[arg-type]
    _, commands = play(seen.TakenOver(phone_id=ringing.phone or ""), call=ringing)
    [join] = [command for command in commands if isinstance(command, order.JoinPhone)]
    assert join.channel_id == ARRIVAL.channel_id, "he is not in the bridge yet"
    assert "ReleaseLeg" in kinds(commands)


def test_the_supervisor_sends_him_on_without_a_word_and_nobody_else_does() -> None:
    assert wished(seen.TransferRequested(request="1", who="petro"), supervised())[1] == "with_supervisor"
    call, code, commands = wished(seen.TransferRequested(request="1", who="olha"), supervised())
    assert (code, call.state) == ("accepted", State.LEAVING)
    assert "Announce" not in kinds(commands)
    _, commands = play(seen.LeftStasis(), call=call)
    assert {"DropPhone", "ReleaseLeg", "DestroyBridge"} <= set(kinds(commands))


def test_keys_are_the_supervisors_business_while_he_has_the_caller() -> None:
    call = supervised()
    assert pressed("0", call) == (call, [])


def test_a_bridge_destroyed_under_the_supervisor_is_built_again_with_everybody() -> None:
    _, commands = play(seen.BridgeLost(), call=supervised())
    assert kinds(commands) == ["CreateBridge", "Join", "JoinPhone"]


def test_a_caller_who_hangs_up_on_the_supervisor_counts_as_one_a_human_had() -> None:
    call, commands = play(seen.CallerHungUp(), seen.ChannelGone(), call=supervised())
    assert closing(commands) == ("transferred", "caller")
    assert (call.operator, call.transferred, call.transfer_reason) == ("olha", True, "taken_over")


def test_a_hang_up_that_is_told_only_after_he_left_is_no_other_end() -> None:
    _, commands = play(seen.LeftStasis(), seen.CallerHungUp(), seen.ChannelGone(), call=supervised())
    assert closing(commands) == ("transferred", "caller")


def test_a_draining_controller_gives_a_supervised_caller_to_the_queue() -> None:
    call, _ = play(seen.TransferRequested(by="controller", reason="draining"), call=supervised())
    assert call.state is State.LEAVING


# Hours


def closed(call: Call) -> Call:
    return play(seen.DeskClosed(), call=call)[0]


def test_out_of_hours_who_asks_for_a_human_hears_so_from_the_agent() -> None:
    call, commands = play(seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary="")), call=closed(talking()))
    assert call.state is State.TALKING
    assert commands == [order.StartAgent(run=2, opening=AFTER_HOURS)]
    call, _ = pressed("0", closed(talking()))
    call, commands = play(passed(call, "key_0"), call=call)
    assert kinds(commands) == ["StopAgent", "StartAgent"]
    assert call.state is State.TALKING


def test_out_of_hours_a_fault_of_ours_and_a_supervisor_still_lead_to_the_queue() -> None:
    failed = seen.AgentFinished(run=1, outcome=HandOff(why="model_failed", summary=""))
    assert play(failed, call=closed(talking()))[0].state is State.LEAVING
    call, code, _ = wished(seen.TransferRequested(request="1", who="olha"), closed(talking()))
    assert (code, call.state) == ("accepted", State.ANNOUNCING)


def test_hours_that_begin_again_count_at_once() -> None:
    call, _ = play(seen.DeskOpened(), call=closed(talking()))
    assert play(seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary="")), call=call)[0].state is State.LEAVING


def test_a_promised_call_is_noted() -> None:
    _, commands = third_time_back(queued())
    assert order.NoteCallBack(phone=ARRIVAL.caller_id, why="Хоче шини") in commands
    _, commands = third_time_back(replace(queued(), caller_id="anonymous"))
    assert "NoteCallBack" not in kinds(commands)


# Hold


def test_on_hold_the_agent_keeps_still_also_when_he_begins_anew() -> None:
    call, commands = play(seen.CallerHeld(), call=talking())
    assert commands == [order.HoldAgent(run=1, on=True)]
    again, commands = play(seen.LineLost(leg_id=""), seen.LineOpened(leg_id=""), seen.LineJoined(leg_id=""), call=call)
    assert order.HoldAgent(run=2, on=True) in commands
    _, commands = play(seen.CallerUnheld(), call=again)
    assert commands == [order.HoldAgent(run=2, on=False)]
