"""The life of one call, as a pure machine: events in, commands out; no I/O, no clock, no chance.

                 ┌──────────────┐      ┌─────────┐ Announced ┌─────────┐ LeftStasis ┌────────┐ answered ┌──────────┐
    CallArrived ►│ CONNECTING   ├─────►│ TALKING ├─ ANNOUN- ►│ LEAVING ├───────────►│ QUEUED ├─────────►│ OPERATOR │
                 └──────▲───────┘joined└─────────┘  CING     └─────────┘            └───┬────┘          └────┬─────┘
                        └────────────────── CallReturned ───────────────────────────────┘                    ▼
      hang-up by anybody, in any state: ENDING ── ChannelGone ──► ENDED;   taken away by others: MOVED    ENDING, ENDED
      a supervisor takes him over: SUPERVISED, in our bridge, and back to TALKING when he leaves

Rules:
1. Everything that decides what happens to a call is in ``steps.py``, ``supervision.py``, ``adoption.py``, ``endings.py`` and
   ``wishes.py``; the table below says what is decided when, and it is complete: a late or repeated event is a row that says "stay",
   never a surprise.
2. What is owned (leg, bridge, supervisor's telephone, agent's run, deadline) is a field of ``Call``, taken and released in ``draft.py``
   only.
3. Time is an event with a name and a generation: one that was cancelled or replaced meanwhile is stale and stays without effect. A deadline
   lives in the states named below and is cancelled with the last of them.
4. The same holds for the agent's runs, for legs and telephones: an event about an earlier one has no effect.
5. Each wish is acknowledged once, in every state: granted, or why not.

The generated picture and the whole table: ``docs/call-machine.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.call import adoption as take
from controller.call import commands as order
from controller.call import endings as end
from controller.call import events as seen
from controller.call import steps as do
from controller.call import supervision as phone
from controller.call import wishes as wish
from controller.call.draft import Draft
from controller.call.state import Call, State

Row = Callable[[Draft, Any], None]

_ROWS: dict[State, dict[type[seen.Event], Row]] = {
    State.NEW: {
        seen.CallArrived: do.arrive,
    },
    State.CONNECTING: {
        seen.Adopted: take.adopt_talk,
        seen.LineOpened: do.join,
        seen.LineJoined: do.start_talk,
        seen.LineLost: do.lose_line,
        seen.BridgeLost: do.mend_bridge,
        seen.TransferRequested: wish.transfer,
        seen.HangUpRequested: wish.hang_up,
        seen.TakeOverRequested: wish.ring,
        seen.DigitPressed: do.press,
        seen.DeadlinePassed: do.run_out,
        seen.CommandFailed: do.fail_to_connect,
    },
    State.TALKING: {
        seen.Adopted: take.adopt_talk,
        seen.AgentFinished: do.end_talk,
        seen.AgentFailed: do.apologise,
        seen.LineLost: do.lose_line,
        seen.BridgeLost: do.mend_bridge,
        seen.TransferRequested: wish.transfer,
        seen.HangUpRequested: wish.hang_up,
        seen.SayRequested: wish.say,
        seen.TakeOverRequested: wish.ring,
        seen.DigitPressed: do.press,
        seen.DeadlinePassed: do.run_out_in_talk,
        seen.CommandFailed: do.fail_in_talk,
    },
    State.ANNOUNCING: {
        seen.Adopted: take.adopt_announcement,
        seen.Announced: do.go_on,
        seen.LineLost: do.skip_announcement,
        seen.BridgeLost: do.mend_bridge,
        seen.TransferRequested: wish.redirect,
        seen.TakeOverRequested: wish.ring,
        seen.HangUpRequested: wish.hang_up_after_all,
        seen.DigitPressed: do.press_again,
        seen.DeadlinePassed: do.cut_announcement,
        seen.CommandFailed: do.give_up_announcement,
    },
    State.LEAVING: {
        seen.Adopted: take.adopt_leaving,
        seen.LeftStasis: end.enter_queue,
        seen.LineLost: do.lose_line_at_the_end,
        seen.CallReturned: do.come_back,
        seen.OperatorAnswered: end.meet_operator,
        seen.CallerHungUp: end.lose_waiting_caller,
        seen.DeadlinePassed: do.leave_again,
    },
    State.QUEUED: {
        seen.Adopted: take.adopt_elsewhere,
        seen.CallReturned: do.come_back,
        seen.OperatorAnswered: end.meet_operator,
        seen.CallerHungUp: end.lose_waiting_caller,
        seen.ControllerStopping: end.sign_off,
    },
    State.OPERATOR: {
        seen.Adopted: take.adopt_elsewhere,
        seen.CallReturned: do.come_back,
        seen.HangUpRequested: wish.hang_up_transferred,
        seen.CallerHungUp: end.end_operator_talk,
        seen.ControllerStopping: end.sign_off,
    },
    State.SUPERVISED: {
        seen.Adopted: take.adopt_supervised,
        seen.PhoneGone: phone.return_to_agent,
        seen.GiveBackRequested: wish.give_back,
        seen.TransferRequested: wish.pass_on,
        seen.HangUpRequested: wish.hang_up_transferred,
        seen.LineLost: do.lose_line_at_the_end,
        seen.BridgeLost: phone.mend_bridge_with_phone,
        seen.CallerHungUp: end.end_supervised_talk,
        seen.CommandFailed: phone.fail_supervised,
    },
    State.MOVED: {
        seen.Adopted: take.adopt_elsewhere,
        seen.CallReturned: do.come_back,
        seen.HangUpRequested: wish.hang_up_moved,
        seen.CallerHungUp: end.lose_moved_caller,
        seen.DeadlinePassed: end.settle,
        seen.ControllerStopping: end.sign_off,
    },
    State.ENDING: {
        seen.Adopted: take.adopt_ending,
        seen.CallReturned: do.stay,
        seen.DeadlinePassed: end.hang_up_again,
        seen.HangUpRequested: wish.refuse,
        seen.CallerHungUp: do.stay,
        seen.ControllerStopping: end.sign_off,
    },
    State.ENDED: {},
}

_WITH_AGENT = {State.CONNECTING, State.TALKING, State.ANNOUNCING}
_WITH_US = _WITH_AGENT | {State.SUPERVISED}
_ALIVE = set(State) - {State.NEW, State.ENDED}


def _usual(state: State) -> dict[type[seen.Event], Row]:
    """What holds in many states; a row of the state's own goes before."""
    rows: dict[type[seen.Event], Row] = dict.fromkeys(seen.EVENTS, do.stay) | dict.fromkeys(seen.WISHES, wish.refuse)
    if state in _ALIVE:
        rows |= {
            seen.PhoneGone: phone.lose_phone,
            seen.CallerHeld: do.hold,
            seen.CallerUnheld: do.unhold,
            seen.DeskOpened: do.open_desk,
            seen.DeskClosed: do.close_desk,
            seen.ChannelGone: end.finish,
            seen.HangUpRequested: wish.hang_up_at_once,
            seen.CommandFailed: end.fail,
            seen.ControllerStopping: end.stop,
        }
    if state in _WITH_AGENT:
        rows |= {seen.TakenOver: phone.take_over, seen.GiveBackRequested: wish.stop_ringing}
    if state in _WITH_US:
        rows |= {seen.LeftStasis: end.let_go, seen.CallerHungUp: end.lose_caller, seen.CallReturned: do.come_back}
    return rows


