from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.outcome import CallerGone, Completed, HandOff
from controller.call import commands as order
from controller.call import events as seen
from controller.call.machine import TABLE, receive
from controller.call.reachable import CALL_ID, CHANNEL_ID, canonical, representatives
from controller.call.state import SHOWN, Call, State
from tests.unit.controller.call.world import World

ARRIVAL = seen.CallArrived(call_id=CALL_ID, channel_id=CHANNEL_ID, app="callctl", caller_id="380671234567")
MISSION_WORDS = {"connecting", "greeting", "listening", "thinking", "tool", "speaking", "transferring", "operator", "ended"}


def play(*events: seen.AnyEvent, call: Call | None = None) -> tuple[Call, list[order.AnyCommand]]:
    """The call after *events* and everything it ordered; a leg id of "" stands for the call's current leg."""
    call = call or Call()
    ordered: list[order.AnyCommand] = []
    for event in events:
        if isinstance(event, seen.LineOpened | seen.LineJoined | seen.LineLost | seen.CommandFailed) and not event.leg_id:
            event = msgspec.structs.replace(event, leg_id=call.leg or "none")
        call, commands = receive(call, event)
        ordered += commands
    return call, ordered


def talking() -> Call:
    call, _ = play(ARRIVAL, seen.LineOpened(leg_id=""), seen.LineJoined(leg_id=""))
    assert call.state is State.TALKING
    return call


def queued() -> Call:
    call, _ = play(seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary="Хоче шини")), seen.LeftStasis(), call=talking())
    assert call.state is State.QUEUED
    return call


def passed(call: Call, name: str) -> seen.DeadlinePassed:
    return next(seen.DeadlinePassed(name=a.name, generation=a.generation) for a in call.deadlines if a.name == name)


def kinds(commands: Iterable[order.AnyCommand]) -> list[str]:
    return [type(command).__name__ for command in commands]


def closing(commands: Iterable[order.AnyCommand]) -> tuple[str, str]:
    [close] = [command for command in commands if isinstance(command, order.CloseRecord)]
    return close.outcome, close.ended_by


# The whole


def test_each_state_has_exactly_one_row_for_each_event() -> None:
    assert set(TABLE) == {(state, event) for state in State for event in seen.EVENTS}


def test_every_state_is_shown_by_one_of_the_missions_words() -> None:
    assert set(SHOWN) == set(State)
    assert set(SHOWN.values()) <= MISSION_WORDS


def test_every_sequence_of_events_keeps_its_promises() -> None:
    """All sequences of any length, not only of five: calls with the same future are walked once, and the walk ends by itself."""
    known = {canonical(Call())}
    layer = list(known)
    states: set[State] = set()
    depth = 0
    while layer:
        following: list[Call] = []
        for call in layer:
            states.add(call.state)
            for event in representatives(call):
                world = World(
                    legs={call.leg} if call.leg else set(),
                    phones={call.phone} if call.phone else set(),
                    bridge=call.bridge,
                    run=call.agent_runs if call.agent_on else None,
                    timers={armed.name: armed.generation for armed in call.deadlines},
                    closed=call.state is State.ENDED,
                )
                after, commands = receive(call, event)
                world.happen(event)
                world.obey(commands)
                world.check(after)
                _assert_hung_up_only_when_decided(call, event, commands)
                _assert_every_wish_is_answered_once(event, commands)
                if (key := canonical(after)) not in known:
                    known.add(key)
                    following.append(key)
        layer = following
        depth += 1
    assert depth > 5
    assert states == set(State)


def _assert_every_wish_is_answered_once(event: seen.AnyEvent, commands: tuple[order.AnyCommand, ...]) -> None:
    answers = [command for command in commands if isinstance(command, order.Acknowledge)]
    wished = [event.request] if isinstance(event, seen.Wish) and event.request else []
    assert [answer.request for answer in answers] == wished, (event, answers)


