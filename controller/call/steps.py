"""What each row of the table does, but for the ends (``endings.py``) and for what people wish (``wishes.py``).

A docstring's first line is its text in the picture; ``d`` is the step's draft.

A failed part never drops the caller: whatever breaks, the way leads through ``leave`` to the operators' queue.
"""

from __future__ import annotations

from agent.outcome import CallerGone, Completed, HandOff
from controller.call import commands as order
from controller.call import events as seen
from controller.call.draft import AFTER_HOURS, MAX_ROUNDS, Draft
from controller.call.endings import channel_is_gone
from controller.call.state import State
from controller.call.supervision import phone_failed


def stay(d: Draft, e: seen.Event) -> None:
    """stay"""


def arrive(d: Draft, e: seen.CallArrived) -> None:
    """answer, open a line; one who is refused goes to the queue"""
    d.become(call_id=e.call_id, channel_id=e.channel_id, app=e.app, caller_id=e.caller_id, limits=e.limits, desk_open=e.desk_open)
    marks = {"__CALL_ID": e.call_id, "__CALL_APP": e.app}
    d.order(order.Subscribe(channel_id=e.channel_id), order.SetVariables(channel_id=e.channel_id, variables=marks))
    if e.refused:
        d.leave(e.refused)
    else:
        d.order(order.Answer(channel_id=e.channel_id))
        d.connect(e.opening)


def come_back(d: Draft, e: seen.CallReturned) -> None:
    """back to the agent; after the operator's talk: hang up"""
    if d.call.state is State.OPERATOR or e.queue_status == "CONTINUE":
        d.become(transferred=True)
        d.hang_up("transferred", "operator")
        return
    d.stop_agent()
    d.release_leg()
    d.release_phone()
    d.become(rounds=min(d.call.rounds + 1, MAX_ROUNDS + 1), queue="", target="", warm=None)
    d.order(order.Answer(channel_id=d.call.channel_id))  # one who was refused on arrival may still be ringing
    d.connect("nobody_free" if e.queue_status else "greeting")


# The media leg


def join(d: Draft, e: seen.LineOpened) -> None:
    """caller and leg into the bridge"""
    if e.leg_id == d.call.leg:
        d.become(leg_open=True)
        d.join()


def start_talk(d: Draft, e: seen.LineJoined) -> None:
    """the agent speaks; after too many rounds: nobody is free, goodbye"""
    if e.leg_id != d.call.leg:
        return
    d.become(leg_open=True)
    if d.call.rounds > MAX_ROUNDS:
        d.become(outcome="nobody_free", ended_by="controller")
        has_number = any(map(str.isdigit, d.call.caller_id))  # trunks send "anonymous" for a withheld one
        if has_number:
            d.order(order.NoteCallBack(phone=d.call.caller_id, why=d.call.summary))
        d.announce("nobody_free_call_back" if has_number else "nobody_free_call_again", leaves_next=False)
        return
    d.become(state=State.TALKING)
    d.start_agent()


def lose_line(d: Draft, e: seen.LineLost) -> None:
    """another leg once, then the queue"""
    if e.leg_id == d.call.leg:
        _replace_line(d)


def lose_line_at_the_end(d: Draft, e: seen.LineLost) -> None:
    """release it"""
    if e.leg_id == d.call.leg:
        d.release_leg()


def skip_announcement(d: Draft, e: seen.LineLost) -> None:
    """nobody can hear it: go on"""
    if e.leg_id == d.call.leg:
        d.release_leg()
        d.go_on()


def mend_bridge(d: Draft, e: seen.BridgeLost) -> None:
    """build it again"""
    d.make_bridge()
    d.join()


def fail_to_connect(d: Draft, e: seen.CommandFailed) -> None:
    """another leg once, then the queue; a supervisor's telephone is given up"""
    if channel_is_gone(d, e) or phone_failed(d, e):
        return
    mine = e.command in {"OpenLine", "Join"} and e.leg_id == d.call.leg
    if mine or e.command in {"CreateBridge", "Answer"}:
        _replace_line(d)


def _replace_line(d: Draft) -> None:
    resumed = d.call.state is State.TALKING
    d.stop_agent()
    d.release_leg()
    if d.call.spare_legs:
        d.become(state=State.CONNECTING, spare_legs=d.call.spare_legs - 1, opening="didnt_hear" if resumed else d.call.opening)
        d.make_bridge()  # it stands, unless it was what failed
        d.make_leg()
    elif d.call.rounds > MAX_ROUNDS:
        d.hang_up("nobody_free", "controller")  # and nothing is left to tell him so: not round in circles
    else:
        d.leave("line_failed")


# The agent