TABLE: dict[tuple[State, type[seen.Event]], Row] = {
    (state, event): row for state in State for event, row in (_usual(state) | _ROWS[state]).items()
}

DEADLINES: dict[str, set[State]] = {
    "length": {State.CONNECTING, State.TALKING},
    "line": {State.CONNECTING},
    "announcement": {State.ANNOUNCING},
    "key_0": _WITH_AGENT,
    "typing": _WITH_AGENT,
    "ring": _WITH_AGENT,
    "leave": {State.LEAVING},
    "settle": {State.MOVED},
    "gone": {State.ENDING},
}
"""In which states each deadline may run."""


def receive(call: Call, event: seen.AnyEvent) -> tuple[Call, tuple[order.AnyCommand, ...]]:
    """The call after *event* and the commands that follow from it."""
    if isinstance(event, seen.DeadlinePassed):
        running = tuple(armed for armed in call.deadlines if (armed.name, armed.generation) != (event.name, event.generation))
        if running == call.deadlines:
            return call, ()
        draft = Draft(call)
        draft.become(deadlines=running)
    else:
        draft = Draft(call)
    TABLE[call.state, type(event)](draft, event)
    draft.disarm(armed for armed in draft.call.deadlines if draft.call.state not in DEADLINES[armed.name])
    return draft.call, tuple(draft.commands)