def _assert_hung_up_only_when_decided(call: Call, event: seen.AnyEvent, commands: tuple[order.AnyCommand, ...]) -> None:
    if not any(isinstance(command, order.HangUp) for command in commands):
        return
    asked = isinstance(event, seen.HangUpRequested)
    goodbye = isinstance(event, seen.AgentFinished) and isinstance(event.outcome, Completed)
    again = call.state is State.ENDING
    too_long = call.state is State.TALKING and isinstance(event, seen.DeadlinePassed) and event.name == "length"
    goodbye_said = call.state is State.ANNOUNCING and not call.leaves_next
    too_long_unconnected = call.state is State.CONNECTING and isinstance(event, seen.DeadlinePassed) and event.name == "length"
    operator_done = isinstance(event, seen.CallReturned) and (event.queue_status == "CONTINUE" or call.state is State.OPERATOR)
    nobody = call.state is State.CONNECTING and call.rounds > 2
    assert asked or goodbye or again or too_long or goodbye_said or too_long_unconnected or operator_done or nobody, (call, event)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_long_life_ends_with_everything_released_and_one_closed_record(data: st.DataObject) -> None:
    world, call = World(), Call()
    for event in [ARRIVAL, *[None] * data.draw(st.integers(0, 40), label="length")]:
        chosen = event or data.draw(st.sampled_from(list(representatives(call))))
        after, commands = receive(call, chosen)
        world.happen(chosen)
        world.obey(commands)
        world.check(after)
        assert sum(isinstance(command, order.CloseRecord) for command in commands) <= 1
        call = after
    if call.state is not State.ENDED:
        call, commands = receive(call, seen.ChannelGone())
        world.obey(commands)
        world.check(call)
    assert world.closed


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_call_can_be_written_down_and_taken_up_again_at_any_moment(data: st.DataObject) -> None:
    call = Call()
    for _ in range(data.draw(st.integers(1, 25))):
        event = data.draw(st.sampled_from(list(representatives(call))))
        assert seen.from_builtins(msgspec.to_builtins(event)) == event
        read_again = msgspec.json.decode(msgspec.json.encode(call), type=Call)
        assert read_again == call
        call, commands = receive(read_again, event)
        assert [order.from_builtins(msgspec.to_builtins(command)) for command in commands] == list(commands)


def test_every_value_says_which_version_it_is() -> None:
    assert msgspec.to_builtins(seen.LeftStasis()) == {"type": "left_stasis.1"}
    tags = [kind.__struct_config__.tag for kind in (*seen.EVENTS, *order.COMMANDS)]
    assert len(set(tags)) == len(tags)


# Arriving


def test_a_caller_is_subscribed_to_answered_bridged_and_given_a_line_at_once() -> None:
    _, commands = play(ARRIVAL)
    assert kinds(commands) == ["Subscribe", "SetVariables", "Answer", "Deadline", "CreateBridge", "OpenLine", "Deadline"]


def test_the_agent_speaks_once_caller_and_line_are_joined() -> None:
    call, commands = play(ARRIVAL, seen.LineOpened(leg_id=""))
    assert kinds(commands)[-1] == "Join"
    _, commands = play(seen.LineJoined(leg_id=""), call=call)
    assert commands[0] == order.StartAgent(run=1, opening="greeting")


def test_a_caller_beyond_the_limit_goes_straight_to_the_queue_unanswered() -> None:
    call, commands = play(msgspec.structs.replace(ARRIVAL, refused="busy"))
    assert call.state is State.LEAVING
    assert "Answer" not in kinds(commands)
    assert call.transfer_reason == "busy"


# Failing parts


def test_a_line_that_does_not_open_is_tried_again_once() -> None:
    first, _ = play(ARRIVAL)
    call, commands = play(seen.CommandFailed(command="OpenLine", why="timeout", leg_id=""), call=first)
    assert call.state is State.CONNECTING
    assert call.leg != first.leg
    assert {"ReleaseLeg", "OpenLine"} <= set(kinds(commands))


def test_without_any_line_the_caller_goes_to_the_queue() -> None:
    failed = seen.CommandFailed(command="OpenLine", why="timeout", leg_id="")
    call, commands = play(ARRIVAL, failed, failed)
    assert call.state is State.LEAVING
    assert "HangUp" not in kinds(commands)