def end_talk(d: Draft, e: seen.AgentFinished) -> None:
    """goodbye: hang up, unless he has just pressed 0; hand-off: queue, out of hours the agent again; line closed: another leg"""
    if e.run != d.call.agent_runs or not d.call.agent_on:
        return
    d.become(agent_on=False)
    match e.outcome:
        case Completed() if d.call.awaits("key_0"):
            _to_human(d)
        case Completed(why=why):
            d.hang_up(why, "agent")
        case HandOff(why="asked") if not d.call.desk_open:
            d.open_anew(AFTER_HOURS)
        case HandOff(why=why, summary=summary):
            d.leave(why, summary)
        case CallerGone():
            _replace_line(d)


def apologise(d: Draft, e: seen.AgentFailed) -> None:
    """apology, then the queue"""
    if e.run == d.call.agent_runs and d.call.agent_on:
        d.become(agent_on=False, transfer_reason="agent_failed")
        d.announce("apology_transfer", leaves_next=True)


def go_on(d: Draft, e: seen.Announced) -> None:
    """out, as meant"""
    if e.phrase == d.call.announcing:
        d.go_on()


def give_up_announcement(d: Draft, e: seen.CommandFailed) -> None:
    """go on without it"""
    if not channel_is_gone(d, e) and not phone_failed(d, e) and e.command == "Announce":
        d.go_on()


def hold(d: Draft, e: seen.CallerHeld) -> None:
    """he does not hear us: the agent keeps still"""
    d.become(held=True)
    if d.call.agent_on:
        d.order(order.HoldAgent(run=d.call.agent_runs, on=True))


def unhold(d: Draft, e: seen.CallerUnheld) -> None:
    """the agent goes on"""
    d.become(held=False)
    if d.call.agent_on:
        d.order(order.HoldAgent(run=d.call.agent_runs, on=False))


def open_desk(d: Draft, e: seen.DeskOpened) -> None:
    """who wishes a human gets one"""
    d.become(desk_open=True)


def close_desk(d: Draft, e: seen.DeskClosed) -> None:
    """who wishes a human is told that nobody is there"""
    d.become(desk_open=False)


# Keys


def press(d: Draft, e: seen.DigitPressed) -> None:
    """a 0 that no number follows: tell him, then the queue

    A Ukrainian telephone number begins with 0, so the next key is awaited: after zeros only, ``key_0`` runs; any other key begins a number,
    and while ``typing`` runs a 0 belongs to it. What the number is for is the agent's business: he hears the keys on the line.
    """
    wants_human = d.call.awaits("key_0")
    d.disarm_named("key_0")
    if e.digit == "0" and not d.call.awaits("typing"):
        d.arm("key_0", d.call.limits.key_0_s)
    elif e.digit == "#":
        d.disarm_named("typing")
        if wants_human:
            _to_human(d)
    else:
        d.arm("typing", d.call.limits.typing_s)


def press_again(d: Draft, e: seen.DigitPressed) -> None:
    """0: the queue after all, unless nobody was there; no number is awaited here"""
    if e.digit == "0" and not d.call.awaits("typing"):
        _to_human_after_all(d)


def _to_human(d: Draft) -> None:
    if not d.call.desk_open:
        d.open_anew(AFTER_HOURS)
        return
    d.become(transfer_reason="key_0")
    d.announce("transfer", leaves_next=True)


def _to_human_after_all(d: Draft) -> None:
    if not d.call.leaves_next and d.call.rounds <= MAX_ROUNDS and d.call.desk_open:
        d.leave("key_0")


# Time and failures


def run_out(d: Draft, e: seen.DeadlinePassed) -> None:
    """line: another leg once; else as in a talk"""
    if e.name == "line":
        _replace_line(d)
    else:
        run_out_in_talk(d, e)


def run_out_in_talk(d: Draft, e: seen.DeadlinePassed) -> None:
    """key_0: tell him, then the queue; length: goodbye; ring: the supervisor does not take it"""
    if e.name == "key_0":
        _to_human(d)
    elif e.name == "ring":
        d.release_phone()
    elif e.name == "length":
        d.become(outcome="too_long", ended_by="controller")
        d.announce("goodbye", leaves_next=False)


def cut_announcement(d: Draft, e: seen.DeadlinePassed) -> None:
    """announcement: go on without its end; key_0: as the key; ring: as in a talk"""
    if e.name == "announcement":
        d.go_on()
    elif e.name == "key_0":
        _to_human_after_all(d)
    elif e.name == "ring":
        d.release_phone()


def leave_again(d: Draft, e: seen.DeadlinePassed) -> None:
    """leave: order it again"""
    if e.name == "leave":
        d.continue_in_queue()


def fail_in_talk(d: Draft, e: seen.CommandFailed) -> None:
    """the mended bridge failed: queue; a supervisor's telephone is given up"""
    if channel_is_gone(d, e) or phone_failed(d, e):
        return
    if e.command == "CreateBridge" or (e.command == "Join" and e.leg_id == d.call.leg):
        d.leave("line_failed")
