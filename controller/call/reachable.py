"""Every call the machine can reach, and events to walk it with; for the picture and the exhaustive test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from msgspec.structs import replace

from agent.outcome import CallerGone, Completed, HandOff
from controller.call import events as seen
from controller.call import ids
from controller.call.machine import receive
from controller.call.state import Armed, Call, State

CALL_ID = "01900000-0000-7000-8000-000000000000"
CHANNEL_ID = "1700000000.1"
FAILING_COMMANDS = (
    "Subscribe",
    "SetVariables",
    "Answer",
    "CreateBridge",
    "OpenLine",
    "Join",
    "Announce",
    "RingPhone",
    "JoinPhone",
    "ContinueInDialplan",
    "HangUp",
    "ReleaseLeg",
)


def representatives(call: Call) -> Iterator[seen.AnyEvent]:
    """Events that between them make every row do everything it can, as seen from *call*; stale ones included."""
    for refused in ("", "busy"):
        yield seen.CallArrived(call_id=CALL_ID, channel_id=CHANNEL_ID, app="callctl", caller_id="380671234567", refused=refused)
    for here, bridge, kept in itertools.product((True, False), repeat=3):
        yield seen.Adopted(here=here, bridge=bridge, leg_kept=kept)
    yield seen.Adopted(in_vain=True)
    for status in ("TIMEOUT", "CONTINUE", ""):
        yield seen.CallReturned(queue_status=status)
    for leg in (call.leg or "none", "stale"):
        yield seen.LineOpened(leg_id=leg)
        yield seen.LineJoined(leg_id=leg)
        yield seen.LineLost(leg_id=leg)
    for run in (call.agent_runs, call.agent_runs - 1):
        yield seen.AgentFinished(run=run, outcome=Completed(why="goodbye"))
        yield seen.AgentFinished(run=run, outcome=HandOff(why="asked", summary=""))
        yield seen.AgentFinished(run=run, outcome=CallerGone())
        yield seen.AgentFailed(run=run)
    for phrase in (call.announcing or "none", "stale"):
        yield seen.Announced(phrase=phrase)
    yield seen.TransferRequested(by="controller", reason="draining")
    yield seen.TakeOverRequested(request="1", who="olha", telephone="PJSIP/sup1")
    for who in ("olha", "petro"):
        yield seen.TransferRequested(request="1", who=who, reason="angry")
        yield seen.GiveBackRequested(request="1", who=who)
    yield seen.TransferRequested(request="1", who="olha", queue="nowhere")
    yield seen.TakeOverRequested(request="1", who="olha", telephone="")
    for goodbye in (False, True):
        yield seen.HangUpRequested(request="1", who="olha", goodbye=goodbye)
    for text in ("", "Зачекайте", "о" * 1_000):
        yield seen.SayRequested(request="1", who="olha", text=text)
    for phone in (call.phone or "none", "stale"):
        yield seen.TakenOver(phone_id=phone)
        yield seen.PhoneGone(phone_id=phone)
    yield from (seen.DeskOpened(), seen.DeskClosed(), seen.CallerHeld(), seen.CallerUnheld())
    for digit in "05#":
        yield seen.DigitPressed(digit=digit)
    yield seen.CallerHungUp()
    yield seen.CallerHungUp(cause=32, soft=True)
    yield seen.CallerHungUp(cause=16, soft=True)
    yield seen.LeftStasis()
    yield seen.OperatorAnswered()
    yield seen.BridgeLost()
    yield seen.ChannelGone()
    yield seen.ChannelGone(seen=False, by="asterisk")
    for command in FAILING_COMMANDS:
        for gone in (False, True):
            yield seen.CommandFailed(command=command, why="refused", gone=gone, leg_id=call.leg or "", phone_id=call.phone or "")
    for armed in call.deadlines:
        yield seen.DeadlinePassed(name=armed.name, generation=armed.generation)
        yield seen.DeadlinePassed(name=armed.name, generation=armed.generation - 1)
    yield seen.ControllerStopping()


def canonical(call: Call) -> Call:
    """*call* without what has no influence on its future, so that the reachable ones are few.

    Counters are set back: they only serve to tell one leg, run or deadline from another. What is only passed on into the record is
    dropped, and in a state what matters only in others.
    """
    if call.state is State.ENDED:
        return Call(state=State.ENDED)
    announcing, over = call.state is State.ANNOUNCING, call.state is State.ENDING
    return replace(
        call,
        leg=ids.leg_id(CALL_ID, 1) if call.leg else None,
        legs_made=1 if call.leg else 0,
        phone=ids.phone_id(CALL_ID, 1) if call.phone else None,
        phones_made=1 if call.phone else 0,
        agent_runs=1,
        opening="",
        transfer_reason="",
        operator="",
        outcome="",
        ended_by=None,
        ended_who="",
        transferred=False,
        announcing="transfer" if announcing else "",
        leaves_next=announcing and call.leaves_next,
        held=call.held and not over,
        desk_open=call.desk_open or over,
        rounds=0 if over else call.rounds,
        generation=len(call.deadlines),
        deadlines=tuple(Armed(armed.name, number) for number, armed in enumerate(sorted(call.deadlines, key=lambda a: a.name), 1)),
    )


def arrows() -> dict[tuple[State, type[seen.Event]], set[State]]:
    """Where each row of the table can lead, over all reachable calls."""
    found: dict[tuple[State, type[seen.Event]], set[State]] = {}
    known = {canonical(Call())}
    open_calls = list(known)
    while open_calls:
        call = open_calls.pop()
        for event in representatives(call):
            after, _ = receive(call, event)
            found.setdefault((call.state, type(event)), set()).add(after.state)
            if (key := canonical(after)) not in known:
                known.add(key)
                open_calls.append(key)
    return found