def test_a_line_lost_in_talk_is_replaced_and_the_agent_goes_on() -> None:
    call, commands = play(seen.LineLost(leg_id=""), call=talking())
    assert kinds(commands)[:2] == ["StopAgent", "ReleaseLeg"]
    _, commands = play(seen.LineOpened(leg_id=""), seen.LineJoined(leg_id=""), call=call)
    assert order.StartAgent(run=2, opening="didnt_hear") in commands


def test_the_agents_own_news_of_a_lost_line_counts_like_the_lines() -> None:
    before = talking()
    call, _ = play(seen.AgentFinished(run=1, outcome=CallerGone()), call=before)
    assert call.state is State.CONNECTING
    assert play(seen.LineLost(leg_id=before.leg or ""), call=call) == (call, [])


def test_a_broken_agent_is_excused_and_the_caller_goes_to_the_queue() -> None:
    call, commands = play(seen.AgentFailed(run=1, why="bug"), call=talking())
    assert kinds(commands) == ["Announce", "Deadline", "CancelDeadline"]
    call, commands = play(seen.Announced(phrase="apology_transfer"), call=call)
    assert call.state is State.LEAVING
    assert call.transfer_reason == "agent_failed"


def test_a_destroyed_bridge_is_built_again_while_the_agent_talks_on() -> None:
    call, commands = play(seen.BridgeLost(), call=talking())
    assert kinds(commands) == ["CreateBridge", "Join"]
    assert call.agent_on


def test_an_order_to_leave_that_is_lost_is_given_again() -> None:
    call, _ = play(seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary="")), call=talking())
    _, commands = play(passed(call, "leave"), call=call)
    assert kinds(commands) == ["ContinueInDialplan", "Deadline"]


def test_a_stale_deadline_has_no_effect() -> None:
    call, _ = play(ARRIVAL)
    late = passed(call, "line")
    call, _ = play(seen.CommandFailed(command="OpenLine", why="timeout", leg_id=""), call=call)
    assert play(late, call=call) == (call, [])


# Ends


def test_after_the_goodbye_the_caller_is_hung_up_and_the_record_waits_for_his_channel() -> None:
    call, commands = play(seen.AgentFinished(run=1, outcome=Completed(why="goodbye")), call=talking())
    assert kinds(commands)[:3] == ["HangUp", "ReleaseLeg", "DestroyBridge"]
    call, commands = play(seen.CallerHungUp(cause=16, soft=True), seen.LeftStasis(), seen.ChannelGone(), call=call)
    assert closing(commands) == ("goodbye", "agent")


@pytest.mark.parametrize(("cause", "soft", "by"), [(16, False, "caller"), (16, True, "caller"), (32, True, "supervisor")])
def test_a_hang_up_is_put_down_to_whoever_did_it(cause: int, soft: bool, by: str) -> None:
    _, commands = play(seen.CallerHungUp(cause=cause, soft=soft), seen.LeftStasis(), seen.ChannelGone(), call=talking())
    assert closing(commands) == ("hung_up", by)


def test_a_hang_up_order_that_is_lost_is_given_again() -> None:
    call, _ = play(seen.HangUpRequested(by="supervisor"), call=talking())
    _, commands = play(passed(call, "gone"), call=call)
    assert kinds(commands) == ["HangUp", "Deadline"]


def test_a_channel_that_is_not_found_counts_as_gone() -> None:
    call, _ = play(seen.CallerHungUp(), call=talking())
    _, commands = play(passed(call, "gone"), seen.CommandFailed(command="HangUp", why="404", gone=True), call=call)
    assert closing(commands) == ("hung_up", "caller")


def test_too_long_a_talk_ends_with_a_goodbye() -> None:
    call = talking()
    call, commands = play(passed(call, "length"), call=call)
    assert "Announce" in kinds(commands)
    call, commands = play(seen.Announced(phrase="goodbye"), seen.ChannelGone(), call=call)
    assert closing(commands) == ("too_long", "controller")


def test_calls_lost_with_asterisk_are_put_down_to_it() -> None:
    _, commands = play(seen.ChannelGone(seen=False, by="asterisk"), call=talking())
    assert closing(commands) == ("failed", "asterisk")


# Operators and supervisors


def test_a_hand_off_goes_to_the_queue_and_the_leg_only_when_the_caller_has_left() -> None:
    call, commands = play(seen.AgentFinished(run=1, outcome=HandOff(why="asked", summary="Хоче шини")), call=talking())
    assert kinds(commands)[:2] == ["SetVariables", "ContinueInDialplan"]
    assert "ReleaseLeg" not in kinds(commands)
    _, commands = play(seen.LeftStasis(), call=call)
    assert kinds(commands)[:2] == ["ReleaseLeg", "DestroyBridge"]


def pressed(keys: str, call: Call) -> tuple[Call, list[order.AnyCommand]]:
    return play(*(seen.DigitPressed(digit=key) for key in keys), call=call)


def test_key_0_stops_the_agent_and_leads_to_the_queue_when_no_other_key_follows() -> None:
    call, commands = pressed("0", talking())
    assert commands == [order.Deadline(name="key_0", generation=call.generation, after_s=1.5)]
    call, commands = play(passed(call, "key_0"), call=call)
    assert kinds(commands)[:2] == ["StopAgent", "Announce"]
    call, _ = play(seen.Announced(phrase="transfer"), call=call)
    assert (call.state, call.transfer_reason) == (State.LEAVING, "key_0")


def test_the_0_of_a_number_is_no_wish_for_a_human() -> None:
    call, _ = pressed("0671234560", talking())
    assert call.state is State.TALKING
    assert not call.awaits("key_0")
    call, _ = play(passed(call, "typing"), call=call)
    assert call.state is State.TALKING
    assert pressed("0", call)[0].awaits("key_0"), "after the number a 0 is a wish again"


@pytest.mark.parametrize("keys", ["00", "000"])
def test_zeros_alone_are_an_impatient_wish_for_a_human(keys: str) -> None:
    call, _ = pressed(keys, talking())
    call, commands = play(passed(call, "key_0"), call=call)
    assert announced(commands) == ["transfer"]


def test_the_hash_ends_a_number_and_confirms_a_0() -> None:
    call, commands = pressed("12#0", talking())
    assert call.awaits("key_0")
    call, commands = pressed("0#", talking())
    assert announced(commands) == ["transfer"]


def test_key_0_works_before_the_agent_speaks() -> None:
    call, _ = play(ARRIVAL)
    call, _ = pressed("0", call)
    call, _ = play(passed(call, "key_0"), call=call)
    assert (call.state, call.transfer_reason) == (State.LEAVING, "key_0")


def test_key_0_works_into_an_announcement_and_across_its_beginning() -> None:
    too_long, _ = play(passed(talking(), "length"), call=talking())
    assert pressed("0", too_long)[0].state is State.LEAVING
    call, _ = pressed("0", talking())
    call, _ = play(passed(call, "length"), call=call)
    assert call.state is State.ANNOUNCING
    call, _ = play(passed(call, "key_0"), call=call)
    assert (call.state, call.transfer_reason) == (State.LEAVING, "key_0")


def test_a_0_pressed_into_the_agents_goodbye_is_not_hung_up_on() -> None:
    call, _ = pressed("0", talking())
    call, commands = play(seen.AgentFinished(run=1, outcome=Completed(why="goodbye")), call=call)
    assert announced(commands) == ["transfer"]
    assert call.transfer_reason == "key_0"


def test_a_lost_line_does_not_forget_the_0() -> None:
    call, _ = pressed("0", talking())
    call, _ = play(seen.LineLost(leg_id=""), call=call)
    assert call.state is State.CONNECTING
    assert call.awaits("key_0")


def test_a_transfer_that_an_operator_took_ends_as_transferred() -> None:
    call, _ = play(seen.OperatorAnswered(), call=queued())
    assert SHOWN[call.state] == "operator"
    assert closing(play(seen.ChannelGone(), call=call)[1]) == ("transferred", "operator")
    assert closing(play(seen.CallerHungUp(cause=16, soft=True), seen.ChannelGone(), call=call)[1]) == ("transferred", "operator")
    assert closing(play(seen.CallerHungUp(cause=32, soft=True), seen.ChannelGone(), call=call)[1]) == ("transferred", "supervisor")
    assert closing(play(seen.CallerHungUp(), seen.ChannelGone(), call=call)[1]) == ("transferred", "caller")


def test_who_hangs_up_while_waiting_has_abandoned() -> None:
    _, commands = play(seen.CallerHungUp(), seen.ChannelGone(), call=queued())
    assert closing(commands) == ("abandoned", "caller")


def third_time_back(call: Call) -> tuple[Call, list[order.AnyCommand]]:
    for run in (2, 3):
        call, commands = play(seen.CallReturned(queue_status="TIMEOUT"), seen.LineOpened(leg_id=""), seen.LineJoined(leg_id=""), call=call)
        assert order.StartAgent(run=run, opening="nobody_free") in commands
        call, _ = play(seen.AgentFinished(run=run, outcome=HandOff(why="asked", summary="")), seen.LeftStasis(), call=call)
    return play(seen.CallReturned(queue_status="TIMEOUT"), seen.LineOpened(leg_id=""), seen.LineJoined(leg_id=""), call=call)


def announced(commands: Iterable[order.AnyCommand]) -> list[str]:
    return [command.phrase for command in commands if isinstance(command, order.Announce)]


def test_when_nobody_is_free_the_caller_comes_back_twice_and_then_is_promised_a_call() -> None:
    call, commands = third_time_back(queued())
    assert announced(commands) == ["nobody_free_call_back"]
    call, commands = play(seen.Announced(phrase="nobody_free_call_back"), seen.ChannelGone(), call=call)
    assert closing(commands) == ("nobody_free", "controller"), "whoever is to call back finds him by this"


@pytest.mark.parametrize("caller_id", ["", "anonymous", "Restricted"])
def test_one_who_withheld_his_number_is_not_promised_a_call(caller_id: str) -> None:
    _, commands = third_time_back(replace(queued(), caller_id=caller_id))
    assert announced(commands) == ["nobody_free_call_again"]


def test_a_caller_whose_operator_hung_up_is_not_given_to_the_agent_again() -> None:
    _, commands = play(seen.OperatorAnswered(), seen.CallReturned(queue_status="CONTINUE"), seen.ChannelGone(), call=queued())
    assert closing(commands) == ("transferred", "operator")


def test_a_caller_moved_by_others_keeps_his_call_and_we_only_withdraw() -> None:
    call, commands = play(seen.LeftStasis(), call=talking())
    assert kinds(commands)[:3] == ["StopAgent", "ReleaseLeg", "DestroyBridge"]
    assert order.DestroyBridge(bridge_id="b-" + CALL_ID, only_if_empty=True) in commands
    assert call.state is State.MOVED
    call, commands = play(passed(call, "settle"), seen.ChannelGone(), call=call)
    assert "HangUp" not in kinds(commands)
    assert closing(commands) == ("moved", "caller")


def test_a_hang_up_that_is_told_only_after_the_caller_left_is_still_his_hang_up() -> None:
    _, commands = play(seen.LeftStasis(), seen.CallerHungUp(), seen.ChannelGone(), call=talking())
    assert closing(commands) == ("hung_up", "caller")


def test_a_stopping_controller_leaves_the_caller_to_the_queue() -> None:
    _, commands = play(seen.ControllerStopping(), call=talking())
    assert "ContinueInDialplan" in kinds(commands)
    assert closing(commands) == ("orphaned", "controller")


def test_a_stopping_controller_writes_down_who_is_with_an_operator() -> None:
    _, commands = play(seen.ControllerStopping(), call=queued())
    assert closing(commands) == ("transferred", "controller")
    assert "HangUp" not in kinds(commands)
